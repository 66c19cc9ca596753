//! `POST /v1/registrations`: a registration certificate for a relying party.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_storage::AuditRecord;
use mahfada_web::body::read_body_as;
use mahfada_web::fault::chain;
use mahfada_web::problem::{Problem, ProblemCode};
use mahfada_web::protocol;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Registry;
use crate::config::Right;
use crate::registry::{RegistrationRefusal, RegistrationRequest};

const MAX_REQUEST: usize = 64 * 1024;

/// A registration certificate.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegistrationView {
    /// The certificate as a compact JWS (ETSI TS 119 475 §5.2); the relying party configures it as it is.
    registration: String,
}

/// Issues a registration certificate
///
/// Certifies what a relying party may ask for and why. Who the relying party is must have been checked before: the
/// certificate is of use only beside an access certificate of the same organization. Members that are not described are
/// ignored.
#[utoipa::path(
    post,
    path = "/v1/registrations",
    operation_id = "issueRegistration",
    tag = "registrations",
    request_body = RegistrationRequest,
    responses(
        (status = 201, description = "The certificate.", body = RegistrationView),
        (status = 400, description = "`malformed`, or `registration_request`: `path` names the member and `detail` says why.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`right_missing`: the key lacks the right `register`.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: this registry issues no registration certificates.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_long`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`body_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`registration_sign`, `storage_busy`, `storage_full` or `storage_unavailable`: nothing was issued.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn issue(
    request: HttpRequest,
    payload: Payload,
    registry: Data<Registry>,
) -> Result<HttpResponse, Problem> {
    let operator = registry.keys().require(&request, Right::Register)?.to_owned();
    let registrar = registry.registrar().ok_or_else(Problem::not_found)?;
    let body = read_body_as(&request, payload, "application/json", MAX_REQUEST).await?;
    let asked: RegistrationRequest = mahfada_base::json::from_slice(&body)
        .map_err(|error| Problem::of(ProblemCode::Malformed).with_detail(error.to_string()))?;
    let (organization, now) = (asked.organization.clone(), registry.now());
    let registration = registrar.issue(asked, now).map_err(refusal)?;
    let record = AuditRecord {
        at: now,
        actor: operator,
        action: "registration_issue".to_owned(),
        object_id: organization,
        outcome: "done".to_owned(),
        detail: String::new(),
    };
    // What is not on record is not handed out.
    registry.run(move |unit| unit.audit().append(&record)).await?;
    Ok(protocol::json(StatusCode::CREATED, &RegistrationView { registration }))
}

fn refusal(error: RegistrationRefusal) -> Problem {
    match error {
        RegistrationRefusal::Request { path, fault } => Problem::of(ProblemCode::RegistrationRequest)
            .with_path(path)
            .with_detail(fault),
        RegistrationRefusal::Sign(_) | RegistrationRefusal::SignerExpired => {
            let detail = chain(&error);
            tracing::error!(code = error.code(), %detail, "no registration certificate was issued");
            Problem::of(ProblemCode::RegistrationSign)
        }
    }
}
