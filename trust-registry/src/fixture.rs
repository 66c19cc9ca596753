//! A whole registry on disk for the tests: officers, list signers, register, TLS, and the service on free ports.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};

use mahfada_base::{Clock, ManualClock, UnixTime, base64url};
use mahfada_crypto::Signer;
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_storage::Storage;
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_trust::{ListSigner, TrustRole, TrustStore};
use mahfada_web::client::OutboundClient;
use mahfada_web::clock::SystemClock;
use mahfada_web::config::{OutboundConfig, PublicUrl};
use mahfada_web::listen::Listeners;
use mahfada_web::trust_client::{Refreshed, TrustSource};
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, eku, issue, self_signed};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::app::{Loaded, Registry};
use crate::registry::root::RootDraft;
use crate::{Config, RunError, run};

/// A key with every right.
pub(crate) const API_KEY: &str = "key of the operator";
/// Keys that lack one right, the whole section, and the rights in it.
pub(crate) const LIMITED_KEYS: [(&str, &str); 5] = [
    ("key without publish", r#"rights = ["suspend", "register"]"#),
    ("key without suspend", r#"rights = ["publish", "register"]"#),
    ("key without register", r#"rights = ["publish", "suspend"]"#),
    ("key without rights", "rights = []"),
    ("key of before rights", ""),
];
pub(crate) const DGSN: &str = "NTRMA-DGSN";
pub(crate) const CNSS: &str = "NTRMA-CNSS";

pub(crate) fn now() -> UnixTime {
    SystemClock.now()
}

pub(crate) struct Key {
    pem: String,
    pub(crate) signer: Arc<dyn Signer>,
}

pub(crate) fn key() -> Key {
    let der = PROVIDER.keys.generate_es256_pkcs8(&SystemRandom).unwrap();
    let body = base64url::encode_standard(der.expose());
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    );
    Key {
        pem,
        signer: PROVIDER.keys.es256_from_pkcs8(der.expose()).unwrap(),
    }
}

fn key_entry((key, rights): (&str, &str)) -> String {
    let hash = PROVIDER.digest.sha256(key.as_bytes());
    let hex = hash
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("[[api_keys]]\ntenant = \"dgssi\"\nsha256 = \"{hex}\"\n{rights}\n")
}

fn template(common_name: &str, organization: &str, kind: CertificateKind) -> CertificateTemplate {
    CertificateTemplate {
        subject: SubjectName {
            common_name: common_name.to_owned(),
            organization: organization.to_owned(),
            organization_identifier: Some(CNSS.to_owned()),
            country: "MA".to_owned(),
        },
        kind,
        not_before: now().minus(3_600),
        not_after: now().plus(30 * 86_400),
    }
}

pub(crate) struct Authority {
    key: Key,
    pub(crate) certificate: Certificate,
}

impl Authority {
    pub(crate) fn new(organization: &str) -> Self {
        let key = key();
        let ca = template(
            &format!("{organization} CA"),
            organization,
            CertificateKind::Ca { path_len: None },
        );
        let certificate = self_signed(&ca, key.signer.as_ref(), &SystemRandom, &PROVIDER).unwrap();
        Self { key, certificate }
    }

    fn issue(&self, kind: CertificateKind, subject: &Key, not_after: UnixTime) -> Certificate {
        let mut leaf = template("signer", self.certificate.organization().unwrap(), kind);
        leaf.not_after = not_after;
        let (subject, signer) = (subject.signer.public_key(), self.key.signer.as_ref());
        issue(&leaf, subject, &self.certificate, signer, &SystemRandom, &PROVIDER).unwrap()
    }
}

/// The folder of a registry, and the keys that stay offline.
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    pub(crate) officers: Vec<Key>,
    pub(crate) lists: Authority,
    tls: Authority,
}

impl Site {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = format!(
            "mahfada-registry-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&folder).unwrap();
        let officers = vec![key(), key(), key()];
        let site = Self {
            folder,
            officers,
            lists: Authority::new("Operator"),
            tls: Authority::new("TLS"),
        };
        let tls = CertificateKind::TlsServer {
            dns_names: vec!["localhost".to_owned()],
            ip_addresses: vec![Ipv4Addr::LOCALHOST.into()],
        };
        site.write_identity("tls", &site.tls, tls);
        site.write("tls-ca.pem", site.tls.certificate.to_pem());
        for role in [TrustRole::PidIssuers, TrustRole::RegistrationSigners] {
            let kind = CertificateKind::Leaf {
                extended_key_usage: eku::LIST_SIGNING,
                dns_names: Vec::new(),
            };
            site.write_identity(role.slug(), &site.lists, kind);
        }
        let registrars = Authority::new("Registrar");
        let registrar = CertificateKind::Leaf {
            extended_key_usage: eku::REGISTRATION_SIGNING,
            dns_names: Vec::new(),
        };
        site.write_identity("registrar", &registrars, registrar);
        site.write("registrar-ca.pem", registrars.certificate.to_pem());
        site.write("dgsn-ca.pem", Authority::new("DGSN").certificate.to_pem());
        site.write("root.json", site.root(1, &site.officers));
        site.write_entities("granted");
        site
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn write_identity(&self, name: &str, authority: &Authority, kind: CertificateKind) {
        self.write_identity_until(name, authority, kind, now().plus(30 * 86_400));
    }

    fn write_identity_until(&self, name: &str, authority: &Authority, kind: CertificateKind, not_after: UnixTime) {
        let key = key();
        let chain = authority.issue(kind, &key, not_after);
        self.write(&format!("{name}.key"), &key.pem);
        self.write(&format!("{name}.pem"), chain.to_pem());
    }

    /// Writes a list signer whose certificate ends at that time.
    pub(crate) fn write_list_signer_until(&self, role: TrustRole, not_after: UnixTime) {
        let kind = CertificateKind::Leaf {
            extended_key_usage: eku::LIST_SIGNING,
            dns_names: Vec::new(),
        };
        self.write_identity_until(role.slug(), &self.lists, kind, not_after);
    }

    /// Writes a registrar whose certificate ends at that time.
    pub(crate) fn write_registrar_until(&self, not_after: UnixTime) {
        let kind = CertificateKind::Leaf {
            extended_key_usage: eku::REGISTRATION_SIGNING,
            dns_names: Vec::new(),
        };
        self.write_identity_until("registrar", &Authority::new("Registrar"), kind, not_after);
    }

    pub(crate) fn root(&self, version: u64, signed_by: &[Key]) -> Vec<u8> {
        let officers: Vec<_> = self
            .officers
            .iter()
            .map(|officer| officer.signer.public_key().clone())
            .collect();
        let signer = ListSigner {
            organization: "Operator".to_owned(),
            authority: self.lists.certificate.clone(),
        };
        let document = RootDraft {
            version,
            issued_at: now().minus(60),
            expires: now().plus(30 * 86_400),
            officers: &officers,
            threshold: 2,
            list_signers: TrustRole::ALL
                .into_iter()
                .map(|role| (role, signer.clone()))
                .collect::<BTreeMap<_, _>>(),
            registry_url: "https://localhost",
        }
        .into_document();
        let signers: Vec<&dyn Signer> = signed_by.iter().map(|officer| officer.signer.as_ref()).collect();
        document.sign(&signers, PROVIDER.digest).unwrap()
    }

    /// The register, with the status of the CNSS registrar as given.
    pub(crate) fn write_entities(&self, cnss: &str) {
        self.write_statuses("granted", cnss);
    }

    pub(crate) fn write_statuses(&self, dgsn: &str, cnss: &str) {
        let entities = json!({"entities": [
            {
                "organization": DGSN, "role": "pid-issuers", "authority_file": "dgsn-ca.pem",
                "name": {"ar": "المديرية العامة للأمن الوطني", "fr": "DGSN", "en": "DGSN"},
                "credential_types": ["urn:mahfada:pid:1"], "status": dgsn,
            },
            {
                "organization": CNSS, "role": "registration-signers", "authority_file": "registrar-ca.pem",
                "name": {"fr": "CNSS"}, "status": cnss,
            },
        ]});
        self.write("entities.json", entities.to_string());
    }

    pub(crate) fn toml(&self) -> String {
        let all = (API_KEY, r#"rights = ["publish", "suspend", "register"]"#);
        let keys: String = std::iter::once(all).chain(LIMITED_KEYS).map(key_entry).collect();
        let identity = |name: &str| {
            format!(
                "private_key_file = \"{0}/{name}.key\"\ncertificate_chain_file = \"{0}/{name}.pem\"",
                self.path()
            )
        };
        format!(
            r#"
            root_document_file = "{0}/root.json"
            entities_file = "{0}/entities.json"
            [server]
            public_url = "https://localhost"
            [server.public]
            address = "127.0.0.1:0"
            [server.public.tls]
            {tls}
            [server.management]
            address = "127.0.0.1:0"
            [server.management.tls]
            {tls}
            [storage]
            path = "{0}/registry.db"
            [operator]
            name = [{{ lang = "en", value = "Operator" }}]
            [list_signers.pid-issuers]
            {pid}
            [list_signers.registration-signers]
            {registration}
            [registration_signer]
            {registrar}
            {keys}
            "#,
            self.path(),
            tls = identity("tls"),
            pid = identity("pid-issuers"),
            registration = identity("registration-signers"),
            registrar = identity("registrar"),
        )
    }

    fn path(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    pub(crate) fn config(&self) -> Config {
        self.parsed(&self.toml())
    }

    pub(crate) fn parsed(&self, toml: &str) -> Config {
        let path = self.write("trust-registry.toml", toml);
        mahfada_web::config::load("trust-registry", Some(Path::new(&path)), std::iter::empty()).unwrap()
    }

    /// Opens a registry over a store, as another process would.
    pub(crate) async fn open(
        &self,
        storage: &Arc<SqliteStorage>,
        clock: &Arc<ManualClock>,
    ) -> Result<Registry, RunError> {
        let storage: Arc<dyn Storage> = Arc::<SqliteStorage>::clone(storage);
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        Registry::open(Loaded::load(&self.config())?, storage, clock).await
    }

    pub(crate) async fn refused(&self) -> RunError {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind_addresses(free, free).unwrap();
        run(self.config(), listeners, std::future::ready(())).await.unwrap_err()
    }

    /// Starts the service; a request waits on the bound socket until it is served.
    pub(crate) fn start(&self) -> Running {
        self.start_with(self.config())
    }

    pub(crate) fn start_with(&self, config: Config) -> Running {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind_addresses(free, free).unwrap();
        let (public, management) = listeners.addresses().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = run(config, listeners, async move { drop(stopped.await) });
        let ended = tokio::spawn(running);
        let outbound = OutboundConfig {
            trust_anchors_file: Some(self.folder.join("tls-ca.pem")),
            allow_loopback: true,
        };
        let client = OutboundClient::new(&outbound).unwrap();
        Running {
            public,
            management,
            client,
            stop,
            ended,
            pinned: self.write("pinned.json", self.root(1, &self.officers)),
        }
    }
}

/// A running registry.
pub(crate) struct Running {
    public: SocketAddr,
    management: SocketAddr,
    pub(crate) client: OutboundClient,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Result<(), RunError>>,
    pinned: PathBuf,
}

impl Running {
    pub(crate) async fn stop(self) {
        drop(self.stop);
        assert!(matches!(self.ended.await.unwrap(), Ok(())));
    }

    /// Reads from the management port; returns status, content type and text.
    pub(crate) async fn look(&self, path: &str, key: Option<&str>) -> (u16, String, String) {
        let url = format!("https://localhost:{}{path}", self.management.port());
        let mut request = http::Request::get(url);
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let answer = self
            .client
            .send(request.body(Vec::new()).unwrap(), 1 << 20)
            .await
            .unwrap();
        let media_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let text = String::from_utf8(answer.body().clone()).unwrap();
        (answer.status().as_u16(), media_type, text)
    }

    /// Sends a request with another method; returns status and `Allow`.
    pub(crate) async fn wrong_method(&self, management: bool, method: &str, path: &str) -> (u16, String) {
        let port = if management { self.management } else { self.public }.port();
        let request = http::Request::builder()
            .method(method)
            .uri(format!("https://localhost:{port}{path}"))
            .body(Vec::new())
            .unwrap();
        let answer = self.client.send(request, 1 << 20).await.unwrap();
        let allow = answer
            .headers()
            .get("allow")
            .map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), allow.unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str, header: Option<(&str, &str)>) -> http::Response<Vec<u8>> {
        let mut request = http::Request::get(format!("https://localhost:{}{path}", self.public.port()));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        self.client
            .send(request.body(Vec::new()).unwrap(), 1 << 20)
            .await
            .unwrap()
    }

    /// Posts to the management port; returns status and body.
    pub(crate) async fn post(&self, path: &str, key: Option<&str>, body: Option<Value>) -> (u16, Value) {
        let url = format!("https://localhost:{}{path}", self.management.port());
        let mut request = http::Request::post(url).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let answer = self.client.send(request.body(body).unwrap(), 1 << 20).await.unwrap();
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    pub(crate) async fn ready(&self) -> u16 {
        let url = format!("https://localhost:{}/readyz", self.management.port());
        self.client.get(&url, "*/*", 1 << 16).await.unwrap().status
    }

    /// What a service that pins version 1 knows after a refresh; only the two lists that are kept are there.
    pub(crate) async fn trust(&self) -> (TrustStore, Refreshed) {
        let source = TrustSource {
            registry_url: PublicUrl::parse(&format!("https://localhost:{}", self.public.port())).unwrap(),
            pinned_root_file: self.pinned.clone(),
            refresh_seconds: 45,
        };
        let store = RwLock::new(source.load(None, &PROVIDER).unwrap());
        let refreshed = source.refresh(&self.client, &store, now(), &PROVIDER).await;
        (store.into_inner().unwrap(), refreshed)
    }
}
