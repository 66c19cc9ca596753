//! `POST /v1/presentations` and `GET /v1/presentations/{id}`: an agency asks, and reads what came of it.

mod view;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_base::json::{self, JsonError};
use mahfada_credential::CredentialFormat;
use mahfada_openid4vp::{
    AuthorizationRequestUri, DcqlError, DcqlQuery, Excess, RequestUriMethod, exceeds_registration,
};
use mahfada_storage::{
    Outcome, Presentation, PresentationFlow, PresentationId, PresentationState, RequestId, StorageError, UnitOfWork,
};
use mahfada_trust::RegistrationError;
use mahfada_web::body::{BodyError, read_body_as};
use mahfada_web::problem::Problem;
use mahfada_web::protocol;
use mahfada_web::token::OpaqueToken;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::view::{Flow, PresentationView};
use crate::agency::Agency;
use crate::app::{App, RegistrationCheck};
use crate::fault::Fault;
use crate::presentation::record;

const MAX_QUERY_BYTES: usize = 64 * 1024;
const MAX_PURPOSE: usize = 500;

#[derive(Debug, Deserialize)]
struct PresentationRequest {
    query: Value,
    flow: Flow,
    /// A note for the agency's own file; the citizen is shown the registered purpose.
    #[serde(default)]
    purpose: Option<String>,
}

#[derive(Debug, Serialize)]
struct PresentationCreated {
    presentation_id: String,
    request_uri: String,
    deep_link: String,
    /// Where the agency sends the citizen's browser in the same-device flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_url: Option<String>,
    expires_at: UnixTime,
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("not authorized")]
    Unauthorized(Problem),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("not a presentation request")]
    Malformed(#[source] JsonError),
    #[error("not a valid query")]
    Query(#[source] DcqlError),
    #[error("a format of the query cannot be checked")]
    Format,
    #[error("the purpose is longer than {MAX_PURPOSE} characters")]
    Purpose,
    #[error("the registration certificate does not hold")]
    Registration(#[source] RegistrationError),
    #[error("the query wants more than the agency is registered for")]
    Excess(Vec<Excess>),
    #[error("no such presentation")]
    NotFound,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Refusal {
    fn to_problem(&self) -> Problem {
        match self {
            Self::Unauthorized(problem) => problem.clone(),
            Self::Body(error) => Problem::from(*error),
            Self::Malformed(error) => Problem::bad_request("malformed", error.to_string()),
            Self::Query(error) => Problem::bad_request("invalid_query", error.to_string()),
            Self::Format => Problem::bad_request("vp_formats_not_supported", self.to_string()),
            Self::Purpose => Problem::bad_request("purpose", self.to_string()),
            Self::Registration(error) => {
                Problem::new(StatusCode::FORBIDDEN, error.code(), self.to_string()).with_detail(error.to_string())
            }
            // TV-37
            Self::Excess(excess) => Problem::new(StatusCode::FORBIDDEN, "purpose_not_registered", self.to_string())
                .with_detail(describe(excess))
                .with_check("registration"),
            Self::NotFound => Problem::not_found(),
            Self::Fault(fault) => fault.to_problem(),
        }
    }
}

/// Creates a presentation.
pub(crate) async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    match create(&app, &request, payload).await {
        Ok(created) => protocol::json(StatusCode::CREATED, &created),
        Err(refusal) => refusal.to_problem().to_response(),
    }
}

/// Answers the state and verdict of a presentation of the caller's agency.
pub(crate) async fn get(app: Data<App>, path: Path<String>, request: HttpRequest) -> HttpResponse {
    match read(&app, &request, PresentationId::new(path.into_inner())).await {
        Ok(view) => protocol::json(StatusCode::OK, &view),
        Err(refusal) => refusal.to_problem().to_response(),
    }
}

fn caller<'a>(app: &'a App, request: &HttpRequest) -> Result<&'a Agency, Refusal> {
    let tenant = app.api_keys.tenant(request).map_err(Refusal::Unauthorized)?;
    app.agencies
        .iter()
        .find(|agency| agency.tenant.as_str() == tenant)
        .ok_or(Refusal::NotFound)
}

