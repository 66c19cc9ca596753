//! `POST /{slug}/nonce`: a fresh `c_nonce` (OpenID4VCI 1.0 §7); nothing is stored until it is used.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use mahfada_openid4vci::{CNonce, NonceResponse};
use mahfada_web::fault::Fault as _;
use mahfada_web::protocol;

use crate::app::App;
use crate::fault::Fault;

/// Mints a nonce.
pub(crate) async fn post(app: Data<App>, slug: Path<String>) -> HttpResponse {
    let Some(issuer) = app.issuer(&slug) else {
        return protocol::not_found();
    };
    let nonce = CNonce::mint(
        &app.keys.nonce,
        &issuer.identifier,
        app.clock.now(),
        &*app.random,
        app.crypto.mac,
    );
    match nonce {
        Ok(nonce) => protocol::json(StatusCode::OK, &NonceResponse::new(&nonce)),
        Err(error) => protocol::oauth_error(&Fault::Random(error).to_oauth()),
    }
}
