//! The examples of the specification, read and written (see `SOURCE.md` beside them).

use mahfada_base::json;
use mahfada_jose::{JwkSet, UnverifiedJws};
use mahfada_oauth2::AuthorizationDetail;
use serde_json::Value;

use crate::*;

macro_rules! example {
    ($name:literal) => {
        include_str!(concat!("../../../tests/vectors/openid4vci/", $name))
    };
}

/// The body of an HTTP example whose long strings are broken over lines.
fn http_body(text: &str) -> String {
    text.split_once("\n{")
        .unwrap()
        .1
        .lines()
        .fold("{".to_owned(), |joined, line| joined + line.trim())
}

fn assert_round_trip(read: impl serde::Serialize, text: &str) {
    assert_eq!(
        serde_json::to_value(read).unwrap(),
        serde_json::from_str::<Value>(text).unwrap()
    );
}

#[test]
fn reads_and_writes_the_offers() {
    for text in [
        example!("credential_offer_by_reference.json"),
        example!("credential_offer_pre-authz_code.json"),
        &http_body(example!("credential_offer_authz_code.txt")),
    ] {
        assert_round_trip(CredentialOffer::parse(text.as_bytes()).unwrap(), text);
    }
    // The default input mode is not written back.
    let text = example!("credential_offer_multiple_credentials.json");
    let offer = CredentialOffer::parse(text.as_bytes()).unwrap();
    assert_eq!(CredentialOffer::parse(offer.to_json().as_bytes()).unwrap(), offer);
    assert_eq!(
        offer
            .grants
            .unwrap()
            .pre_authorized_code
            .unwrap()
            .tx_code
            .unwrap()
            .length,
        Some(4)
    );
}

#[test]
fn reads_and_writes_the_authorization_details() {
    for text in [
        example!("authorization_details.json"),
        example!("authorization_details_jwt_vc_json.json"),
        example!("authorization_details_ldp_vc.json"),
        example!("authorization_details_mso_doc.json"),
        example!("authorization_details_multiple_credentials.json"),
        example!("authorization_details_sd_jwt_vc.json"),
        example!("authorization_details_with_as.json"),
    ] {
        assert_round_trip(
            json::from_slice::<Vec<AuthorizationDetail>>(text.as_bytes()).unwrap(),
            text,
        );
    }
}

#[test]
fn reads_the_issuer_metadata_in_clear_and_signed() {
    let issuer = "https://credential-issuer.example.com";
    let metadata = CredentialIssuerMetadata::parse(
        example!("credential_issuer_metadata_sd_jwt_long.json").as_bytes(),
        issuer,
    )
    .unwrap();
    assert_eq!(metadata.batch_size(), 10);
    assert!(metadata.requires_encryption());
    let configuration = &metadata.credential_configurations_supported["SD_JWT_VC_example_in_OpenID4VCI"];
    assert!(!configuration.takes_plain_jwt_proof(), "it asks for a key attestation");
    assert_eq!(configuration.credential_metadata.as_ref().unwrap().claims.len(), 13);

    let compact = example!("credential_issuer_metadata_sd_jwt_jwt.txt")
        .split_whitespace()
        .collect::<String>();
    let jws = UnverifiedJws::parse(&compact).unwrap();
    assert_eq!(jws.header().typ.as_deref(), Some("openidvci-issuer-metadata+jwt"));
    let signed: Value = json::parse(jws.unverified_payload()).unwrap();
    assert_eq!(signed["credential_issuer"], issuer);
}

#[test]
fn reads_the_configurations_of_every_format() {
    for text in [
        example!("credential_metadata_jwt_vc_json.json"),
        example!("credential_metadata_ldp_vc.json"),
        example!("credential_metadata_mso_mdoc.json"),
        example!("credential_metadata_sd_jwt_vc.json"),
    ] {
        let mut document = json::parse(text.as_bytes()).unwrap();
        document["credential_issuer"] = "https://issuer.example".into();
        document["credential_endpoint"] = "https://issuer.example/credential".into();
        document["nonce_endpoint"] = "https://issuer.example/nonce".into();
        let metadata =
            CredentialIssuerMetadata::parse(document.to_string().as_bytes(), "https://issuer.example").unwrap();
        assert_eq!(metadata.credential_configurations_supported.len(), 1);
    }
}

#[test]
fn reads_and_writes_the_responses() {
    for text in [
        http_body(example!("credential_response_jwt_vc_json.txt")),
        http_body(example!("credential_response_ldp_vc.txt")),
        http_body(example!("credential_response_mso_mdoc.txt")),
        http_body(example!("credential_response_sd_jwt_vc.txt")),
    ] {
        assert_round_trip(CredentialResponse::parse(text.as_bytes(), 1).unwrap(), &text);
    }
}

#[test]
fn refuses_the_request_example_of_an_older_draft() {
    // It names a format and a doctype, which version 1.0 took out of the request.
    let error = CredentialRequest::parse(example!("credential_request_iso_mdl.json").as_bytes()).unwrap_err();
    assert_eq!(error.code(), "target_missing");
}

#[test]
fn reads_the_keys_and_the_wallet_attestation() {
    let keys = json::parse(example!("issuer_jwks.json").as_bytes()).unwrap();
    JwkSet::parse(&keys["jwks"]).unwrap();
    let compact = example!("wallet_attestation.jwt.txt")
        .split_whitespace()
        .collect::<String>();
    let jws = UnverifiedJws::parse(&compact).unwrap();
    assert_eq!(jws.header().typ.as_deref(), Some("oauth-client-attestation+jwt"));
}
