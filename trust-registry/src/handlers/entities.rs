//! `GET /v1/entities`: who stands in the register, and how.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mahfada_trust::{ServiceStatus, TrustRole, TrustedListEntity};
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::Problem;
use mahfada_web::protocol;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Registry;

/// The register as the next lists say it.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisterView {
    /// One entry for each organization in each role.
    entities: Vec<EntityView>,
}

/// An organization in one role. Nothing here is about a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntityView {
    /// The organization identifier.
    #[schema(example = "NTRMA-12345")]
    organization: String,
    /// The name by language.
    name: BTreeMap<String, String>,
    /// The role, which is the name of the list.
    #[schema(example = "pid-issuers")]
    role: &'static str,
    /// The status.
    status: StatusName,
    /// Since when it has this status (RFC 3339).
    #[schema(example = "2026-01-01T00:00:00Z")]
    since: String,
    /// The credential types that the organization may issue.
    credential_types: Vec<String>,
}

/// The status of an organization in a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusName {
    /// Approved.
    Granted,
    /// Stopped for the time being.
    Suspended,
    /// Ended, for ever.
    Withdrawn,
}

/// Lists the entities
///
/// Every organization in every role, with the status that the register and the decisions of officers give it. Any key
/// with at least one right may look.
#[utoipa::path(
    get,
    path = "/v1/entities",
    operation_id = "listEntities",
    tag = "entities",
    responses(
        (status = 200, description = "The register.", body = RegisterView),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`right_missing`: the key has no right at all.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`storage_busy` or `storage_unavailable`: try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(request: HttpRequest, registry: Data<Registry>) -> Result<HttpResponse, Problem> {
    registry.keys().require_any(&request)?;
    let publisher = registry.publisher();
    let decisions = publisher.decisions().await.map_err(|error| error.to_problem())?;
    let register = &publisher.maker().register;
    let of_role = |role: TrustRole| {
        register
            .of_role(role, &decisions)
            .into_iter()
            .map(move |one| (role, one))
    };
    let entities = TrustRole::ALL.into_iter().flat_map(of_role).filter_map(view).collect();
    Ok(protocol::json(StatusCode::OK, &RegisterView { entities }))
}

/// An entry of the register has exactly one service.
fn view((role, entity): (TrustRole, TrustedListEntity)) -> Option<EntityView> {
    let service = entity.services.into_iter().next()?;
    let name = |text: &mahfada_trust::LocalizedString| (text.lang.clone(), text.value.clone());
    Some(EntityView {
        organization: entity.organization_identifier,
        name: entity.name.iter().map(name).collect(),
        role: role.slug(),
        status: match service.status {
            ServiceStatus::Granted => StatusName::Granted,
            ServiceStatus::Suspended => StatusName::Suspended,
            ServiceStatus::Withdrawn => StatusName::Withdrawn,
        },
        since: service.since.to_rfc3339(),
        credential_types: service.credential_types,
    })
}
