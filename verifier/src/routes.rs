//! Which path leads to which endpoint.

use actix_web::web::{self, ServiceConfig};
use mahfada_web::protocol::{self, Endpoint};

use crate::handlers::{complete, events, presentations, request_object, response, saved_queries, start};

/// What wallets and browsers reach.
pub(crate) fn public(config: &mut ServiceConfig) {
    config
        .service(
            Endpoint::at("/requests/{request_id}")
                .get(request_object::get)
                .post(request_object::post),
        )
        .service(Endpoint::at("/responses/{request_id}").post(response::post))
        .service(Endpoint::at("/start/{request_id}").get(start::get))
        .service(Endpoint::at("/complete").get_once(complete::get))
        .default_service(web::to(no_such_endpoint));
}

/// What agencies reach, beside health, metrics and the description.
pub(crate) fn management(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/v1/presentations").post(presentations::post))
        .service(Endpoint::at("/v1/presentations/{id}").get(presentations::get))
        .service(Endpoint::at("/v1/saved-queries").get(saved_queries::get))
        .service(Endpoint::at("/v1/events").get(events::get))
        .default_service(web::to(no_such_endpoint));
}

async fn no_such_endpoint() -> actix_web::HttpResponse {
    protocol::not_found()
}
