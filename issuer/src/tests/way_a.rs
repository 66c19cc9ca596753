//! The way by the card, from challenge to credentials (decision D3, way A).

use std::collections::BTreeSet;

use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_jose::thumbprint_of;
use mahfada_oauth2::{AuthorizationChallengeRequest, RequestedCredential};
use mahfada_sd_jwt::vc::{UnverifiedSdJwtVc, VerifiedSdJwtVc};
use mahfada_status_list::StatusReference;
use serde_json::json;

use crate::fixture::wallet::nonce;
use crate::fixture::{Answer, PID, Wallet, World, card, public};

/// Verifies every credential of an answer under the issuer's certified key.
pub(super) fn credentials(world: &World, issuer: &str, answer: &Answer) -> Vec<VerifiedSdJwtVc> {
    let json = answer.assert_ok().json();
    let texts = json["credentials"].as_array().unwrap().iter();
    texts
        .map(|issued| {
            UnverifiedSdJwtVc::parse(issued["credential"].as_str().unwrap())
                .unwrap()
                .verify(&world.leaf(issuer), world.now(), &PROVIDER)
                .unwrap()
        })
        .collect()
}

/// Returns the status index of each credential.
pub(super) fn indexes(credentials: &[VerifiedSdJwtVc]) -> Vec<u64> {
    credentials
        .iter()
        .map(|credential| {
            StatusReference::from_claim(credential.status_claim().unwrap())
                .unwrap()
                .idx
        })
        .collect()
}

#[actix_web::test]
async fn ten_copies_are_for_the_ten_committed_keys_and_say_what_the_card_says() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("happy", 10);
    let token = wallet.token(&app).await;
    let answer = wallet.credentials(&app, &token).await;
    let credentials = credentials(&world, "pid", &answer);
    for (credential, key) in credentials.iter().zip(&wallet.credential_keys) {
        assert_eq!(credential.vct(), "urn:mahfada:pid:1");
        assert_eq!(
            credential.holder_key().unwrap().thumbprint(PROVIDER.digest),
            thumbprint_of(key.public_key(), PROVIDER.digest)
        );
        let status = StatusReference::from_claim(credential.status_claim().unwrap()).unwrap();
        assert_eq!(status.uri, format!("{PID}/status/1"));
        let claims = credential.claims();
        assert_eq!(claims["family_name"], "EL FASSI");
        assert_eq!(claims["family_name_ar"], "الفاسي");
        assert_eq!(claims["personal_administrative_number"], "BK123456");
        assert_eq!(claims["issuing_authority"], "DGSN");
        assert_eq!(claims["assurance"]["level"], "low");
        assert_eq!(claims["assurance"]["methods"], json!(["pa", "aa"]));
        assert_eq!(claims["assurance"]["date"], "2026-11-22");
        // Not configured, so not issued, although the card says it.
        assert_eq!(claims.get("sex"), None);
    }
    let distinct: BTreeSet<u64> = indexes(&credentials).into_iter().collect();
    assert_eq!((credentials.len(), distinct.len()), (10, 10));
    let issuances = World::issuances(&app, PID);
    assert_eq!(issuances.len(), 1);
    assert_eq!(issuances[0].copies.len(), 10);
    assert!(issuances[0].card_ref.is_some() && issuances[0].person_ref.is_some());
}

#[actix_web::test]
async fn a_wallet_that_names_the_configuration_is_given_an_identifier_to_ask_with() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("details", 1);
    let AuthorizationChallengeRequest::Initial {
        client_id,
        code_challenge,
        key_commitment,
        ..
    } = wallet.initial()
    else {
        panic!("not an initial request");
    };
    let initial = AuthorizationChallengeRequest::Initial {
        client_id,
        requested: RequestedCredential::Configuration("pid".to_owned()),
        code_challenge,
        key_commitment,
    };
    let challenged = wallet.start_with(&app, &initial).await;
    let code = wallet.tap(&app, &challenged, card(1).chip()).await;
    let answer = wallet.redeem(&app, &code.assert_ok().text("authorization_code")).await;
    let details = &answer.assert_ok().json()["authorization_details"][0];
    assert_eq!(details["credential_configuration_id"], "pid");
    let identifier = details["credential_identifiers"][0].as_str().unwrap();
    let nonce = nonce(&app, PID).await;
    let body = json!({
        "credential_identifier": identifier,
        "proofs": { "jwt": wallet.proofs(&nonce, world.now()) },
    });
    let token = answer.text("access_token");
    let answer = public(&app, wallet.credential_post(&app, &token, &body)).await;
    assert_eq!(credentials(&world, "pid", &answer).len(), 1);
}

#[actix_web::test]
async fn the_commitment_is_of_the_key_that_proves_the_request_whatever_keys_are_named() {
    let world = World::new();
    let app = world.app();
    let (honest, stranger) = (Wallet::new("honest", 1), Wallet::new("stranger", 1));
    let AuthorizationChallengeRequest::Initial { key_commitment, .. } = honest.initial() else {
        panic!("not an initial request");
    };
    for wallet in [&honest, &stranger] {
        let challenge = wallet.start_with(&app, &honest.initial()).await.challenge;
        let expected = mahfada_eid::key_commitment(PROVIDER.digest, &wallet.jkt(), &key_commitment.0);
        assert_eq!(challenge.commitment, expected);
    }
}

#[actix_web::test]
async fn the_challenge_asks_neither_for_the_face_nor_for_the_fingers() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("files", 1);
    let challenge = wallet.start(&app).await.challenge;
    let files: Vec<String> = challenge.files.iter().map(ToString::to_string).collect();
    assert_eq!(files, ["sod", "dg1", "dg11", "dg12", "dg14", "dg15"]);
    assert_eq!(challenge.aud, wallet.client_id);
    assert_eq!(challenge.exp, world.now().plus(120));
}
