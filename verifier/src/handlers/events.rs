//! `GET /v1/events`: what happens to the caller's presentations, as it happens.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mahfada_web::problem::Problem;

use crate::app::App;

/// Streams the events of the caller's agency.
///
/// Server-sent events: `id` is the place to come back to, `event` the kind, `data` JSON with ids and codes and never a
/// claim. A comment comes every 15 seconds.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    security(("api_key" = [])),
    params(("Last-Event-ID" = Option<String>, Header,
        description = "The last `id` seen; the stream goes on after it, and begins now without it")),
    responses(
        (status = 200, description = "The stream, until one side ends it", body = String, content_type = "text/event-stream"),
        (status = 401, description = "No valid API key", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests or streams",
            body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(app: Data<App>, request: HttpRequest) -> HttpResponse {
    match app.caller(&request) {
        Ok(agency) => {
            let last = request.headers().get("last-event-id");
            let last = last.and_then(|header| header.to_str().ok());
            app.events.stream(agency.tenant.clone(), last)
        }
        Err(problem) => problem.to_response(),
    }
}
