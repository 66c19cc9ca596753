//! `GET /v1/events`: what happens, as it happens.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mahfada_web::problem::Problem;

use super::management::caller;
use crate::app::App;

/// Streams events
///
/// Server-sent events: `id` is the place of the event, `event` its kind (`offer.redeemed`, `offer.burnt`,
/// `credential.issued`, `issuance.revoked`, `issuance.suspended`, `issuance.reinstated`), `data` a JSON object with
/// `id`, `type`, `timestamp` and `data` (`object_id` and, where there is one, `outcome`). No event holds a claim or says
/// who. After a break, `Last-Event-ID` continues where the stream ended. Events are kept for thirty days.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "streamEvents",
    tag = "events",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last `id` that was read; without it the stream starts now.")),
    responses(
        (status = 200, description = "The stream; it ends when either side closes it.", body = String, content_type = "text/event-stream"),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited` or `too_many_streams`.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(app: Data<App>, request: HttpRequest) -> HttpResponse {
    let issuer = match caller(&app, &request) {
        Ok(issuer) => issuer,
        Err(problem) => return problem.to_response(),
    };
    let last = request.headers().get("last-event-id");
    let last = last.map(|id| id.to_str().unwrap_or_default());
    app.events.stream(issuer.tenant(), last)
}
