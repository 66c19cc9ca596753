//! An issuer in a folder of its own: keys, certificates, registers, card authorities, and the service on top.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use mahfada_base::{Clock as _, ManualClock, Secret, UnixTime, base64url};
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::{PublicKey, aws_lc, pure};
use mahfada_eid::testing::{Citizen, TestCard};
use mahfada_storage::{Issuance, IssuerId, Outcome, StatusListUri, Storage, StorageError, UnitOfWork};
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, eku, issue, self_signed};
use serde_json::Value;

use crate::app::{App, RunError, TestAnchors};
use crate::config::Config;
use crate::serve::{configure_management, configure_public};

pub(crate) use agency::{Offer, offer};
pub(crate) use wallet::{Challenged, Wallet};

pub(crate) mod agency;
pub(crate) mod wallet;

/// Noon of 22 November 2026.
pub(crate) const NOW: UnixTime = UnixTime::new(1_795_348_800);
pub(crate) const PID: &str = "https://issuer.example/pid";
pub(crate) const CNSS: &str = "https://issuer.example/cnss";
pub(crate) const PID_API_KEY: &str = "the back office of pid";
pub(crate) const CNSS_API_KEY: &str = "the back office of cnss";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder that is gone when the test is, unless it belongs to another process.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    owned: bool,
}

impl Folder {
    fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mahfada-issuer-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self { path, owned: true }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.owned {
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

/// The surroundings of an issuer: its folder and its clock.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) folder: Folder,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) config: String,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        write_identity(&folder, "pid", eku::CREDENTIAL_SIGNING);
        write_identity(&folder, "pid-status", eku::STATUS_SIGNING);
        write_identity(&folder, "cnss", eku::CREDENTIAL_SIGNING);
        write_identity(&folder, "cnss-status", eku::STATUS_SIGNING);
        for (byte, name) in (1..).zip(["sealing", "challenge", "nonce", "offer", "reference"]) {
            folder.write(&format!("{name}.key"), [byte; 32]);
        }
        folder.write("rights.csv", include_str!("fixture/rights.csv"));
        folder.write("anchors/csca.cer", card(1).csca_der());
        let config = include_str!("fixture/issuer.toml")
            .replace("@folder@", folder.path().to_str().unwrap())
            .replace("@pid_api_key@", &sha256_hex(PID_API_KEY))
            .replace("@cnss_api_key@", &sha256_hex(CNSS_API_KEY));
        folder.write("issuer.toml", &config);
        Self {
            folder,
            clock: Arc::new(ManualClock::new(NOW)),
            config,
        }
    }

    /// Uses the folder of another process.
    pub(crate) fn of_another_process(path: PathBuf) -> Self {
        Self {
            config: std::fs::read_to_string(path.join("issuer.toml")).unwrap(),
            folder: Folder { path, owned: false },
            clock: Arc::new(ManualClock::new(NOW)),
        }
    }

    /// Changes the configuration; what is replaced must be there.
    pub(crate) fn configured(mut self, from: &str, to: &str) -> Self {
        assert!(self.config.contains(from), "{from}");
        self.config = self.config.replace(from, to);
        self
    }

    pub(crate) fn parsed_config(&self) -> Config {
        toml::from_str(&self.config).unwrap()
    }

    pub(crate) fn load(&self, test_anchors: TestAnchors) -> Result<App, RunError> {
        App::load(self.parsed_config(), test_anchors)
    }

    /// Opens the issuer with the random source of the machine: another process must not draw the same.
    pub(crate) fn app_with_system_random(&self) -> Data<App> {
        let mut app = self.load(TestAnchors::AcceptedByDemo).unwrap();
        app.clock = self.clock.clone();
        Data::new(app)
    }

    /// Opens the issuer on the database of this world; a second one is like a second process.
    pub(crate) fn app(&self) -> Data<App> {
        let mut app = self.load(TestAnchors::AcceptedByDemo).unwrap();
        let seed = NEXT.fetch_add(1, Ordering::Relaxed);
        app.clock = self.clock.clone();
        app.random = Arc::new(SeededRandom::new(format!("issuer {seed}")));
        Data::new(app)
    }

    /// Returns the one certificate that a chain file of the folder begins with.
    pub(crate) fn leaf(&self, name: &str) -> PublicKey {
        let pem = std::fs::read_to_string(self.folder.path().join(format!("{name}.pem"))).unwrap();
        let chain = Certificate::from_pem_many(&pem).unwrap();
        chain[0].public_key(&aws_lc::PROVIDER).unwrap()
    }

    /// Returns how many indexes of an issuer's status list are taken.
    pub(crate) fn allocated(app: &Data<App>, issuer: &str) -> u32 {
        let uri = StatusListUri::new(format!("{issuer}/status/1"));
        stored(&*app.storage, move |unit| unit.status_lists().allocated_count(&uri))
    }

