//! `GET /lists/{slug}.jwt` and, on the management port, `POST /v1/lists/publish`.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_storage::{ListSlug, Outcome};
use mahfada_trust::TrustRole;
use mahfada_web::problem::Problem;
use mahfada_web::protocol;
use serde_json::{Value, json};

use super::document::{Keep, answer};
use crate::app::Registry;

/// Answers the list of a role that is in force.
pub(crate) async fn show(
    request: HttpRequest,
    slug: Path<String>,
    registry: Data<Registry>,
) -> Result<HttpResponse, Problem> {
    let role = TrustRole::from_slug(&slug).ok_or_else(Problem::not_found)?;
    let slug = ListSlug::new(role.slug());
    let list = registry
        .read(move |unit| Ok(Outcome::Commit(unit.published_lists().latest(&slug)?)))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer(
        &request,
        "application/jose",
        Keep::Shortly,
        list.jws.into_bytes(),
    ))
}

/// Publishes every list that needs it, and says which editions are in force.
pub(crate) async fn publish(request: HttpRequest, registry: Data<Registry>) -> Result<HttpResponse, Problem> {
    registry.api_keys().tenant(&request)?;
    Ok(protocol::json(StatusCode::OK, &publish_all(&registry).await?))
}

/// Publishes, and describes the editions.
pub(super) async fn publish_all(registry: &Registry) -> Result<Value, Problem> {
    let editions = registry.publish().await.map_err(|error| {
        tracing::error!(code = error.code(), "the lists were not published");
        Problem::unavailable(error.code())
    })?;
    let lists: Vec<Value> = editions
        .into_iter()
        .map(|(role, edition)| {
            json!({
                "list": role.slug(), "sequence": edition.sequence,
                "next_update": edition.next_update.to_rfc3339(), "published": edition.is_new,
            })
        })
        .collect();
    Ok(json!({ "lists": lists }))
}
