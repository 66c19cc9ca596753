//! `GET /v1/issuances` and `POST /v1/issuances/{id}/{revoke|suspend|reinstate}`: what an operator sees and may change.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_base::json::{self, JsonError};
use mahfada_storage::{
    AuditRecord, Issuance, IssuanceId, IssuanceState, IssuerId, Outcome, RevokeOutcome, StorageError, UnitOfWork,
};
use mahfada_web::body::{BodyError, read_body_as};
use mahfada_web::problem::Problem;
use mahfada_web::protocol;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::fault::Fault;

/// The most issuances in one answer.
const PAGE: u32 = 100;

/// What may be done to an issuance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Revoke,
    Suspend,
    Reinstate,
}

#[derive(Debug, Deserialize)]
struct ChangeRequest {
    /// A stable word, such as `holder_request`; free text could hold personal data.
    reason: String,
}

#[derive(Debug, Serialize)]
struct IssuanceView {
    issuance_id: String,
    credential_configuration_id: String,
    issued_on: UnixTime,
    state: &'static str,
    copies: usize,
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("not authorized")]
    Unauthorized(Problem),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("not a change request")]
    Malformed(#[source] JsonError),
    #[error("a reason is 1 to 64 letters, digits, hyphens and underscores")]
    Reason,
    #[error("no such issuance")]
    NotFound,
    #[error("a revocation cannot be taken back")]
    Irreversible,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Refusal {
    fn to_problem(&self) -> Problem {
        match self {
            Self::Unauthorized(problem) => problem.clone(),
            Self::Body(error) => Problem::from(*error),
            Self::Malformed(error) => Problem::bad_request("malformed", error.to_string()),
            Self::Reason => Problem::bad_request("reason", self.to_string()),
            Self::NotFound => Problem::new(StatusCode::NOT_FOUND, "not_found", self.to_string()),
            Self::Irreversible => Problem::new(StatusCode::CONFLICT, "irreversible", self.to_string()),
            Self::Fault(fault) => fault.to_problem(),
        }
    }
}

/// Answers the newest issuances of the caller's credential issuer.
pub(crate) async fn list(app: Data<App>, request: HttpRequest) -> HttpResponse {
    match newest(&app, &request).await {
        Ok(views) => protocol::json(StatusCode::OK, &views),
        Err(refusal) => refusal.to_problem().to_response(),
    }
}

/// Changes the state of one issuance, and so of all its copies.
pub(crate) async fn change(
    app: Data<App>,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let (id, action) = path.into_inner();
    let Some(action) = Action::from_name(&action) else {
        return protocol::not_found();
    };
    match apply(&app, IssuanceId::new(id), action, &request, payload).await {
        Ok(view) => protocol::json(StatusCode::OK, &view),
        Err(refusal) => refusal.to_problem().to_response(),
    }
}

impl Action {
    fn from_name(name: &str) -> Option<Self> {
        [Self::Revoke, Self::Suspend, Self::Reinstate]
            .into_iter()
            .find(|action| action.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Suspend => "suspend",
            Self::Reinstate => "reinstate",
        }
    }
}

fn caller(app: &App, request: &HttpRequest) -> Result<IssuerId, Refusal> {
    let tenant = app.api_keys.tenant(request).map_err(Refusal::Unauthorized)?;
    app.issuer(tenant)
        .map(crate::credential_issuer::CredentialIssuer::id)
        .ok_or(Refusal::NotFound)
}

async fn newest(app: &App, request: &HttpRequest) -> Result<Vec<IssuanceView>, Refusal> {
    let issuer = caller(app, request)?;
    let issuances = app
        .storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                Ok(Outcome::Commit(unit.issuances().list_by_issuer(&issuer, PAGE)?))
            },
        )
        .await
        .and_then(|found| found)
        .map_err(Fault::from)?;
    Ok(issuances.iter().map(view).collect())
}

async fn apply(
    app: &App,
    id: IssuanceId,
    action: Action,
    request: &HttpRequest,
    payload: Payload,
) -> Result<IssuanceView, Refusal> {
    let issuer = caller(app, request)?;
    let body = read_body_as(request, payload, "application/json", 4 * 1024).await?;
    let change: ChangeRequest = json::from_slice(&body).map_err(Refusal::Malformed)?;
    if !is_reason(&change.reason) {
        return Err(Refusal::Reason);
    }
    let at = app.clock.now();
    app.storage
        .execute(move |unit: &mut dyn UnitOfWork| {
            // TS-08: another agency's issuance is as good as none.
            let mine = unit
                .issuances()
                .lookup(&id)?
                .filter(|issuance| issuance.issuer == issuer);
            if mine.is_none() {
                return Ok(Outcome::RejectRollback(Refusal::NotFound));
            }
            match perform(unit, &id, action) {
                Err(StorageError::Irreversible) => {
                    return Ok(Outcome::RejectRollback(Refusal::Irreversible));
                }
                other => other?,
            }
            unit.audit().append(&AuditRecord {
                at,
                actor: issuer.to_string(),
                action: format!("issuance.{}", action.name()),
                object_id: id.to_string(),
                outcome: "done".to_owned(),
                detail: change.reason,
            })?;
            Ok(match unit.issuances().lookup(&id)? {
                Some(issuance) => Outcome::Commit(view(&issuance)),
                None => Outcome::RejectRollback(Refusal::NotFound),
            })
        })
        .await
        .map_err(Fault::from)?
}

fn perform(unit: &mut dyn UnitOfWork, id: &IssuanceId, action: Action) -> Result<(), StorageError> {
    match action {
        Action::Revoke => {
            let (RevokeOutcome::Revoked | RevokeOutcome::AlreadyRevoked | RevokeOutcome::NotFound) =
                unit.issuances().revoke(id)?;
        }
        Action::Suspend => {
            unit.issuances().suspend(id)?;
        }
        Action::Reinstate => {
            unit.issuances().reinstate(id)?;
        }
    }
    Ok(())
}

fn is_reason(reason: &str) -> bool {
    (1..=64).contains(&reason.len())
        && reason
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn view(issuance: &Issuance) -> IssuanceView {
    IssuanceView {
        issuance_id: issuance.id.to_string(),
        credential_configuration_id: issuance.configuration_id.to_string(),
        issued_on: issuance.issued_on,
        state: match issuance.state {
            IssuanceState::Valid => "valid",
            IssuanceState::Suspended => "suspended",
            IssuanceState::Revoked => "revoked",
        },
        copies: issuance.copies.len(),
    }
}