    /// Returns the issuances of an issuer, the newest first.
    pub(crate) fn issuances(app: &Data<App>, issuer: &str) -> Vec<Issuance> {
        let issuer = IssuerId::new(issuer.to_owned());
        stored(&*app.storage, move |unit| {
            unit.issuances().list_by_issuer(&issuer, 10_000)
        })
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Returns a text member of the JSON body.
    pub(crate) fn text(&self, name: &str) -> String {
        let json = self.json();
        let text = json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}"));
        text.to_owned()
    }

    /// Returns status, error and stable code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String, String) {
        let json = self.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        (self.status, text("error"), text("error_description"))
    }

    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, error: &str, code: &str) {
        assert_eq!(
            self.refusal(),
            (status, error.to_owned(), code.to_owned()),
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        assert_eq!(self.headers["cache-control"], "no-store");
    }

    #[track_caller]
    pub(crate) fn assert_ok(&self) -> &Self {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// Sends a request to the public port.
pub(crate) async fn public(app: &Data<App>, request: TestRequest) -> Answer {
    let service = actix_web::App::new().configure(|config| configure_public(config, app));
    let service = init_service(service).await;
    answer(call_service(&service, request.to_request()).await).await
}

/// Sends a request to the management port.
pub(crate) async fn management(app: &Data<App>, request: TestRequest) -> Answer {
    let document = Arc::from("{}");
    let service = actix_web::App::new().configure(|config| configure_management(config, app, &document));
    let service = init_service(service).await;
    answer(call_service(&service, request.to_request()).await).await
}

async fn answer(response: actix_web::dev::ServiceResponse) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: read_body(response).await.to_vec(),
    }
}

/// Posts JSON to the management port with an API key.
pub(crate) async fn manage(app: &Data<App>, path: &str, api_key: &str, body: &Value) -> Answer {
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("authorization", format!("Bearer {api_key}")))
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_string());
    management(app, request).await
}

/// Gets something from the management port with an API key.
pub(crate) async fn show(app: &Data<App>, path: &str, api_key: &str) -> Answer {
    let request = TestRequest::get()
        .uri(path)
        .insert_header(("authorization", format!("Bearer {api_key}")));
    management(app, request).await
}

/// Runs a work and keeps what it did.
pub(crate) fn stored<T: Send + 'static>(
    storage: &dyn Storage,
    work: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, StorageError> + Send + 'static,
) -> T {
    let outcome: Result<T, StorageError> = storage
        .execute_blocking(move |unit| Ok(Outcome::Commit(work(unit)?)))
        .unwrap();
    outcome.unwrap()
}

/// The card of an invented citizen.
pub(crate) fn card(seed: u64) -> TestCard {
    TestCard::new(seed, &Citizen::sample(), NOW)
}

fn sha256_hex(text: &str) -> String {
    let digest = aws_lc::PROVIDER.digest.sha256(text.as_bytes());
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from_digit(digit.into(), 16).unwrap())
        .collect()
}

fn write_identity(folder: &Folder, name: &str, usage: &'static str) {
    let random = SeededRandom::new(name);
    let authority = pure::PROVIDER.keys.generate_es256(&random).unwrap();
    let der: Secret<Vec<u8>> = pure::PROVIDER.keys.generate_es256_pkcs8(&random).unwrap();
    let signer = pure::PROVIDER.keys.es256_from_pkcs8(der.expose()).unwrap();
    let template = |common_name: &str, kind| CertificateTemplate {
        subject: SubjectName {
            common_name: common_name.to_owned(),
            organization: name.to_owned(),
            organization_identifier: Some("NTRMA-1".to_owned()),
            country: "MA".to_owned(),
        },
        kind,
        not_before: NOW.minus(86_400),
        not_after: NOW.plus(30 * 86_400),
    };
    let ca = self_signed(
        &template("CA", CertificateKind::Ca { path_len: None }),
        &*authority,
        &random,
        &pure::PROVIDER,
    )
    .unwrap();
    let kind = CertificateKind::Leaf {
        extended_key_usage: usage,
        dns_names: Vec::new(),
    };
    let leaf = issue(
        &template("signer", kind),
        signer.public_key(),
        &ca,
        &*authority,
        &random,
        &pure::PROVIDER,
    )
    .unwrap();
    folder.write(&format!("{name}.key"), der.expose());
    folder.write(&format!("{name}.pem"), leaf.to_pem());
}

/// Turns a payload and a header into a JWS that nobody signed, to be signed by the caller.
pub(crate) fn compact(header: &Value, payload: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let input = format!(
        "{}.{}",
        base64url::encode(header.to_string()),
        base64url::encode(payload.to_string())
    );
    let signature = base64url::encode(sign(input.as_bytes()));
    format!("{input}.{signature}")
}
