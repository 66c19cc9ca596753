//! `POST /v1/offers`: the agency's back office makes an offer for a subject of its register (decision D3, way B).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_base::json::{self, JsonError};
use mahfada_openid4vci::CredentialOfferUri;
use mahfada_storage::{AuditRecord, CodeState, ConfigurationId, Outcome, PreAuthorizedCode, StorageError, UnitOfWork};
use mahfada_web::body::{BodyError, read_body_as};
use mahfada_web::problem::Problem;
use mahfada_web::protocol;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::credential_issuer::{CredentialIssuer, Source};
use crate::fault::Fault;
use crate::issuance::offer::{self, OFFER_LIFETIME};
use crate::issuance::subject::{Subject, SubjectSeal};

#[derive(Debug, Deserialize)]
struct OfferRequest {
    credential_configuration_id: String,
    subject: String,
    #[serde(default)]
    tx_code: bool,
}

/// The answer; the transaction code is for the operator to send by another channel, never with the offer.
#[derive(Debug, Serialize)]
struct OfferResponse {
    offer_id: String,
    offer_uri: String,
    offer_uri_by_reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tx_code: Option<String>,
    expires_at: UnixTime,
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("not authorized")]
    Unauthorized(Problem),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("not an offer request")]
    Malformed(#[source] JsonError),
    #[error("no such configuration that is issued by offer")]
    UnknownConfiguration,
    #[error("the register has no such subject")]
    UnknownSubject,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Refusal {
    fn to_problem(&self) -> Problem {
        match self {
            Self::Unauthorized(problem) => problem.clone(),
            Self::Body(error) => Problem::from(*error),
            Self::Malformed(error) => Problem::bad_request("malformed", error.to_string()),
            Self::UnknownConfiguration => Problem::bad_request("unknown_credential_configuration", self.to_string()),
            Self::UnknownSubject => Problem::new(StatusCode::NOT_FOUND, "unknown_subject", self.to_string()),
            Self::Fault(fault) => fault.to_problem(),
        }
    }
}

/// Makes an offer.
pub(crate) async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    match make(&app, &request, payload).await {
        Ok(response) => protocol::json(StatusCode::CREATED, &response),
        Err(refusal) => refusal.to_problem().to_response(),
    }
}

async fn make(app: &App, request: &HttpRequest, payload: Payload) -> Result<OfferResponse, Refusal> {
    let tenant = app.api_keys.tenant(request).map_err(Refusal::Unauthorized)?;
    let issuer = app.issuer(tenant).ok_or(Refusal::UnknownConfiguration)?;
    let body = read_body_as(request, payload, "application/json", 16 * 1024).await?;
    let wanted: OfferRequest = json::from_slice(&body).map_err(Refusal::Malformed)?;
    let configuration = issuer
        .configuration(&wanted.credential_configuration_id)
        .ok_or(Refusal::UnknownConfiguration)?;
    let Source::Csv(register) = &configuration.source else {
        return Err(Refusal::UnknownConfiguration);
    };
    if register.claims(&wanted.subject).is_none() {
        return Err(Refusal::UnknownSubject);
    }
    let subject = Subject::Register { key: wanted.subject };
    let (code, tx_code) = offer::draw(app, wanted.tx_code)?;
    let configuration_id = ConfigurationId::new(configuration.config.id.clone());
    let bearer = offer::pre_authorized_code(app, &code.offer_id);
    let sealed = SubjectSeal::of(app).seal(&subject, &issuer.id(), &configuration_id, &bearer)?;
    let record = PreAuthorizedCode {
        hash: code.hash,
        issuer: issuer.id(),
        configuration_id,
        offer_id: code.offer_id,
        subject: sealed,
        tx_code: tx_code
            .as_ref()
            .map(|tx_code| offer::tx_code_mac(app, &code.hash, tx_code)),
        wrong_tx_codes: 0,
        state: CodeState::Open,
        expires_at: app.clock.now().plus(OFFER_LIFETIME),
    };
    store(app, record.clone()).await?;
    Ok(response(app, issuer, &record, tx_code))
}

async fn store(app: &App, record: PreAuthorizedCode) -> Result<(), Fault> {
    let at = app.clock.now();
    app.storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                unit.pre_authorized_codes().add(&record)?;
                unit.audit().append(&AuditRecord {
                    at,
                    actor: record.issuer.to_string(),
                    action: "offer.create".to_owned(),
                    object_id: record.offer_id.to_string(),
                    outcome: "created".to_owned(),
                    detail: record.configuration_id.to_string(),
                })?;
                Ok(Outcome::Commit(()))
            },
        )
        .await??;
    Ok(())
}

fn response(
    app: &App,
    issuer: &CredentialIssuer,
    record: &PreAuthorizedCode,
    tx_code: Option<String>,
) -> OfferResponse {
    let offer = offer::credential_offer(app, issuer, record);
    let reference = issuer.endpoint(&format!("/offers/{}", record.offer_id));
    OfferResponse {
        offer_id: record.offer_id.to_string(),
        offer_uri: CredentialOfferUri::ByValue(offer).to_uri(),
        offer_uri_by_reference: CredentialOfferUri::ByReference(reference).to_uri(),
        tx_code,
        expires_at: record.expires_at,
    }
}
