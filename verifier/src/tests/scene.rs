//! The service without sockets: an agency, a wallet, and a clock that stands still.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use mahfada_base::{ManualClock, Secret};
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_events::Events;
use mahfada_openid4vp::{AuthorizationResponse, UnverifiedRequest, VerifiedRequest, VpToken};
use mahfada_storage::{Event, Outcome, Presentation, PresentationId, Storage, StorageError, TenantId, UnitOfWork};
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_telemetry::Metrics;
use mahfada_web::api_key::ApiKeys;
use mahfada_web::client::OutboundClient;
use mahfada_web::config::{OutboundConfig, PublicUrl};
use mahfada_web::keys::SigningIdentity;
use mahfada_web::sealing::SealingKey;
use serde_json::{Value, json};

use super::fixture::{Country, Leaf, pid_query, query};
use crate::agency::Agency;
use crate::app::{App, RegistrationCheck};
use crate::config::RetentionConfig;
use crate::presentation::reuse::ReuseTags;
use crate::presentation::status::StatusLists;
use crate::presentation::status::memory::SeenLists;
use crate::routes;
use crate::saved_query::SavedQuery;
use crate::trust::LiveTrust;

pub(crate) const PUBLIC_URL: &str = "https://verifier.example";
pub(crate) const RETURN_URL: &str = "https://bank.example/back?lang=ar";
/// The bank's saved query: the one of `pid_query`.
pub(crate) const ACCOUNT: &str = "account-opening";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) struct Scene {
    pub(crate) country: Country,
    pub(crate) app: Data<App>,
    pub(crate) clock: Arc<ManualClock>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A presentation that an agency has created.
#[derive(Clone, Debug)]
pub(crate) struct Created(pub(crate) Value);

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(RegistrationCheck::Enforced)
    }

    pub(crate) fn with(registration_check: RegistrationCheck) -> Self {
        Self::changed(registration_check, |_| {})
    }

    /// Changes the service before it runs.
    pub(crate) fn changed(registration_check: RegistrationCheck, change: impl FnOnce(&mut App)) -> Self {
        let country = Country::new();
        let clock = Arc::new(ManualClock::new(country.now));
        let hash = |key: &str| PROVIDER.digest.sha256(key.as_bytes());
        let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::in_memory().unwrap());
        let client = OutboundClient::new(&OutboundConfig::default()).unwrap();
        let seen = SeenLists::empty(Arc::clone(&storage), PROVIDER.digest);
        let (time, random) = (Arc::clone(&clock), Arc::new(SystemRandom));
        let events = Events::load(&[], |_| true, client.clone(), Arc::clone(&storage), time, random).unwrap();
        let mut app = App {
            public_url: PublicUrl::parse(PUBLIC_URL).unwrap(),
            agencies: vec![
                agency("bank", country.bank(), country.registration()),
                agency(
                    "town",
                    country.access_leaf("Commune", "NTRMA-TOWN"),
                    country.registration(),
                ),
            ],
            storage,
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            crypto: &PROVIDER,
            sealing: SealingKey::new(1, Secret::new([7; 32])),
            reuse: ReuseTags::derive(&[7; 32], &PROVIDER).unwrap(),
            trust: LiveTrust::new(country.store(), None),
            status: StatusLists::new(client, 60, seen),
            api_keys: ApiKeys::new(vec![
                ("bank".to_owned(), hash("bank-key")),
                ("town".to_owned(), hash("town-key")),
            ]),
            events,
            metrics: Metrics::new(),
            failures_counted: AtomicU64::new(0),
            retention: RetentionConfig::default(),
            registration_check,
        };
        app.agencies[0].return_url = Some(RETURN_URL.parse().unwrap());
        app.agencies[0].saved_queries = vec![saved(ACCOUNT, &pid_query())];
        change(&mut app);
        Self {
            country,
            app: Data::new(app),
            clock,
        }
    }

    pub(crate) async fn public(&self, request: TestRequest) -> Answer {
        let app = actix_web::App::new()
            .app_data(self.app.clone())
            .configure(routes::public);
        answer(call_service(&init_service(app).await, request.to_request()).await).await
    }

    pub(crate) async fn management(&self, request: TestRequest, key: &str) -> Answer {
        let app = actix_web::App::new()
            .app_data(self.app.clone())
            .configure(routes::management);
        let request = request.insert_header(("authorization", format!("Bearer {key}")));
        answer(call_service(&init_service(app).await, request.to_request()).await).await
    }

    pub(crate) async fn ask(&self, query: &Value, flow: &str) -> Answer {
        let body = json!({"query": query, "flow": flow, "purpose": "Dossier 12"});
        self.management(TestRequest::post().uri("/v1/presentations").set_json(body), "bank-key")
            .await
    }

    pub(crate) async fn create(&self, flow: &str) -> Created {
        let answer = self.ask(&pid_query(), flow).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        Created(answer.json())
    }

    /// What the agency has been told, oldest first.
    pub(crate) async fn events(&self, tenant: &str) -> Vec<Event> {
        let tenant = TenantId::new(tenant);
        let read = move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, StorageError> {
            Ok(Outcome::Commit(unit.events().after(&tenant, None, 100)?))
        };
        self.app.storage.execute(read).await.unwrap().unwrap()
    }

    /// The kinds and outcomes of what the bank has been told.
    pub(crate) async fn told(&self) -> Vec<(String, Option<String>)> {
        let events = self.events("bank").await;
        events.into_iter().map(|event| (event.kind, event.outcome)).collect()
    }

    pub(crate) async fn view(&self, created: &Created) -> Value {
        let request = TestRequest::get().uri(&format!("/v1/presentations/{}", created.text("presentation_id")));
        let answer = self.management(request, "bank-key").await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()
    }

    /// A presentation as the store keeps it.
    pub(crate) async fn stored(&self, created: &Created) -> Presentation {
        let id = PresentationId::new(created.text("presentation_id"));
        let read = move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, StorageError> {
            Ok(Outcome::Commit(unit.presentations().lookup(&id)?))
        };
        self.app.storage.execute(read).await.unwrap().unwrap().unwrap()
    }

    /// Fetches the request as a wallet does and verifies it.
    pub(crate) async fn request(&self, created: &Created) -> VerifiedRequest {
        let form = "wallet_nonce=a-nonce-of-the-wallet";
        let request = TestRequest::post()
            .uri(created.request_path())
            .insert_header(("content-type", FORM));
        let answer = self.public(request.set_payload(form)).await;
        self.verify(&answer, Some("a-nonce-of-the-wallet"))
    }

    pub(crate) fn verify(&self, answer: &Answer, wallet_nonce: Option<&str>) -> VerifiedRequest {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/oauth-authz-req+jwt");
        let client_id = &self.app.agencies[0].client_id;
        UnverifiedRequest::parse(std::str::from_utf8(&answer.body).unwrap())
            .unwrap()
            .verify(
                client_id,
                wallet_nonce,
                &self.country.store(),
                self.country.now,
                &PROVIDER,
            )
            .unwrap()
    }

    /// Presents the family name for a request.
    pub(crate) fn presentation(&self, request: &VerifiedRequest) -> String {
        self.country
            .present(json!({}), &["family_name"], request.client_id(), request.nonce())
    }

    pub(crate) fn good_answer(&self, request: &VerifiedRequest) -> Vec<u8> {
        encrypt(request, &self.presentation(request), request.state())
    }

    pub(crate) async fn post(&self, request: &VerifiedRequest, body: Vec<u8>) -> Answer {
        let path = request.response_uri().path().to_owned();
        let post = TestRequest::post().uri(&path).insert_header(("content-type", FORM));
        self.public(post.set_payload(body)).await
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn html(&self) -> String {
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8");
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// Asserts that the wallet was refused, and for what.
    pub(crate) fn refused_with(&self, reason: &str) {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{self:?}");
        assert_eq!(
            self.json(),
            json!({"error": "invalid_request", "error_description": reason})
        );
    }
}

impl Created {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap()
    }

    pub(crate) fn request_path(&self) -> &str {
        self.text("request_uri").strip_prefix(PUBLIC_URL).unwrap()
    }
}

