//! `POST /v1/registrations`: a registration certificate for a relying party.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_storage::{AuditRecord, Outcome};
use mahfada_web::body::read_body_as;
use mahfada_web::problem::Problem;
use mahfada_web::protocol;
use serde_json::json;

use crate::app::Registry;
use crate::registry::{RegistrationRefusal, RegistrationRequest};

const MAX_REQUEST: usize = 64 * 1024;

/// Issues the certificate and writes the audit record first: what is not on record is not handed out.
pub(crate) async fn issue(
    request: HttpRequest,
    payload: Payload,
    registry: Data<Registry>,
) -> Result<HttpResponse, Problem> {
    let operator = registry.api_keys().tenant(&request)?.to_owned();
    let registrar = registry.registrar().ok_or_else(Problem::not_found)?;
    let body = read_body_as(&request, payload, "application/json", MAX_REQUEST).await?;
    let asked: RegistrationRequest = mahfada_base::json::from_slice(&body)
        .map_err(|error| Problem::bad_request("registration_request", error.to_string()))?;
    let (organization, now) = (asked.organization.clone(), registry.now());
    let certificate = registrar.issue(asked, now).map_err(|error| match &error {
        RegistrationRefusal::Request(_) => Problem::bad_request(error.code(), error.to_string()),
        RegistrationRefusal::Sign(_) => Problem::unavailable(error.code()),
    })?;
    let record = AuditRecord {
        at: now,
        actor: operator,
        action: "registration_issue".to_owned(),
        object_id: organization,
        outcome: "ok".to_owned(),
        detail: String::new(),
    };
    registry
        .read(move |unit| {
            unit.audit().append(&record)?;
            Ok(Outcome::Commit(()))
        })
        .await?;
    Ok(protocol::json(
        StatusCode::CREATED,
        &json!({ "registration": certificate }),
    ))
}
