//! `POST /v1/presentations` and `GET /v1/presentations/{id}`: an agency asks, and reads what came of it.

mod refusal;
mod view;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_base::json;
use mahfada_openid4vp::{AuthorizationRequestUri, DcqlQuery, RequestUriMethod};
use mahfada_storage::{
    Outcome, Presentation, PresentationFlow, PresentationId, PresentationState, RequestId, StorageError, UnitOfWork,
};
use mahfada_web::body::read_body_as;
use mahfada_web::problem::Problem;
use mahfada_web::token::OpaqueToken;
use mahfada_web::{protocol, qr};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use self::refusal::Refusal;
pub(crate) use self::view::{Flow, PresentationView};
use crate::agency::Agency;
use crate::app::{App, RegistrationCheck};
use crate::fault::Fault;
use crate::presentation::record;
use crate::question::{self, RegistrationRefusal};

const MAX_QUERY_BYTES: usize = 64 * 1024;
const MAX_PURPOSE: usize = 500;

/// What an agency asks; exactly one of `query` and `saved_query`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PresentationRequest {
    /// A DCQL query (OpenID4VP 1.0 §6).
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    query: Option<Value>,
    /// The name of a saved query of the agency.
    #[serde(default)]
    saved_query: Option<String>,
    /// How the request reaches the wallet.
    flow: Flow,
    /// A note for the agency's own file; the citizen is shown the registered purpose.
    #[serde(default)]
    #[schema(max_length = 500)]
    purpose: Option<String>,
    /// Whether the answer draws the deep link as a QR code, which takes longer than everything else in it.
    #[serde(default = "yes")]
    qr: bool,
}

const fn yes() -> bool {
    true
}

/// A presentation that waits for an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresentationCreated {
    /// The agency's id; wallets never see it.
    presentation_id: String,
    /// Where the wallet fetches the signed request.
    request_uri: String,
    /// The link that opens a wallet.
    deep_link: String,
    /// The deep link as a QR code, an SVG image, unless the request declined it.
    #[serde(skip_serializing_if = "Option::is_none")]
    qr: Option<String>,
    /// Where the agency sends the citizen's browser in the same-device flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_url: Option<String>,
    /// The end of the request's life, in seconds since 1970.
    #[schema(value_type = i64)]
    expires_at: UnixTime,
}

/// Creates a presentation.
///
/// The query must lie within the agency's registration. Show `qr` or `deep_link` to the citizen, or on one device send
/// the browser to `start_url`.
#[utoipa::path(
    post,
    path = "/v1/presentations",
    tag = "presentations",
    security(("api_key" = [])),
    request_body = PresentationRequest,
    responses(
        (status = 201, description = "The presentation waits for an answer", body = PresentationCreated),
        (status = 400, description = "The request or its query cannot be read, or the saved query is not known",
            body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The agency is not registered to ask this; `path` shows the first excess",
            body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "The service failed", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Ask again later", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    match create(&app, &request, payload).await {
        Ok(created) => protocol::json(StatusCode::CREATED, &created),
        Err(refusal) => refusal.to_problem().to_response(),
    }
}

/// Answers the state and verdict of a presentation of the caller's agency.
///
/// The verdict of a same-device presentation is withheld until the citizen is back in the browser that began.
#[utoipa::path(
    get,
    path = "/v1/presentations/{id}",
    tag = "presentations",
    security(("api_key" = [])),
    params(("id" = String, Path, description = "The `presentation_id`")),
    responses(
        (status = 200, description = "The presentation", body = PresentationView),
        (status = 401, description = "No valid API key", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such presentation of this agency",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "The service failed", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Ask again later", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(app: Data<App>, path: Path<String>, request: HttpRequest) -> HttpResponse {
    match read(&app, &request, PresentationId::new(path.into_inner())).await {
        Ok(view) => protocol::json(StatusCode::OK, &view),
        Err(refusal) => refusal.to_problem().to_response(),
    }
}

async fn create(app: &App, request: &HttpRequest, payload: Payload) -> Result<PresentationCreated, Refusal> {
    let agency = app.caller(request).map_err(Refusal::Unauthorized)?;
    let body = read_body_as(request, payload, "application/json", MAX_QUERY_BYTES).await?;
    let wanted: PresentationRequest = json::from_slice(&body).map_err(Refusal::Malformed)?;
    let query = choose_query(agency, &wanted)?;
    let purpose = wanted.purpose.clone().unwrap_or_default();
    if purpose.chars().count() > MAX_PURPOSE {
        return Err(Refusal::Purpose);
    }
    if app.registration_check == RegistrationCheck::Enforced {
        app.trust.ensure_current(app.clock.now()).await;
        hold_against_registration(app, agency, &query, &wanted)?;
    }
    let (record, session) = draw(app, agency, &query, wanted.flow, purpose)?;
    store(app, record.clone()).await?;
    Ok(describe_created(app, agency, &record, session.as_ref(), wanted.qr)?)
}

fn choose_query(agency: &Agency, wanted: &PresentationRequest) -> Result<DcqlQuery, Refusal> {
    match (&wanted.query, &wanted.saved_query) {
        (Some(value), None) => question::read(value).map_err(|error| Refusal::Question {
            path: format!("$.query{}", error.path(value)),
            error,
        }),
        (None, Some(name)) => {
            let saved = agency.saved_query(name).ok_or(Refusal::UnknownSavedQuery)?;
            Ok(saved.query.clone())
        }
        _ => Err(Refusal::NotOneQuery),
    }
}

/// Refuses what the agency is not registered to ask, and counts it.
fn hold_against_registration(
    app: &App,
    agency: &Agency,
    query: &DcqlQuery,
    wanted: &PresentationRequest,
) -> Result<(), Refusal> {
    let Err(refusal) = question::within_registration(app, agency, query) else {
        return Ok(());
    };
    let path = match &refusal {
        RegistrationRefusal::Excess(excess) => {
            app.metrics.overask_blocked(agency.tenant.as_str());
            question::path_of_excess(query, excess)
        }
        RegistrationRefusal::Registration(_) => None,
    };
    let path = path.map(|path| match wanted.saved_query {
        Some(_) => "$.saved_query".to_owned(),
        None => format!("$.query{path}"),
    });
    Err(Refusal::Registration { refusal, path })
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
    draw_qr: bool,
) -> Result<PresentationCreated, Fault> {
    let request_uri = app.public_url.join(&format!("/requests/{}", record.request_id));
    let start = |session: &OpaqueToken| {
        app.public_url
            .join(&format!("/start/{}?session={}", record.request_id, session.expose()))
    };
    let deep_link = deep_link(agency, &request_uri)?;
    Ok(PresentationCreated {
        presentation_id: record.id.to_string(),
        qr: draw_qr.then(|| qr::svg(&deep_link).ok_or(Fault::Address)).transpose()?,
        deep_link,
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
    let agency = app.caller(request).map_err(Refusal::Unauthorized)?;
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