pub(crate) fn encrypt(request: &VerifiedRequest, presentation: &str, state: Option<&str>) -> Vec<u8> {
    let vp_token = VpToken::from([("pid".to_owned(), vec![presentation.to_owned()])]);
    encrypt_all(request, vp_token, state)
}

pub(crate) fn encrypt_all(request: &VerifiedRequest, vp_token: VpToken, state: Option<&str>) -> Vec<u8> {
    let response = AuthorizationResponse {
        vp_token,
        state: state.map(str::to_owned),
    };
    response
        .encrypt(request.encryption(), &SystemRandom, &PROVIDER)
        .unwrap()
}

pub(crate) fn saved(name: &str, value: &Value) -> SavedQuery {
    let query = query(value);
    SavedQuery {
        name: name.to_owned(),
        purpose: BTreeMap::from([("fr".to_owned(), "Ouvrir un compte".to_owned())]),
        text: query.to_value().unwrap().to_string(),
        query,
    }
}

fn agency(tenant: &str, access: Leaf, registration: String) -> Agency {
    let identity = SigningIdentity::new(access.signer, access.chain, &PROVIDER).unwrap();
    let public_url = PublicUrl::parse(PUBLIC_URL).unwrap();
    Agency::new(tenant, identity, registration, &public_url, &PROVIDER).unwrap()
}

async fn answer(response: actix_web::dev::ServiceResponse) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap().to_vec();
    Answer { status, headers, body }
}
