//! `POST /v1/entities/{organization}/suspend` and `…/reinstate`: decided, kept, and published before the answer.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_web::problem::Problem;
use mahfada_web::protocol;

use super::lists::publish_all;
use crate::app::Registry;
use crate::registry::{StatusChangeError, StatusOverride};

/// Stops every service of an organization for the time being.
pub(crate) async fn suspend(
    request: HttpRequest,
    organization: Path<String>,
    registry: Data<Registry>,
) -> Result<HttpResponse, Problem> {
    change(&request, &organization, true, &registry).await
}

/// Lets every suspended service of an organization go on.
pub(crate) async fn reinstate(
    request: HttpRequest,
    organization: Path<String>,
    registry: Data<Registry>,
) -> Result<HttpResponse, Problem> {
    change(&request, &organization, false, &registry).await
}

async fn change(
    request: &HttpRequest,
    organization: &str,
    suspended: bool,
    registry: &Registry,
) -> Result<HttpResponse, Problem> {
    let operator = registry.api_keys().tenant(request)?;
    registry
        .publisher()
        .register()
        .require_changeable(organization)
        .map_err(|error| match error {
            StatusChangeError::Unknown => Problem::not_found(),
            StatusChangeError::Withdrawn => Problem::conflict(error.code(), error.to_string()),
        })?;
    let decision = StatusOverride {
        suspended,
        since: registry.now(),
    };
    registry
        .publisher()
        .decide(organization, decision, operator)
        .await
        .map_err(|error| Problem::unavailable(error.code()))?;
    Ok(protocol::json(StatusCode::OK, &publish_all(registry).await?))
}
