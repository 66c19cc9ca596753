//! `GET /.well-known/oauth-authorization-server/{slug}` (RFC 8414): each credential issuer is its own authorization server.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use mahfada_oauth2::{
    AUTHORIZATION_CODE, AuthorizationServerMetadata, CODE_CHALLENGE_METHOD, OPENID_CREDENTIAL, PRE_AUTHORIZED_CODE,
};
use mahfada_web::protocol;
use serde::Serialize;

use crate::app::App;
use crate::credential_issuer::{CredentialIssuer, Source};

/// The metadata, with what is the same for every issuer here.
#[derive(Serialize)]
struct ServedMetadata {
    #[serde(flatten)]
    metadata: AuthorizationServerMetadata,
    /// Wallets are public clients; without the member it would be `client_secret_basic` (RFC 8414 §2).
    token_endpoint_auth_methods_supported: [&'static str; 1],
    /// RFC 9396 §10.
    authorization_details_types_supported: [&'static str; 1],
}

/// Answers the metadata.
pub(crate) async fn get(app: Data<App>, slug: Path<String>) -> HttpResponse {
    match app.issuer(&slug) {
        Some(issuer) => protocol::json(StatusCode::OK, &metadata(issuer)),
        None => protocol::not_found(),
    }
}

fn metadata(issuer: &CredentialIssuer) -> ServedMetadata {
    let reads_cards = issuer
        .configurations
        .iter()
        .any(|one| matches!(one.source, Source::Card));
    let takes_offers = issuer
        .configurations
        .iter()
        .any(|one| matches!(one.source, Source::Csv(_)));
    let mut grants = Vec::new();
    grants.extend(reads_cards.then(|| AUTHORIZATION_CODE.to_owned()));
    grants.extend(takes_offers.then(|| PRE_AUTHORIZED_CODE.to_owned()));
    let metadata = AuthorizationServerMetadata {
        issuer: issuer.identifier.clone(),
        token_endpoint: issuer.endpoint("/token"),
        authorization_challenge_endpoint: reads_cards.then(|| issuer.endpoint("/authorization-challenge")),
        response_types_supported: vec!["code".to_owned()],
        grant_types_supported: grants,
        code_challenge_methods_supported: vec![CODE_CHALLENGE_METHOD.to_owned()],
        dpop_signing_alg_values_supported: vec!["ES256".to_owned()],
        pre_authorized_grant_anonymous_access_supported: issuer.config.anonymous_access,
    };
    ServedMetadata {
        metadata,
        token_endpoint_auth_methods_supported: ["none"],
        authorization_details_types_supported: [OPENID_CREDENTIAL],
    }
}
