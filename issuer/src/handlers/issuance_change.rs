//! `POST /v1/issuances/{id}/{revoke|suspend|reinstate}`: what an operator may do to an issuance.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_events::EventKind;
use mahfada_storage::{AuditRecord, IssuanceId, Outcome, RevokeOutcome, StorageError, UnitOfWork};
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::{Problem, ProblemCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::issuances::IssuanceView;
use super::management::{answer, caller, read};
use crate::announcement::Announcement;
use crate::app::App;
use crate::fault::Fault;

/// What may be done to an issuance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Makes every copy invalid, for ever.
    Revoke,
    /// Makes every copy suspended.
    Suspend,
    /// Makes every suspended copy valid again.
    Reinstate,
}

/// Why an issuance is changed.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChangeRequest {
    /// One stable word of 1 to 64 letters, digits, hyphens and underscores; free text could hold personal data.
    #[schema(example = "holder_request", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    reason: String,
}

/// Revokes, suspends or reinstates an issuance
///
/// The change holds for every copy. The status list shows it at once, and verifiers see it once they fetch the list
/// again. Asking twice changes nothing more. A revocation cannot be taken back.
#[utoipa::path(
    post,
    path = "/v1/issuances/{id}/{action}",
    operation_id = "changeIssuance",
    tag = "issuances",
    params(
        ("id" = String, Path, description = "The `issuance_id`."),
        ("action" = Action, Path, description = "What is done to the issuance."),
    ),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "The issuance as it stands now.", body = IssuanceView),
        (status = 400, description = "`malformed`, `body_incomplete`, or `reason`: the reason is not one word.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: no such issuance, or another agency's.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`irreversible`: the issuance is revoked.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_long`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`body_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`storage_busy`, `storage_full` or `storage_unavailable`: try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    app: Data<App>,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let (id, action) = path.into_inner();
    let changed = change(&app, IssuanceId::new(id), &action, &request, payload).await;
    answer(StatusCode::OK, changed)
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

    const fn event(self) -> EventKind {
        match self {
            Self::Revoke => EventKind::IssuanceRevoked,
            Self::Suspend => EventKind::IssuanceSuspended,
            Self::Reinstate => EventKind::IssuanceReinstated,
        }
    }

    /// Does it, and tells whether that changed anything.
    fn perform(self, unit: &mut dyn UnitOfWork, id: &IssuanceId) -> Result<bool, StorageError> {
        match self {
            Self::Revoke => Ok(unit.issuances().revoke(id)? == RevokeOutcome::Revoked),
            Self::Suspend => unit.issuances().suspend(id),
            Self::Reinstate => unit.issuances().reinstate(id),
        }
    }
}

async fn change(
    app: &App,
    id: IssuanceId,
    action: &str,
    request: &HttpRequest,
    payload: Payload,
) -> Result<IssuanceView, Problem> {
    let issuer = caller(app, request)?;
    let action = Action::from_name(action).ok_or_else(Problem::not_found)?;
    let wanted: ChangeRequest = read(request, payload).await?;
    if !is_reason(&wanted.reason) {
        return Err(Problem::of(ProblemCode::Reason).with_path("reason"));
    }
    let announcement = Announcement::draw(app, issuer).map_err(|fault| fault.to_problem())?;
    let (issuer, tenant, at) = (issuer.id(), issuer.tenant(), app.clock.now());
    let answer = app.storage.execute(move |unit: &mut dyn UnitOfWork| {
        // TS-08: another agency's issuance is as good as none.
        let found = unit.issuances().lookup(&id)?;
        if found.is_none_or(|issuance| issuance.issuer != issuer) {
            return Ok(Outcome::RejectRollback(Problem::not_found()));
        }
        let changed = match action.perform(unit, &id) {
            Err(StorageError::Irreversible) => {
                return Ok(Outcome::RejectRollback(Problem::of(ProblemCode::Irreversible)));
            }
            other => other?,
        };
        if changed {
            announcement.record(unit, action.event(), id.as_str(), Some(&wanted.reason))?;
        }
        unit.audit().append(&AuditRecord {
            at,
            actor: issuer.to_string(),
            action: format!("issuance.{}", action.name()),
            object_id: id.to_string(),
            outcome: if changed { "done" } else { "unchanged" }.to_owned(),
            detail: wanted.reason,
        })?;
        Ok(match unit.issuances().lookup(&id)? {
            Some(issuance) => Outcome::Commit((IssuanceView::from(&issuance), changed)),
            None => Outcome::RejectRollback(Problem::not_found()),
        })
    });
    let (view, changed) = answer.await.map_err(|error| Fault::from(error).to_problem())??;
    if changed {
        app.events.notify_tenant(&tenant);
    }
    Ok(view)
}

fn is_reason(reason: &str) -> bool {
    (1..=64).contains(&reason.len())
        && reason
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
