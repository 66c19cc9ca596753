//! `GET` and `POST /requests/{request_id}`: the signed request (OpenID4VP 1.0 §5.10).
//!
//! Fetching changes nothing but what the agency is told the first time: every fetch gives the same nonce and key (TV-35), signed anew.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_crypto::CryptoProvider;
use mahfada_events::{EventKind, Events};
use mahfada_oauth2::{ErrorCode, OAuthError};
use mahfada_openid4vp::{ClientMetadata, RequestObject, VerifierInfo};
use mahfada_storage::{Outcome, Presentation, PresentationState, RequestId, SingleUseKind, StorageError, UnitOfWork};
use mahfada_web::body::{BodyError, read_body, read_body_as};
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::Problem;
use mahfada_web::protocol;

use crate::app::App;
use crate::fault::Fault;
use crate::presentation::record;

/// A wallet may describe itself at length (`wallet_metadata`).
const MAX_FORM_BYTES: usize = 64 * 1024;
const MAX_WALLET_NONCE: usize = 512;

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("no request under this name that is open")]
    NotFound,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("a parameter stands twice, or the wallet's nonce has another form")]
    Malformed,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Refusal {
    fn to_response(&self) -> HttpResponse {
        match self {
            Self::NotFound => Problem::not_found().to_response(),
            Self::Body(error) => Problem::from(*error).to_response(),
            Self::Malformed => protocol::oauth_error(&OAuthError::new(ErrorCode::InvalidRequest)),
            Self::Fault(fault) => protocol::oauth_error(&fault.to_oauth()),
        }
    }
}

/// Answers the request without a nonce of the wallet.
pub(crate) async fn get(app: Data<App>, path: Path<String>) -> HttpResponse {
    answer(sign(&app, RequestId::new(path.into_inner()), None).await)
}

/// Answers the request with the wallet's nonce in it.
pub(crate) async fn post(app: Data<App>, path: Path<String>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let wallet_nonce = match wallet_nonce(&request, payload).await {
        Ok(nonce) => nonce,
        Err(refusal) => return refusal.to_response(),
    };
    answer(sign(&app, RequestId::new(path.into_inner()), wallet_nonce).await)
}

fn answer(signed: Result<String, Refusal>) -> HttpResponse {
    match signed {
        Ok(text) => HttpResponse::build(StatusCode::OK)
            .insert_header(("content-type", "application/oauth-authz-req+jwt"))
            .insert_header(("cache-control", "no-store"))
            .body(text),
        Err(refusal) => refusal.to_response(),
    }
}

async fn wallet_nonce(request: &HttpRequest, payload: Payload) -> Result<Option<String>, Refusal> {
    let body = read_form(request, payload).await?;
    let mut found = url::form_urlencoded::parse(&body)
        .filter(|(name, _)| name == "wallet_nonce")
        .map(|(_, value)| value.into_owned());
    let (nonce, None) = (found.next(), found.next()) else {
        return Err(Refusal::Malformed);
    };
    let fits = |nonce: &String| (1..=MAX_WALLET_NONCE).contains(&nonce.len()) && nonce.is_ascii();
    if nonce.as_ref().is_none_or(fits) {
        Ok(nonce)
    } else {
        Err(Refusal::Malformed)
    }
}

/// A wallet that sends no parameter may leave out body and media type (OpenID4VP 1.0 §5.10: both are optional).
async fn read_form(request: &HttpRequest, payload: Payload) -> Result<Bytes, BodyError> {
    if request.headers().contains_key(CONTENT_TYPE) {
        return read_body_as(request, payload, "application/x-www-form-urlencoded", MAX_FORM_BYTES).await;
    }
    let body = read_body(payload, MAX_FORM_BYTES).await?;
    if body.is_empty() {
        Ok(body)
    } else {
        Err(BodyError::MediaType)
    }
}

async fn sign(app: &App, request_id: RequestId, wallet_nonce: Option<String>) -> Result<String, Refusal> {
    let now = app.clock.now();
    let record = record::find_by_request(app, request_id)
        .await?
        .filter(|record| record.state == PresentationState::Open && record.expires_at >= now)
        .ok_or(Refusal::NotFound)?;
    let text = sign_record(app, &record, wallet_nonce)?;
    tell_first_fetch(app, &record).await?;
    Ok(text)
}

/// Tells the agency once that a wallet is at it; a second fetch changes nothing.
async fn tell_first_fetch(app: &App, record: &Presentation) -> Result<(), Fault> {
    let id = record.id.as_str();
    let event = app
        .events
        .draw(&record.tenant, EventKind::PresentationRequested, id, None)?;
    let endpoints = app.events.endpoints(&record.tenant);
    let (request_id, expires_at, crypto) = (record.request_id.clone(), record.expires_at, app.crypto);
    let work = move |unit: &mut dyn UnitOfWork| -> Result<Outcome<bool, StorageError>, StorageError> {
        let first = first_fetch(unit, request_id.as_str(), expires_at, crypto)?;
        if first {
            Events::record(unit, &event, &endpoints)?;
        }
        Ok(Outcome::Commit(first))
    };
    if app.storage.execute(work).await?? {
        app.events.notify_tenant(&record.tenant);
    }
    Ok(())
}

fn sign_record(app: &App, record: &Presentation, wallet_nonce: Option<String>) -> Result<String, Fault> {
    let agency = app.agency(&record.tenant).ok_or(Fault::AgencyGone)?;
    let key = record::open_key(app, record)?;
    let request = RequestObject {
        client_id: agency.client_id.clone(),
        response_uri: app.public_url.join(&format!("/responses/{}", record.request_id)),
        nonce: record.nonce.clone(),
        state: Some(record.state_param.clone()),
        dcql_query: record::query(record)?,
        client_metadata: ClientMetadata::new(*key.public_key(), record::key_id(app, &*key)),
        verifier_info: vec![VerifierInfo::registration(&*agency.registration)],
        wallet_nonce,
        iat: app.clock.now(),
        exp: record.expires_at,
    };
    Ok(request.sign(&agency.access.chain, &*agency.access.signer)?)
}

/// Tells whether a wallet fetches a request for the first time; the id is random, so its digest needs no key.
fn first_fetch(
    unit: &mut dyn UnitOfWork,
    request_id: &str,
    expires_at: UnixTime,
    crypto: &CryptoProvider,
) -> Result<bool, StorageError> {
    let hash = crypto.digest.sha256(request_id.as_bytes());
    unit.single_use()
        .consume(SingleUseKind::RequestFetch, &hash, expires_at)
}
