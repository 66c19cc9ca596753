//! Which path leads to which endpoint.

use actix_web::web::{self, ServiceConfig};
use mahfada_web::protocol;

use crate::handlers::{complete, presentations, request_object, response, start};

/// What wallets and browsers reach.
pub(crate) fn public(config: &mut ServiceConfig) {
    let endpoint = |path: &str| web::resource(path.to_owned()).default_service(web::to(not_this_method));
    config
        .service(
            endpoint("/requests/{request_id}")
                .route(web::get().to(request_object::get))
                .route(web::post().to(request_object::post)),
        )
        .service(endpoint("/responses/{request_id}").route(web::post().to(response::post)))
        .service(endpoint("/start/{request_id}").route(web::get().to(start::get)))
        .service(endpoint("/complete").route(web::get().to(complete::get)))
        .default_service(web::to(no_such_endpoint));
}

/// What agencies reach, beside the health endpoints.
pub(crate) fn management(config: &mut ServiceConfig) {
    let endpoint = |path: &str| web::resource(path.to_owned()).default_service(web::to(not_this_method));
    config
        .service(endpoint("/v1/presentations").route(web::post().to(presentations::post)))
        .service(endpoint("/v1/presentations/{id}").route(web::get().to(presentations::get)))
        .default_service(web::to(no_such_endpoint));
}

async fn not_this_method() -> actix_web::HttpResponse {
    protocol::method_not_allowed()
}

async fn no_such_endpoint() -> actix_web::HttpResponse {
    protocol::not_found()
}
