//! The service as it runs: real sockets, TLS, a trust registry and a status list on 127.0.0.1.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Path, ServiceConfig};
use mahfada_base::{Clock as _, ManualClock, base64url};
use mahfada_crypto::Signer;
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_openid4vp::{AuthorizationRequestUri, UnverifiedRequest, VerifiedRequest};
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_trust::TrustRole;
use mahfada_web::client::OutboundClient;
use mahfada_web::clock::SystemClock;
use mahfada_web::config::{ApiKey, OutboundConfig};
use mahfada_web::listen::Listeners;
use mahfada_web::server;
use mahfada_web::tls::server_config;
use mahfada_x509::CertificateKind;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::fixture::{Authority, Country, DAY, pid_query, template, with_status};
use super::scene::encrypt;
use crate::app::{RegistrationCheck, RunError, check, run};
use crate::config::{Config, SavedQueryConfig};
use crate::trust::{LiveTrust, Origin};

type Served = Arc<Mutex<BTreeMap<String, (u16, &'static str, Vec<u8>)>>>;

/// A registry and an issuer's status endpoint, serving whatever stands in the map.
struct Peers {
    country: Country,
    served: Served,
    url: String,
    folder: PathBuf,
    client: OutboundClient,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

/// The running verifier.
struct Verifier {
    public: SocketAddr,
    management: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Result<(), RunError>>,
}

fn listeners() -> Listeners {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Listeners::bind_addresses(free, free).unwrap()
}

fn pem(der: &[u8]) -> String {
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        base64url::encode_standard(der)
    )
}

fn scratch_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let unique = format!(
        "mahfada-verifier-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let folder = std::env::temp_dir().join(unique);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Peers {
    fn start() -> Self {
        // Certificates of the TLS library are judged by the machine's own clock.
        let country = Country::at(SystemClock.now());
        let folder = scratch_folder();
        let files = write_tls(&country, &folder);
        let served: Served = Arc::default();
        let map = Arc::clone(&served);
        let routes = move |config: &mut ServiceConfig| {
            let map = Arc::clone(&map);
            let serve = web::get().to(move |path: Path<String>| {
                let found = map.lock().unwrap().get(path.as_str()).cloned();
                async move {
                    let (status, media_type, body) = found.unwrap_or((404, "text/plain", Vec::new()));
                    HttpResponse::build(StatusCode::from_u16(status).unwrap())
                        .content_type(media_type)
                        .body(body)
                }
            });
            config.service(web::resource("/{path:.*}").route(serve));
        };
        let listeners = listeners();
        let url = format!("https://localhost:{}", listeners.addresses().unwrap().0.port());
        let (stop, stopped) = oneshot::channel::<()>();
        let tls = server_config(&files).unwrap();
        let serving = server::serve(listeners, Some(tls), routes, |_: &mut ServiceConfig| {}, async move {
            drop(stopped.await);
        });
        let ended = tokio::spawn(async move { serving.await.unwrap() });
        let client = OutboundClient::new(&outbound(&folder)).unwrap();
        Self {
            country,
            served,
            url,
            folder,
            client,
            stop: Some(stop),
            ended,
        }
    }

    fn serve(&self, path: &str, status: u16, media_type: &'static str, body: impl Into<Vec<u8>>) {
        self.served
            .lock()
            .unwrap()
            .insert(path.to_owned(), (status, media_type, body.into()));
    }

    fn serve_lists(&self) {
        for role in TrustRole::ALL {
            let list = self.country.sign_list(&self.country.list(role));
            self.serve(&format!("lists/{}.jwt", role.slug()), 200, "application/jose", list);
        }
    }

    fn status_uri(&self) -> String {
        format!("{}/pid/status/1", self.url)
    }

    fn serve_status(&self, value: u8) {
        let token = self
            .country
            .status_token(&self.status_uri(), value, &self.country.status_signer());
        self.serve("pid/status/1", 200, "application/statuslist+jwt", token);
    }

    fn config(&self, listeners: &Listeners) -> Config {
        let (public, management) = listeners.addresses().unwrap();
        let folder = self.folder.display();
        let tls = format!("{{certificate_chain_file = \"{folder}/tls.pem\", private_key_file = \"{folder}/tls.key\"}}");
        let mut hash = String::new();
        for byte in PROVIDER.digest.sha256(b"bank-key") {
            write!(hash, "{byte:02x}").unwrap();
        }
        let text = format!(
            r#"
            [server]
            public_url = "https://localhost:{}"
            workers = 1
            public = {{address = "{public}", tls = {tls}}}
            management = {{address = "{management}", tls = {tls}}}
            [storage]
            path = "{folder}/verifier.db"
            [outbound]
            trust_anchors_file = "{folder}/ca.pem"
            allow_loopback = true
            [sealing]
            key_file = "{folder}/sealing.key"
            version = 1
            [trust]
            registry_url = "{}"
            pinned_root_file = "{folder}/root.json"
            [status]
            max_age_seconds = 0
            [[api_keys]]
            tenant = "bank"
            sha256 = "{hash}"
            [[agencies]]
            tenant = "bank"
            access = {{private_key_file = "{folder}/access.key", certificate_chain_file = "{folder}/access.pem"}}
            registration_file = "{folder}/registration.jwt"
            "#,
            public.port(),
            self.url,
        );
        let file = self.folder.join("verifier.toml");
        std::fs::write(&file, text).unwrap();
        mahfada_web::config::load("verifier", Some(&file), std::iter::empty()).unwrap()
    }

    /// Adds a saved query for these claims.
    fn save_query(&self, config: &mut Config, name: &str, claims: &[&str]) {
        let file = self.folder.join(format!("{name}.json"));
        let mut query = pid_query();
        query["credentials"][0]["claims"] = claims.iter().map(|claim| json!({"path": [claim]})).collect();
        std::fs::write(&file, query.to_string()).unwrap();
        config.agencies[0].saved_queries.push(SavedQueryConfig {
            name: name.to_owned(),
            purpose: BTreeMap::new(),
            query_file: file,
        });
    }

    fn run(&self) -> Verifier {
        let listeners = listeners();
        let config = self.config(&listeners);
        Self::run_with(listeners, config)
    }

    fn run_with(listeners: Listeners, config: Config) -> Verifier {
        let (public, management) = listeners.addresses().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = Box::pin(run(config, RegistrationCheck::Enforced, listeners, async move {
            drop(stopped.await);
        }));
        // The sockets are bound already, so requests wait until the service serves them.
        let ended = tokio::task::spawn_local(running);
        Verifier {
            public,
            management,
            stop,
            ended,
        }
    }

    async fn refused(&self, change: impl FnOnce(&mut Config)) -> RunError {
        let listeners = listeners();
        let mut config = self.config(&listeners);
        change(&mut config);
        let verifier = Self::run_with(listeners, config);
        // A service that starts after all ends at once, so that the test fails instead of waiting.
        drop(verifier.stop);
        verifier.ended.await.unwrap().unwrap_err()
    }

    async fn send(&self, method: &str, url: &str, media_type: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        let request = http_request(method, url, media_type, body);
        let answer = self.client.send(request, 1024 * 1024).await.unwrap();
        (answer.status().as_u16(), answer.into_body())
    }

    /// Asks, fetches, presents a credential with a status, and returns what the agency reads.
    async fn present(&self, verifier: &Verifier) -> Value {
        let base = format!("https://localhost:{}/v1/presentations", verifier.management.port());
        let body = json!({"query": pid_query(), "flow": "cross_device"}).to_string();
        let (status, created) = self.send("POST", &base, "application/json", body.into_bytes()).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&created));
        let created: Value = serde_json::from_slice(&created).unwrap();
        let request = self.request(created["deep_link"].as_str().unwrap()).await;
        assert_eq!(request.response_uri().port(), Some(verifier.public.port()));
        let claims = with_status(&self.status_uri());
        let text = self
            .country
            .present(claims, &["family_name"], request.client_id(), request.nonce());
        let form = encrypt(&request, &text, request.state());
        let answer = self
            .send(
                "POST",
                request.response_uri().as_str(),
                "application/x-www-form-urlencoded",
                form,
            )
            .await;
        assert_eq!(answer, (200, b"{}".to_vec()), "TV-40: the same for every verdict");
        let url = format!("{base}/{}", created["presentation_id"].as_str().unwrap());
        let (_, view) = self.send("GET", &url, "application/json", Vec::new()).await;
        serde_json::from_slice(&view).unwrap()
    }

    async fn request(&self, link: &str) -> VerifiedRequest {
        let link = AuthorizationRequestUri::parse(link).unwrap();
        let form = b"wallet_nonce=abc".to_vec();
        let uri = link.request_uri.as_str();
        let (_, text) = self.send("POST", uri, "application/x-www-form-urlencoded", form).await;
        UnverifiedRequest::parse(std::str::from_utf8(&text).unwrap())
            .unwrap()
            .verify(
                &link.client_id,
                Some("abc"),
                &self.country.store(),
                self.country.now,
                &PROVIDER,
            )
            .unwrap()
    }

    async fn stop(mut self) {
        drop(self.stop.take());
        self.ended.await.unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

impl Verifier {
    async fn stop(self) {
        drop(self.stop);
        self.ended.await.unwrap().unwrap();
    }
}

fn http_request(method: &str, url: &str, media_type: &str, body: Vec<u8>) -> http::Request<Vec<u8>> {
    http::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", media_type)
        .header("authorization", "Bearer bank-key")
        .body(body)
        .unwrap()
}

fn outbound(folder: &std::path::Path) -> OutboundConfig {
    OutboundConfig {
        trust_anchors_file: Some(folder.join("ca.pem")),
        allow_loopback: true,
    }
}

/// Writes every file that the configuration names, with keys that only this folder knows.
fn write_tls(country: &Country, folder: &std::path::Path) -> mahfada_web::config::TlsFiles {
    let write = |name: &str, content: &[u8]| std::fs::write(folder.join(name), content).unwrap();
    let authority = Authority::new("TLS CA", country.now);
    let der = PROVIDER.keys.generate_es256_pkcs8(&SystemRandom).unwrap();
    let signer: Arc<dyn Signer> = PROVIDER.keys.es256_from_pkcs8(der.expose()).unwrap();
    let kind = CertificateKind::TlsServer {
        dns_names: vec!["localhost".to_owned()],
        ip_addresses: vec![Ipv4Addr::LOCALHOST.into()],
    };
    let certificate = authority.issue(&template("Localhost", None, kind, country.now), &*signer);
    write("tls.pem", certificate.to_pem().as_bytes());
    write("tls.key", pem(der.expose()).as_bytes());
    write("ca.pem", authority.certificate.to_pem().as_bytes());
    write("sealing.key", &[9; 32]);
    write("root.json", &country.root());
    write("registration.jwt", format!("{}\n", country.registration()).as_bytes());
    let bank = country.bank();
    write("access.pem", bank.chain[0].to_pem().as_bytes());
    write("access.key", pem(&Country::bank_key()).as_bytes());
    mahfada_web::config::TlsFiles {
        certificate_chain_file: folder.join("tls.pem"),
        private_key_file: mahfada_web::config::SecretFile::new(folder.join("tls.key")),
    }
}

#[actix_web::test]
async fn a_presentation_over_tls_with_a_status_list_that_changes_and_fails() {
    let peers = Peers::start();
    peers.serve_lists();
    let verifier = peers.run();
    peers.serve_status(0);
    let view = peers.present(&verifier).await;
    assert_eq!(
        (&view["accepted"], &view["reason"]),
        (&json!(true), &Value::Null),
        "{view}"
    );
    assert_eq!(view["verdict"][6], json!({"code": "status", "status": "passed"}));

    // TV-24: an outage is bridged by the copy, and said so.
    peers.serve("pid/status/1", 500, "text/plain", "");
    let view = peers.present(&verifier).await;
    assert_eq!(
        (&view["accepted"], &view["verdict"][6]["status"]),
        (&json!(true), &json!("warning"))
    );

    peers.serve("pid/status/1", 200, "application/statuslist+jwt", "not a token");
    assert_eq!(peers.present(&verifier).await["reason"], "status_malformed");

    // The demonstration fetches every time, so a revocation is seen at once.
    peers.serve_status(1);
    let view = peers.present(&verifier).await;
    assert_eq!(
        (&view["accepted"], &view["reason"]),
        (&json!(false), &json!("credential_revoked"))
    );
    assert_eq!(view.get("claims"), None);

    let ready = format!("https://localhost:{}/readyz", verifier.management.port());
    assert_eq!(peers.send("GET", &ready, "text/plain", Vec::new()).await.0, 200);
    let outside = format!("https://localhost:{}/v1/presentations", verifier.public.port());
    assert_eq!(
        peers.send("POST", &outside, "application/json", b"{}".to_vec()).await.0,
        404
    );
    verifier.stop().await;
    peers.stop().await;
}

#[actix_web::test]
async fn tv_24_without_any_copy_an_unreachable_list_fails_closed() {
    let peers = Peers::start();
    peers.serve_lists();
    let verifier = peers.run();
    for (status, media_type) in [
        (404, "text/plain"),
        (500, "text/plain"),
        (302, "text/plain"),
        (200, "text/html"),
    ] {
        peers.serve("pid/status/1", status, media_type, "");
        let view = peers.present(&verifier).await;
        assert_eq!(
            (&view["accepted"], &view["reason"]),
            (&json!(false), &json!("status_unavailable"))
        );
    }
    verifier.stop().await;
    peers.stop().await;
}

#[actix_web::test]
async fn it_does_not_start_without_a_list_and_that_is_no_configuration_error() {
    let peers = Peers::start();
    let error = peers.refused(|_| {}).await;
    assert!(matches!(error, RunError::NoLists(_)), "{error:?}");
    assert_eq!(error.exit_code(), 1);
    peers.stop().await;
}

#[actix_web::test]
async fn an_expired_list_is_fetched_again_when_it_is_needed() {
    let peers = Peers::start();
    let clock = Arc::new(ManualClock::new(peers.country.now));
    let config = peers.config(&listeners());
    let origin = Origin {
        source: config.trust,
        client: peers.client.clone(),
        storage: Arc::new(SqliteStorage::in_memory().unwrap()),
        clock: clock.clone(),
        crypto: &PROVIDER,
    };
    let trust = LiveTrust::new(peers.country.store(), Some(origin));
    trust.ensure_current(clock.now()).await;
    assert!(
        trust.is_current(clock.now()),
        "nothing is fetched while the lists are current"
    );

    clock.advance(2 * DAY);
    trust.ensure_current(clock.now()).await;
    assert!(!trust.is_current(clock.now()), "the registry has nothing yet");
    for role in TrustRole::ALL {
        let mut list = peers.country.list(role);
        (list.sequence, list.issued_at) = (list.sequence + 1, clock.now().minus(60));
        list.next_update = clock.now().plus(DAY);
        let list = peers.country.sign_list(&list);
        peers.serve(&format!("lists/{}.jwt", role.slug()), 200, "application/jose", list);
    }
    trust.ensure_current(clock.now()).await;
    assert!(
        !trust.is_current(clock.now()),
        "requests do not make it ask again at once"
    );
    clock.advance(5);
    trust.ensure_current(clock.now()).await;
    assert!(trust.is_current(clock.now()));
    peers.stop().await;
}

#[actix_web::test]
async fn after_a_restart_no_older_list_is_accepted() {
    let peers = Peers::start();
    peers.serve_lists();
    peers.run_once().await;
    for role in TrustRole::ALL {
        let mut list = peers.country.list(role);
        list.sequence -= 1;
        let list = peers.country.sign_list(&list);
        peers.serve(&format!("lists/{}.jwt", role.slug()), 200, "application/jose", list);
    }
    let error = peers.refused(|_| {}).await;
    assert!(
        matches!(&error, RunError::NoLists(code) if code == "list_rollback"),
        "{error:?}"
    );
    peers.stop().await;
}

#[actix_web::test]
async fn after_a_restart_an_older_status_list_is_not_relied_on() {
    let peers = Peers::start();
    peers.serve_lists();
    peers.serve_status(1);
    let verifier = peers.run();
    assert_eq!(peers.present(&verifier).await["reason"], "credential_revoked");
    verifier.stop().await;
    let older = peers.country.now.minus(3_000);
    let token = mahfada_status_list::StatusListToken::sign(
        &peers.status_uri(),
        older,
        older.plus(7_200),
        300,
        &Country::status_list(0),
        &peers.country.status_signer().chain,
        &*peers.country.status_signer().signer,
    );
    peers.serve("pid/status/1", 200, "application/statuslist+jwt", token.unwrap());
    let verifier = peers.run();
    assert_eq!(peers.present(&verifier).await["reason"], "status_unavailable");
    verifier.stop().await;
    peers.stop().await;
}

#[actix_web::test]
async fn the_management_port_shows_health_metrics_and_the_description_and_the_public_port_does_not() {
    let peers = Peers::start();
    peers.serve_lists();
    peers.serve_status(0);
    let verifier = peers.run();
    peers.present(&verifier).await;
    let mut shown = Vec::new();
    for path in [
        "/livez",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/v1/saved-queries",
    ] {
        let inside = format!("https://localhost:{}{path}", verifier.management.port());
        let outside = format!("https://localhost:{}{path}", verifier.public.port());
        let (status, body) = peers.send("GET", &inside, "text/plain", Vec::new()).await;
        assert_eq!(status, 200, "{path}");
        shown.push(String::from_utf8(body).unwrap());
        assert_eq!(
            peers.send("GET", &outside, "text/plain", Vec::new()).await.0,
            404,
            "{path}"
        );
    }
    for expected in [
        r#"route="/v1/presentations",status="201""#,
        r#"route="/responses/{request_id}",status="200""#,
        // By who answers for it: the address is one that a credential names.
        r#"mahfada_status_list_age_seconds{list="NTRMA-DGSN"}"#,
    ] {
        assert!(shown[3].contains(expected), "{expected} in {}", shown[3]);
    }
    assert_eq!(shown[3].matches("mahfada_status_list_age_seconds{").count(), 1);
    let checked_in = include_str!("../../../schemas/openapi/verifier.json");
    assert_eq!(shown[4], checked_in);
    verifier.stop().await;
    peers.stop().await;
}

#[actix_web::test]
async fn the_rate_limit_of_the_configuration_holds() {
    let peers = Peers::start();
    peers.serve_lists();
    let listeners = listeners();
    let mut config = peers.config(&listeners);
    config.rate_limits.management = mahfada_web::rate_limit::LimitConfig::new(2, 60);
    let verifier = Peers::run_with(listeners, config);
    let url = format!("https://localhost:{}/v1/saved-queries", verifier.management.port());
    for expected in [200, 200, 429] {
        assert_eq!(peers.send("GET", &url, "text/plain", Vec::new()).await.0, expected);
    }
    verifier.stop().await;
    peers.stop().await;
}

#[actix_web::test]
async fn a_configuration_is_checked_without_the_registry_and_without_a_database() {
    let peers = Peers::start();
    let config = || {
        let mut config = peers.config(&listeners());
        peers.save_query(&mut config, "account", &["family_name"]);
        config
    };
    check(&config()).unwrap();
    assert!(!config().storage.path.exists(), "nothing is made");
    let refused = |change: &dyn Fn(&mut Config)| {
        let mut config = config();
        change(&mut config);
        let error = check(&config).unwrap_err();
        assert_eq!(error.exit_code(), 78, "{error}");
        error.to_string()
    };
    let missing = peers.folder.join("missing");
    let query = |content: &'static str| {
        let file = peers.folder.join("account.json");
        move |_: &mut Config| std::fs::write(&file, content).unwrap()
    };
    assert!(refused(&|config| config.agencies[0].saved_queries[0].query_file = missing.clone()).contains("query_file"));
    assert!(refused(&query("{\"credentials\": []}")).contains("account.json holds no query that can be asked"));
    assert!(refused(&query("{\"credentials\": [], \"credentials\": []}")).contains("account.json"));
    let twice = |config: &mut Config| {
        let again = config.agencies[0].saved_queries[0].clone();
        config.agencies[0].saved_queries.push(again);
    };
    assert!(refused(&twice).contains("stands twice"));
    let named = |config: &mut Config| config.agencies[0].saved_queries[0].name = "ad_hoc".to_owned();
    assert!(refused(&named).contains("agencies.saved_queries.name of bank"));
    // A citizen may come back 300 s after the end of the request's life.
    let short = refused(&|config| config.retention.presentations_seconds = 299);
    assert_eq!(short, "retention.presentations_seconds is out of range");
    let mut least = config();
    least.retention.presentations_seconds = 300;
    check(&least).unwrap();
    assert!(refused(&|config| config.retention.events_seconds = -1).contains("retention.events_seconds"));
    assert!(refused(&|config| config.telemetry.sample_ratio = 2.0).contains("telemetry"));
    assert!(refused(&|config| config.storage.path = missing.join("db")).contains("storage.path"));
    assert!(refused(&|config| config.trust.pinned_root_file = missing.clone()).contains("trust"));
    let webhook = |config: &mut Config| {
        config.webhooks.push(mahfada_events::WebhookConfig {
            tenant: "stranger".to_owned(),
            name: "one".to_owned(),
            url: "https://hook.example/".to_owned(),
            secret_file: config.sealing.key_file.clone(),
        });
    };
    assert_eq!(refused(&webhook), "webhooks");
    peers.stop().await;
}

