//! `GET /root.json` and `GET /root/{version}.json`.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_web::problem::Problem;

use super::document::{Keep, answer};
use crate::app::Registry;

const JSON: &str = "application/json";

/// Answers the root document in force.
pub(crate) async fn latest(request: HttpRequest, registry: Data<Registry>) -> Result<HttpResponse, Problem> {
    let root = registry
        .run(|unit| unit.published_lists().latest_root())
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer(&request, JSON, Keep::Shortly, root.bytes))
}

/// Answers one version of the root document.
pub(crate) async fn version(
    request: HttpRequest,
    version: Path<String>,
    registry: Data<Registry>,
) -> Result<HttpResponse, Problem> {
    let version = canonical(&version).ok_or_else(Problem::not_found)?;
    let root = registry
        .run(move |unit| unit.published_lists().root(version))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer(&request, JSON, Keep::Forever, root.bytes))
}

/// One document has one address: `01` and `+1` would be kept by caches beside `1`.
fn canonical(text: &str) -> Option<u64> {
    let version: u64 = text.parse().ok()?;
    (version.to_string() == text).then_some(version)
}
