//! `GET /v1/saved-queries`: what the caller's agency may ask by name.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mahfada_openid4vp::DcqlQuery;
use mahfada_web::problem::Problem;
use mahfada_web::protocol;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::saved_query::SavedQuery;

/// The saved queries of an agency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedQueries<'a> {
    /// In the order of the configuration.
    saved_queries: Vec<SavedQueryView<'a>>,
}

/// A saved query.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedQueryView<'a> {
    /// The name to give as `saved_query`.
    name: &'a str,
    /// What the answer is for, by language.
    #[schema(value_type = HashMap<String, String>)]
    purpose: &'a BTreeMap<String, String>,
    /// The DCQL query (OpenID4VP 1.0 §6).
    #[schema(value_type = Object)]
    query: &'a DcqlQuery,
}

/// Lists the saved queries of the caller's agency.
#[utoipa::path(
    get,
    path = "/v1/saved-queries",
    tag = "presentations",
    security(("api_key" = [])),
    responses(
        (status = 200, description = "The saved queries", body = SavedQueries<'_>),
        (status = 401, description = "No valid API key", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(app: Data<App>, request: HttpRequest) -> HttpResponse {
    match app.caller(&request) {
        Ok(agency) => protocol::json(
            StatusCode::OK,
            &SavedQueries {
                saved_queries: agency.saved_queries.iter().map(SavedQueryView::from).collect(),
            },
        ),
        Err(problem) => problem.to_response(),
    }
}

impl<'a> From<&'a SavedQuery> for SavedQueryView<'a> {
    fn from(saved: &'a SavedQuery) -> Self {
        Self {
            name: &saved.name,
            purpose: &saved.purpose,
            query: &saved.query,
        }
    }
}
