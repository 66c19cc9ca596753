//! Which path leads to which endpoint.

use actix_web::web::{self, ServiceConfig};
use mahfada_web::protocol::{self, Endpoint};

use crate::handlers::{
    authorization_challenge, authorization_server_metadata, credential, credential_offer, events, issuance_change,
    issuances, issuer_metadata, nonce, offer, offers, status_list, token,
};

/// What wallets and verifiers reach.
pub(crate) fn public(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/.well-known/openid-credential-issuer/{slug}").get(issuer_metadata::get))
        .service(Endpoint::at("/.well-known/oauth-authorization-server/{slug}").get(authorization_server_metadata::get))
        .service(Endpoint::at("/{slug}/authorization-challenge").post(authorization_challenge::post))
        .service(Endpoint::at("/{slug}/token").post(token::post))
        .service(Endpoint::at("/{slug}/nonce").post(nonce::post))
        .service(Endpoint::at("/{slug}/credential").post(credential::post))
        .service(Endpoint::at("/{slug}/offers/{offer_id}").get(credential_offer::get))
        .service(Endpoint::at("/{slug}/status/{list}").get(status_list::get))
        .default_service(web::to(no_such_endpoint));
}

/// What the agency's back office and operators reach, beside health, metrics and the description.
pub(crate) fn management(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/v1/offers").post(offers::post))
        .service(Endpoint::at("/v1/offers/{id}").get(offer::get))
        .service(Endpoint::at("/v1/offers/{id}/qr").get(offer::get_qr))
        .service(Endpoint::at("/v1/issuances").get(issuances::list))
        .service(Endpoint::at("/v1/issuances/{id}").get(issuances::get))
        .service(Endpoint::at("/v1/issuances/{id}/{action}").post(issuance_change::post))
        .service(Endpoint::at("/v1/events").get(events::get))
        .default_service(web::to(no_such_endpoint));
}

async fn no_such_endpoint() -> actix_web::HttpResponse {
    protocol::not_found()
}