async fn create(app: &App, request: &HttpRequest, payload: Payload) -> Result<PresentationCreated, Refusal> {
    let agency = caller(app, request)?;
    let body = read_body_as(request, payload, "application/json", MAX_QUERY_BYTES).await?;
    let wanted: PresentationRequest = json::from_slice(&body).map_err(Refusal::Malformed)?;
    let query = DcqlQuery::parse(&wanted.query).map_err(Refusal::Query)?;
    query.check_askable().map_err(Refusal::Query)?;
    if !query
        .credentials()
        .iter()
        .all(|credential| CredentialFormat::from_name(&credential.format).is_some())
    {
        return Err(Refusal::Format);
    }
    let purpose = wanted.purpose.unwrap_or_default();
    if purpose.chars().count() > MAX_PURPOSE {
        return Err(Refusal::Purpose);
    }
    if app.registration_check == RegistrationCheck::Enforced {
        app.trust.ensure_current(app.clock.now()).await;
        within_registration(app, agency, &query)?;
    }
    let (record, session) = draw(app, agency, &query, wanted.flow, purpose)?;
    store(app, record.clone()).await?;
    Ok(describe_created(app, agency, &record, session.as_ref())?)
}

fn within_registration(app: &App, agency: &Agency, query: &DcqlQuery) -> Result<(), Refusal> {
    let registration = agency
        .verify_registration(&app.trust.read(), app.clock.now(), app.crypto)
        .map_err(Refusal::Registration)?;
    let excess = exceeds_registration(query, &registration);
    if excess.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Excess(excess))
    }
}

/// Draws everything that is fresh for one presentation; ids of agency and wallet are independent (TV-33).
fn draw(
    app: &App,
    agency: &Agency,
    query: &DcqlQuery,
    flow: Flow,
    purpose: String,
) -> Result<(Presentation, Option<OpaqueToken>), Fault> {
    let token = || OpaqueToken::generate(&*app.random);
    let flow = PresentationFlow::from(flow);
    let session = (flow == PresentationFlow::SameDevice).then(token).transpose()?;
    let id = PresentationId::new(token()?.expose());
    let key = app.crypto.agreement.generate(&*app.random)?;
    let record = Presentation {
        tenant: agency.tenant.clone(),
        request_id: RequestId::new(token()?.expose()),
        flow,
        browser_session: session.as_ref().map(|session| session.hash(app.crypto.digest)),
        response_code: None,
        nonce: token()?.expose().to_owned(),
        state_param: token()?.expose().to_owned(),
        encryption_key: record::seal_key(app, &id, &*key)?,
        query: query.to_value()?.to_string(),
        purpose,
        expires_at: app.clock.now().plus(record::lifetime(flow)),
        state: PresentationState::Open,
        verdict: None,
        id,
    };
    Ok((record, session))
}

async fn store(app: &App, record: Presentation) -> Result<(), Fault> {
    let audit = record::audit(
        app,
        record.tenant.as_str(),
        "presentation.create",
        &record.id,
        "created",
    );
    app.storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                unit.presentations().add(&record)?;
                unit.audit().append(&audit)?;
                Ok(Outcome::Commit(()))
            },
        )
        .await??;
    Ok(())
}

fn describe_created(
    app: &App,
    agency: &Agency,
    record: &Presentation,
    session: Option<&OpaqueToken>,
) -> Result<PresentationCreated, Fault> {
    let request_uri = app.public_url.join(&format!("/requests/{}", record.request_id));
    let start = |session: &OpaqueToken| {
        app.public_url
            .join(&format!("/start/{}?session={}", record.request_id, session.expose()))
    };
    Ok(PresentationCreated {
        presentation_id: record.id.to_string(),
        deep_link: deep_link(agency, &request_uri)?,
        request_uri,
        start_url: session.map(start),
        expires_at: record.expires_at,
    })
}

/// Returns the link that opens a wallet.
pub(crate) fn deep_link(agency: &Agency, request_uri: &str) -> Result<String, Fault> {
    let request_uri = url::Url::parse(request_uri).map_err(|_| Fault::Address)?;
    Ok(AuthorizationRequestUri::new(&*agency.client_id, request_uri, RequestUriMethod::Post).to_uri())
}

async fn read(app: &App, request: &HttpRequest, id: PresentationId) -> Result<PresentationView, Refusal> {
    let agency = caller(app, request)?;
    let found = app
        .storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                Ok(Outcome::Commit(unit.presentations().lookup(&id)?))
            },
        )
        .await
        .and_then(|found| found)
        .map_err(Fault::from)?;
    // TV-33: another agency's presentation is as good as none.
    let record = found
        .filter(|record| record.tenant == agency.tenant)
        .ok_or(Refusal::NotFound)?;
    let verdict = record::open_verdict(app, &record)?;
    Ok(PresentationView::new(&record, verdict, app.clock.now()))
}

fn describe(excess: &[Excess]) -> String {
    let one = |excess: &Excess| match &excess.path {
        Some(path) => format!("{}: {path}", excess.query_id),
        None => format!("{}: this kind of credential", excess.query_id),
    };
    excess.iter().map(one).collect::<Vec<_>>().join("; ")
}
