//! Which path leads to which endpoint.

use actix_web::web::{self, ServiceConfig};
use mahfada_web::protocol;

use crate::handlers::{
    authorization_challenge, authorization_server_metadata, credential, credential_offer, issuances, issuer_metadata,
    nonce, offers, status_list, token,
};

/// What wallets and verifiers reach.
pub(crate) fn public(config: &mut ServiceConfig) {
    let endpoint = |path: &str| web::resource(path.to_owned()).default_service(web::to(not_this_method));
    config
        .service(
            web::resource("/.well-known/openid-credential-issuer/{slug}")
                .route(web::get().to(issuer_metadata::get))
                .default_service(web::to(not_this_method)),
        )
        .service(
            web::resource("/.well-known/oauth-authorization-server/{slug}")
                .route(web::get().to(authorization_server_metadata::get))
                .default_service(web::to(not_this_method)),
        )
        .service(endpoint("/{slug}/authorization-challenge").route(web::post().to(authorization_challenge::post)))
        .service(endpoint("/{slug}/token").route(web::post().to(token::post)))
        .service(endpoint("/{slug}/nonce").route(web::post().to(nonce::post)))
        .service(endpoint("/{slug}/credential").route(web::post().to(credential::post)))
        .service(endpoint("/{slug}/offers/{offer_id}").route(web::get().to(credential_offer::get)))
        .service(endpoint("/{slug}/status/{list}").route(web::get().to(status_list::get)))
        .default_service(web::to(no_such_endpoint));
}

/// What operators reach, beside the health endpoints.
pub(crate) fn management(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/offers").route(web::post().to(offers::post)))
        .service(web::resource("/v1/issuances").route(web::get().to(issuances::list)))
        .service(web::resource("/v1/issuances/{id}/{action}").route(web::post().to(issuances::change)))
        .default_service(web::to(no_such_endpoint));
}

async fn not_this_method() -> actix_web::HttpResponse {
    protocol::method_not_allowed()
}

async fn no_such_endpoint() -> actix_web::HttpResponse {
    protocol::not_found()
}
