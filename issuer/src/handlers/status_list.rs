//! `GET /{slug}/status/{list}`: the status list token (Token Status List §8); open to everybody, and nobody is logged.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use mahfada_web::fault::Fault as _;
use mahfada_web::protocol;

use crate::app::App;
use crate::issuance::status;

/// Answers the signed list as it stands now.
pub(crate) async fn get(app: Data<App>, path: Path<(String, String)>) -> HttpResponse {
    let (slug, list) = path.into_inner();
    let Some(issuer) = app.issuer(&slug).filter(|_| list == "1") else {
        return protocol::not_found();
    };
    match status::token(&app, issuer).await {
        Ok(token) => HttpResponse::build(StatusCode::OK)
            .insert_header(("content-type", "application/statuslist+jwt"))
            .insert_header(("cache-control", format!("max-age={}", issuer.status.ttl)))
            .insert_header(("access-control-allow-origin", "*"))
            .body(token),
        Err(fault) => fault.to_problem().to_response(),
    }
}
