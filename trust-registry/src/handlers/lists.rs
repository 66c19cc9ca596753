//! `GET /lists/{slug}.jwt` and, on the management port, `POST /v1/lists/publish`.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_storage::ListSlug;
use mahfada_trust::TrustRole;
use mahfada_web::problem::Problem;
use mahfada_web::protocol;
use serde::Serialize;
use utoipa::ToSchema;

use super::document::{Keep, answer};
use crate::app::Registry;
use crate::config::Right;
use crate::fault::publish_problem;
use crate::registry::publish::Edition;

/// The editions in force after publishing.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicationView {
    /// One entry for each list.
    lists: Vec<EditionView>,
}

/// The edition of a list that is in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditionView {
    /// The name of the list, as in its address `/lists/{list}.jwt` on the public port.
    #[schema(example = "pid-issuers")]
    list: &'static str,
    /// The sequence number; readers refuse a lower one.
    #[schema(example = 42)]
    sequence: u64,
    /// When the edition expires (RFC 3339); it is renewed long before.
    #[schema(example = "2026-11-23T09:00:00Z")]
    next_update: String,
    /// Whether this request published it; `false` when the edition before still says everything.
    published: bool,
}

impl From<BTreeMap<TrustRole, Edition>> for PublicationView {
    fn from(editions: BTreeMap<TrustRole, Edition>) -> Self {
        let view = |(role, edition): (TrustRole, Edition)| EditionView {
            list: role.slug(),
            sequence: edition.sequence,
            next_update: edition.next_update.to_rfc3339(),
            published: edition.is_new,
        };
        Self {
            lists: editions.into_iter().map(view).collect(),
        }
    }
}

/// Answers the list of a role that is in force.
pub(crate) async fn show(
    request: HttpRequest,
    slug: Path<String>,
    registry: Data<Registry>,
) -> Result<HttpResponse, Problem> {
    let role = TrustRole::from_slug(&slug).ok_or_else(Problem::not_found)?;
    let slug = ListSlug::new(role.slug());
    let list = registry
        .run(move |unit| unit.published_lists().latest(&slug))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(answer(
        &request,
        "application/jose",
        Keep::Shortly,
        list.jws.into_bytes(),
    ))
}

/// Publishes the lists
///
/// Signs and publishes every list whose content changed or whose life is half over, and says which editions are in
/// force. The registry does the same by itself every thirty seconds; nothing happens to a list that still says
/// everything. A list that fails keeps none of the others back.
#[utoipa::path(
    post,
    path = "/v1/lists/publish",
    operation_id = "publishLists",
    tag = "lists",
    responses(
        (status = 200, description = "The editions in force.", body = PublicationView),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`right_missing`: the key lacks the right `publish`.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`storage_conflict`: other processes were always first; try again.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`list_sign`, `list_signer`, `list_refused`, `root_expired`, `root_superseded`, `storage_busy`, `storage_full` or `storage_unavailable`: at least one list stays as it was.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn publish(request: HttpRequest, registry: Data<Registry>) -> Result<HttpResponse, Problem> {
    registry.keys().require(&request, Right::Publish)?;
    Ok(protocol::json(StatusCode::OK, &publish_all(&registry).await?))
}

/// Publishes, and describes the editions.
pub(super) async fn publish_all(registry: &Registry) -> Result<PublicationView, Problem> {
    let published = registry.publish().await.into_result();
    let editions = published.map_err(|(role, error)| publish_problem(&error).with_detail(role.slug()))?;
    Ok(editions.into())
}