#[actix_web::test]
async fn a_saved_query_beyond_the_registration_stops_the_start() {
    let peers = Peers::start();
    peers.serve_lists();
    let error = peers
        .refused(|config| peers.save_query(config, "greedy", &["family_name", "given_name"]))
        .await;
    assert_eq!(error.exit_code(), 78);
    assert_eq!(
        error.to_string(),
        "agencies.saved_queries of bank: \"greedy\" wants more than is registered: pid: given_name"
    );
    peers.stop().await;
}

#[actix_web::test]
async fn bad_configuration_is_told_from_everything_else() {
    let peers = Peers::start();
    peers.serve_lists();
    let missing = |folder: &std::path::Path| folder.join("missing");
    let error = peers
        .refused(|config| config.agencies[0].registration_file = missing(&peers.folder))
        .await;
    assert!(error.to_string().contains("agencies.registration_file"), "{error}");
    assert_eq!(error.exit_code(), 78);
    let error = peers
        .refused(|config| config.agencies.push(config.agencies[0].clone()))
        .await;
    assert_eq!(
        (error.to_string().as_str(), error.exit_code()),
        ("agencies.tenant: \"bank\" stands twice", 78)
    );
    let stranger = ApiKey {
        tenant: "stranger".to_owned(),
        sha256: [0; 32],
    };
    let error = peers.refused(|config| config.api_keys.push(stranger)).await;
    assert_eq!(
        (error.to_string().as_str(), error.exit_code()),
        ("api_keys.tenant: \"stranger\" is no agency", 78)
    );
    let other_host = |config: &mut Config| {
        config.server.public_url = mahfada_web::config::PublicUrl::parse("https://other.example").unwrap();
    };
    let error = peers.refused(other_host).await;
    assert!(error.to_string().contains("agencies.access"), "{error}");
    let error = peers
        .refused(|config| config.agencies[0].return_url = Some("http://a.example".to_owned()))
        .await;
    assert!(error.to_string().contains("agencies.return_url"), "{error}");
    let error = peers
        .refused(|config| config.trust.pinned_root_file = missing(&peers.folder))
        .await;
    assert_eq!(error.exit_code(), 78);
    let error = peers.refused(|config| config.status.max_age_seconds = -1).await;
    assert_eq!(
        (error.to_string().as_str(), error.exit_code()),
        ("status.max_age_seconds is out of range", 78)
    );
    peers.stop().await;
}

impl Peers {
    /// Starts the verifier, waits until it answers, and stops it.
    async fn run_once(&self) {
        let verifier = self.run();
        let live = format!("https://localhost:{}/livez", verifier.management.port());
        assert_eq!(self.send("GET", &live, "text/plain", Vec::new()).await.0, 200);
        verifier.stop().await;
    }
}
