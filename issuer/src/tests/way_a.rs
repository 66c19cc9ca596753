//! The way by the card, from challenge to credentials (decision D3, way A).

use std::collections::BTreeSet;

use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_jose::thumbprint_of;
use mahfada_oauth2::{AuthorizationChallengeRequest, RequestedCredential};
use mahfada_sd_jwt::{UnverifiedSdJwtVc, VerifiedSdJwtVc};
use mahfada_status_list::StatusReference;
use serde_json::{Value, json};

use crate::fixture::wallet::{nonce, request_body};
use crate::fixture::{Answer, PID, Wallet, World, public};

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

#[actix_web::test]
async fn ten_copies_are_for_the_ten_committed_keys_and_say_what_the_card_says() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("happy", 10);
    let token = wallet.token(&app).await;
    let answer = wallet.credentials(&app, &token).await;
    let credentials = credentials(&world, "pid", &answer);
    let mut indexes = BTreeSet::new();
    for (credential, key) in credentials.iter().zip(&wallet.credential_keys) {
        assert_eq!(credential.vct(), "urn:mahfada:pid:1");
        let holder = credential.holder_key().unwrap();
        assert_eq!(
            holder.thumbprint(PROVIDER.digest),
            thumbprint_of(key.public_key(), PROVIDER.digest)
        );
        let claims = credential.claims();
        assert_eq!(claims["family_name"], "El Fassi");
        assert_eq!(claims["family_name_ar"], "الفاسي");
        assert_eq!(claims["personal_administrative_number"], "BK123456");
        assert_eq!(claims["issuing_authority"], "DGSN");
        assert_eq!(claims["assurance"]["level"], "low");
        assert_eq!(claims["assurance"]["methods"], json!(["pa", "aa"]));
        assert_eq!(claims["assurance"]["date"], "2026-11-22");
        let status = StatusReference::from_claim(credential.status_claim().unwrap()).unwrap();
        assert_eq!(status.uri, format!("{PID}/status/1"));
        indexes.insert(status.idx);
    }
    assert_eq!((credentials.len(), indexes.len()), (10, 10));
}
