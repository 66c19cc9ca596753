//! `GET /root.json` and `GET /root/{version}.json`.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_storage::Outcome;
use mahfada_web::problem::Problem;

use super::document::{Keep, answer};
use crate::app::Registry;

const JSON: &str = "application/json";

/// Answers the root document in force.
pub(crate) async fn latest(request: HttpRequest, registry: Data<Registry>) -> Result<HttpResponse, Problem> {
    let root = registry
        .read(|unit| Ok(Outcome::Commit(unit.published_lists().latest_root()?)))
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
    let version: u64 = version.parse().map_err(|_| Problem::not_found())?;
    let root = registry
        .read(move |unit| Ok(Outcome::Commit(unit.published_lists().root(version)?)))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer(&request, JSON, Keep::Forever, root.bytes))
}
