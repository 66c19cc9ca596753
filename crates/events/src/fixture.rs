//! What the tests of this crate share: a store with a handle on it, and a receiver of webhooks on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::{Clock, ManualClock, UnixTime, base64url};
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_storage::{Done, NewEvent, StatusEntriesDone, StatusListUri, Storage, StorageError, TenantId, Work};
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_web::client::OutboundClient;
use mahfada_web::clock::SystemClock;
use mahfada_web::config::{OutboundConfig, SecretFile, TlsFiles};
use mahfada_web::listen::Listeners;
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, issue, self_signed};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::handle::Shared;
use crate::{EventKind, Events, WebhookConfig};

/// The time at which every test begins.
pub(crate) const START: UnixTime = UnixTime::new(1_795_348_800);

/// Writes a file that no other test writes.
pub(crate) fn scratch_file(name: &str, content: &[u8]) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("mahfada-events-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// The shared secret of every endpoint in the tests.
pub(crate) const SECRET: &[u8] = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";

pub(crate) fn webhook(tenant: &str, name: &str, url: &str) -> WebhookConfig {
    WebhookConfig {
        tenant: tenant.to_owned(),
        name: name.to_owned(),
        url: url.to_owned(),
        secret_file: SecretFile::new(scratch_file("webhook.secret", SECRET)),
    }
}

/// A handle on an empty store, with a clock that stands still.
pub(crate) struct Fixture {
    pub(crate) events: Events,
    pub(crate) clock: Arc<ManualClock>,
    store: Arc<Counted>,
}

/// A store that counts what was asked of it.
#[derive(Debug)]
struct Counted {
    storage: SqliteStorage,
    units: AtomicU32,
    questions: AtomicU32,
}

impl Storage for Counted {
    fn submit(&self, work: Work, done: Done) {
        self.units.fetch_add(1, Ordering::SeqCst);
        self.storage.submit(work, done);
    }

    fn status_entries(&self, uri: &StatusListUri, done: StatusEntriesDone) {
        self.storage.status_entries(uri, done);
    }

    fn submit_beside(&self, work: Work, done: Done) {
        self.questions.fetch_add(1, Ordering::SeqCst);
        self.storage.submit_beside(work, done);
    }

    fn ready(&self) -> Result<(), StorageError> {
        self.storage.ready()
    }
}

impl Fixture {
    pub(crate) fn new(webhooks: &[WebhookConfig], outbound: &OutboundConfig) -> Self {
        Self::with_times(webhooks, outbound, [Duration::from_secs(15), Duration::from_hours(1)])
    }

    /// Without endpoints, and with streams that show so often that they live.
    pub(crate) fn streaming(keep_alive: Duration) -> Self {
        Self::stalling(keep_alive, Duration::from_hours(1))
    }

    /// With streams that give a client up that reads nothing for `stall`.
    pub(crate) fn stalling(keep_alive: Duration, stall: Duration) -> Self {
        Self::with_times(&[], &OutboundConfig::default(), [keep_alive, stall])
    }

    fn with_times(webhooks: &[WebhookConfig], outbound: &OutboundConfig, [keep_alive, stall]: [Duration; 2]) -> Self {
        let store = Arc::new(Counted {
            storage: SqliteStorage::in_memory().unwrap(),
            units: AtomicU32::new(0),
            questions: AtomicU32::new(0),
        });
        let storage: Arc<dyn Storage> = Arc::<Counted>::clone(&store);
        let clock = Arc::new(ManualClock::new(START));
        let client = OutboundClient::new(outbound).unwrap();
        let handed: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let events = Events::load(webhooks, |_| true, client, storage, handed, Arc::new(SystemRandom)).unwrap();
        let shared = Arc::into_inner(events.shared).unwrap();
        let shared = Arc::new(Shared {
            keep_alive,
            stall,
            ..shared
        });
        Self {
            events: Events { shared },
            clock,
            store,
        }
    }

    /// Returns how many units of work and how many questions beside them were asked so far.
    pub(crate) fn asked(&self) -> (u32, u32) {
        let count = |asked: &AtomicU32| asked.load(Ordering::SeqCst);
        (count(&self.store.units), count(&self.store.questions))
    }

    /// Records an event of a tenant with its endpoints, without telling anybody.
    pub(crate) async fn record(&self, owner: &str, object_id: &str) -> NewEvent {
        let owner = TenantId::new(owner);
        let kind = EventKind::PresentationVerified;
        let event = self.events.draw(&owner, kind, object_id, Some("accepted")).unwrap();
        let (recorded, endpoints) = (event.clone(), self.events.endpoints(&owner));
        let record = move |unit: &mut dyn mahfada_storage::UnitOfWork| Events::record(unit, &recorded, &endpoints);
        self.events.shared.run(record).await.unwrap();
        event
    }
}

/// A message as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    pub(crate) signature: String,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

struct Script {
    answers: Mutex<Vec<u16>>,
    arrived: mpsc::UnboundedSender<Arrived>,
    slow: Semaphore,
}

/// A receiver on a free port of 127.0.0.1 that ends with the test.
///
/// `/hook` answers as the script says and 200 after its end; `/slow` waits until it is let go; `/chatty/{status}` talks on.
pub(crate) struct Receiver {
    pub(crate) outbound: OutboundConfig,
    address: SocketAddr,
    script: Arc<Script>,
    arrived: mpsc::UnboundedReceiver<Arrived>,
    _stop: oneshot::Sender<()>,
}

impl Receiver {
    pub(crate) fn start(answers: &[u16]) -> Self {
        let (sender, arrived) = mpsc::unbounded_channel();
        let script = Arc::new(Script {
            answers: Mutex::new(answers.iter().rev().copied().collect()),
            arrived: sender,
            slow: Semaphore::new(0),
        });
        let (tls, outbound) = localhost();
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind_addresses(free, free).unwrap();
        let (address, _) = listeners.addresses().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let data = Data::from(Arc::clone(&script));
        let routes = move |config: &mut ServiceConfig| {
            config
                .app_data(data.clone())
                .route("/hook", web::post().to(hook))
                .route("/slow", web::post().to(slow))
                .route("/chatty/{status}", web::post().to(chatty));
        };
        let tls = Some(mahfada_web::tls::server_config(&tls).unwrap());
        let shutdown = async move { drop(stopped.await) };
        tokio::spawn(mahfada_web::server::serve(
            listeners,
            tls,
            routes,
            |_: &mut ServiceConfig| {},
            shutdown,
        ));
        Self {
            outbound,
            address,
            script,
            arrived,
            _stop: stop,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// Waits for the next message.
    pub(crate) async fn hear(&mut self) -> Arrived {
        self.arrived.recv().await.unwrap()
    }

    /// Returns the next message if it is there.
    pub(crate) fn heard(&mut self) -> Option<Arrived> {
        self.arrived.try_recv().ok()
    }

    /// Lets everybody at `/slow` go.
    pub(crate) fn let_go(&self) {
        self.script.slow.add_permits(1_000);
    }
}

async fn hook(request: HttpRequest, body: Bytes, script: Data<Script>) -> HttpResponse {
    note(&request, &body, &script);
    let status = script.answers.lock().unwrap().pop().unwrap_or(200);
    HttpResponse::build(StatusCode::from_u16(status).unwrap())
        .insert_header(("location", "/hook"))
        .finish()
}

async fn slow(request: HttpRequest, body: Bytes, script: Data<Script>) -> HttpResponse {
    note(&request, &body, &script);
    script.slow.acquire().await.unwrap().forget();
    HttpResponse::Ok().finish()
}

/// Answers with the status of the path and more than anybody reads.
async fn chatty(request: HttpRequest, body: Bytes, script: Data<Script>) -> HttpResponse {
    note(&request, &body, &script);
    let status = request.match_info().get("status").unwrap().parse().unwrap();
    HttpResponse::build(StatusCode::from_u16(status).unwrap()).body(vec![b'x'; 10_000_000])
}

fn note(request: &HttpRequest, body: &Bytes, script: &Script) {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let arrived = Arrived {
        path: request.path().to_owned(),
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp").parse().unwrap(),
        signature: header("webhook-signature"),
        content_type: header("content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    script.arrived.send(arrived).unwrap_or(());
}

/// Makes a TLS certificate for localhost and the settings of a client that trusts it.
fn localhost() -> (TlsFiles, OutboundConfig) {
    let ca_key = PROVIDER.keys.generate_es256(&SystemRandom).unwrap();
    let ca_template = template("Test CA", CertificateKind::Ca { path_len: None });
    let ca: Certificate = self_signed(&ca_template, ca_key.as_ref(), &SystemRandom, &PROVIDER).unwrap();
    let der = PROVIDER.keys.generate_es256_pkcs8(&SystemRandom).unwrap();
    let key = PROVIDER.keys.es256_from_pkcs8(der.expose()).unwrap();
    let kind = CertificateKind::TlsServer {
        dns_names: vec!["localhost".to_owned()],
        ip_addresses: vec![Ipv4Addr::LOCALHOST.into()],
    };
    let template = template("localhost", kind);
    let leaf = issue(
        &template,
        key.public_key(),
        &ca,
        ca_key.as_ref(),
        &SystemRandom,
        &PROVIDER,
    )
    .unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        base64url::encode_standard(der.expose())
    );
    let files = TlsFiles {
        certificate_chain_file: scratch_file("chain.pem", leaf.to_pem().as_bytes()),
        private_key_file: SecretFile::new(scratch_file("key.pem", pem.as_bytes())),
    };
    let outbound = OutboundConfig {
        trust_anchors_file: Some(scratch_file("ca.pem", ca.to_pem().as_bytes())),
        allow_loopback: true,
    };
    (files, outbound)
}

fn template(common_name: &str, kind: CertificateKind) -> CertificateTemplate {
    // Certificates of the TLS library are judged by the machine's own clock.
    let now = SystemClock.now();
    CertificateTemplate {
        subject: SubjectName {
            common_name: common_name.to_owned(),
            organization: "Test".to_owned(),
            organization_identifier: Some("NTRMA-1".to_owned()),
            country: "MA".to_owned(),
        },
        kind,
        not_before: now.minus(3_600),
        not_after: now.plus(86_400),
    }
}
