//! `GET /.well-known/openid-credential-issuer/{slug}`: what can be had here (OpenID4VCI 1.0 §12.2), plain or signed.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::ACCEPT;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_jose::JwsBuilder;
use mahfada_openid4vci::{
    BatchCredentialIssuance, ClaimDescription, CredentialConfiguration, CredentialIssuerMetadata, CredentialMetadata,
    Display,
};
use mahfada_web::fault::Fault as _;
use mahfada_web::protocol;
use serde::Serialize;

use crate::app::App;
use crate::credential_issuer::{Configuration, CredentialIssuer};
use crate::fault::Fault;

/// The `typ` of signed metadata (OpenID4VCI 1.0 §12.2.3).
const SIGNED_METADATA_TYP: &str = "openidvci-issuer-metadata+jwt";

/// The claims of signed metadata: everything the plain form has, at the top level, and who says so when.
#[derive(Serialize)]
struct SignedMetadata<'a> {
    sub: &'a str,
    iat: UnixTime,
    #[serde(flatten)]
    metadata: &'a CredentialIssuerMetadata,
}

/// Answers the metadata as the `Accept` header asks.
pub(crate) async fn get(app: Data<App>, slug: Path<String>, request: HttpRequest) -> HttpResponse {
    let Some(issuer) = app.issuer(&slug) else {
        return protocol::not_found();
    };
    let metadata = metadata(issuer);
    if !wants_jwt(&request) {
        return protocol::json(StatusCode::OK, &metadata);
    }
    match sign(&app, issuer, &metadata) {
        Ok(text) => HttpResponse::Ok()
            .insert_header(("content-type", "application/jwt"))
            .insert_header(("cache-control", "no-store"))
            .body(text),
        Err(fault) => fault.to_problem().to_response(),
    }
}

fn wants_jwt(request: &HttpRequest) -> bool {
    request
        .headers()
        .get_all(ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .any(|range| {
            range
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .eq_ignore_ascii_case("application/jwt")
        })
}

fn sign(app: &App, issuer: &CredentialIssuer, metadata: &CredentialIssuerMetadata) -> Result<String, Fault> {
    let claims = SignedMetadata {
        sub: &issuer.identifier,
        iat: app.clock.now(),
        metadata,
    };
    Ok(JwsBuilder::new(SIGNED_METADATA_TYP)
        .x5c(&issuer.signing.chain)
        .sign(&claims, &*issuer.signing.signer)?)
}

fn metadata(issuer: &CredentialIssuer) -> CredentialIssuerMetadata {
    let batch_size = issuer.config.batch_size;
    CredentialIssuerMetadata {
        credential_issuer: issuer.identifier.clone(),
        authorization_servers: None,
        credential_endpoint: issuer.endpoint("/credential"),
        nonce_endpoint: Some(issuer.endpoint("/nonce")),
        notification_endpoint: None,
        credential_request_encryption: None,
        credential_response_encryption: None,
        batch_credential_issuance: (batch_size > 1).then_some(BatchCredentialIssuance { batch_size }),
        display: display(&issuer.config.name),
        credential_configurations_supported: issuer
            .configurations
            .iter()
            .map(|configuration| (configuration.config.id.clone(), describe(configuration)))
            .collect(),
    }
}

fn describe(configuration: &Configuration) -> CredentialConfiguration {
    let config = &configuration.config;
    let claims = config.claims.iter().map(|claim| ClaimDescription {
        path: claim.path.clone(),
        mandatory: claim.mandatory,
        display: display(&claim.label),
    });
    CredentialConfiguration {
        credential_metadata: Some(CredentialMetadata {
            display: display(&config.name),
            claims: claims.collect(),
        }),
        ..CredentialConfiguration::sd_jwt_vc(config.vct.clone(), config.scope.clone())
    }
}

fn display(texts: &BTreeMap<String, String>) -> Vec<Display> {
    texts
        .iter()
        .map(|(locale, name)| Display::named(name, locale))
        .collect()
}
