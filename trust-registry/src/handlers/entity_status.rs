//! `POST /v1/entities/{organization}/suspend` and `…/reinstate`: decided, kept, and published before the answer.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::{Problem, ProblemCode};
use mahfada_web::protocol;

use super::lists::{PublicationView, publish_all};
use crate::app::Registry;
use crate::config::Right;
use crate::registry::{StatusChangeError, StatusOverride};

/// Suspends an organization
///
/// Stops every service of the organization for the time being. The decision is kept before the lists are published: when
/// publishing fails (503), the decision holds and the registry publishes it by itself as soon as it can. Asking twice
/// changes nothing more.
#[utoipa::path(
    post,
    path = "/v1/entities/{organization}/suspend",
    operation_id = "suspendEntity",
    tag = "entities",
    params(("organization" = String, Path, description = "The organization identifier, such as `NTRMA-12345`.")),
    responses(
        (status = 200, description = "The editions in force; they show the suspension.", body = PublicationView),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`right_missing`: the key lacks the right `suspend`.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: the register does not have the organization.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`irreversible`: the services have ended. `storage_conflict`: other processes were always first; the decision holds.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`list_sign`, `list_signer`, `list_refused`, `root_expired`, `root_superseded`: the decision holds, a list stays as it was. `storage_busy`, `storage_full` or `storage_unavailable`: try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn suspend(
    request: HttpRequest,
    organization: Path<String>,
    registry: Data<Registry>,
) -> Result<HttpResponse, Problem> {
    let operator = registry.keys().require(&request, Right::Suspend)?;
    let register = &registry.publisher().maker().register;
    register.require_suspendable(&organization).map_err(refusal)?;
    decide(&registry, &organization, true, operator).await
}

/// Reinstates an organization
///
/// Takes a suspension of before back: every service is again what the register says, and what was issued before the
/// suspension holds again. What the register itself suspends stays so. Asking twice changes nothing more.
#[utoipa::path(
    post,
    path = "/v1/entities/{organization}/reinstate",
    operation_id = "reinstateEntity",
    tag = "entities",
    params(("organization" = String, Path, description = "The organization identifier, such as `NTRMA-12345`.")),
    responses(
        (status = 200, description = "The editions in force; they show the reinstatement.", body = PublicationView),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`right_missing`: the key lacks the right `suspend`.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: the register does not have the organization.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`irreversible`: the services have ended. `suspended_in_register`: the register itself suspends every service. `storage_conflict`: other processes were always first; the decision holds.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`list_sign`, `list_signer`, `list_refused`, `root_expired`, `root_superseded`: the decision holds, a list stays as it was. `storage_busy`, `storage_full` or `storage_unavailable`: try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reinstate(
    request: HttpRequest,
    organization: Path<String>,
    registry: Data<Registry>,
) -> Result<HttpResponse, Problem> {
    let operator = registry.keys().require(&request, Right::Suspend)?;
    let register = &registry.publisher().maker().register;
    register.require_reinstatable(&organization).map_err(refusal)?;
    decide(&registry, &organization, false, operator).await
}

async fn decide(
    registry: &Registry,
    organization: &str,
    suspended: bool,
    operator: &str,
) -> Result<HttpResponse, Problem> {
    let decision = StatusOverride {
        suspended,
        since: registry.now(),
    };
    let kept = registry.publisher().decide(organization, decision, operator).await;
    kept.map_err(|error| error.to_problem())?;
    Ok(protocol::json(StatusCode::OK, &publish_all(registry).await?))
}

fn refusal(error: StatusChangeError) -> Problem {
    match error {
        StatusChangeError::Unknown => Problem::not_found(),
        StatusChangeError::Withdrawn => Problem::of(ProblemCode::Irreversible),
        StatusChangeError::SuspendedInRegister => Problem::of(ProblemCode::SuspendedInRegister),
    }
}
