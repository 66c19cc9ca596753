//! What the credential endpoint refuses of proofs and nonces, all or nothing (TI-03..05, TI-08..13, TI-15..19).

use mahfada_base::{UnixTime, base64url};
use mahfada_jose::Jwk;
use mahfada_storage::TokenHash;
use mahfada_web::token::hash_token;
use serde_json::{Value, json};

use super::way_a::credentials;
use crate::fixture::wallet::{identified_body, json_post, nonce};
use crate::fixture::{CNSS, NOW, PID, Wallet, World, compact, public};
use crate::issuance::identifier::credential_identifier;

const PROOF_TYP: &str = "openid4vci-proof+jwt";

fn header(wallet: &Wallet) -> Value {
    let jwk = Jwk::from_public_key(wallet.credential_keys[1].public_key());
    json!({ "alg": "ES256", "typ": PROOF_TYP, "jwk": jwk.to_value() })
}

fn claims(nonce: &str) -> Value {
    json!({ "aud": PID, "iat": NOW, "nonce": nonce })
}

fn signed(wallet: &Wallet, header: &Value, claims: &Value) -> String {
    compact(header, claims, |message| {
        wallet.credential_keys[1].sign(message).unwrap().0
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

/// Sends one good proof and one bad one for each row; none may leave a trace, and the nonce stays good.
async fn assert_all_refused(rows: impl Fn(&Wallet, &str) -> Vec<(String, &'static str)>) {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("proofs", 2);
    let token = wallet.token(&app).await;
    let nonce = nonce(&app, PID).await;
    for (bad, code) in rows(&wallet, &nonce) {
        let proofs = [wallet.proof(0, &nonce, NOW), bad];
        let body = identified_body(&app, &token, &proofs);
        let answer = public(&app, wallet.credential_post(&app, &token, &body)).await;
        answer.assert_refused(400, "invalid_proof", code);
    }
    assert_eq!(World::allocated(&app, PID), 0);
    assert!(World::issuances(&app, PID).is_empty());
    let body = identified_body(&app, &token, &wallet.proofs(&nonce, NOW));
    let answer = public(&app, wallet.credential_post(&app, &token, &body)).await;
    assert_eq!(credentials(&world, "pid", &answer).len(), 2);
}

#[actix_web::test]
async fn refuses_every_algorithm_but_es256_before_the_key_is_used() {
    assert_all_refused(|wallet, nonce| {
        ["none", "HS256", "RS256", "ES384", "EdDSA", "es256"]
            .into_iter()
            .map(|alg| {
                let header = with(header(wallet), "alg", alg.into());
                let length = match alg {
                    "none" => 0,
                    "ES384" => 96,
                    _ => 64,
                };
                let signature = |_: &[u8]| vec![1; length];
                (compact(&header, &claims(nonce), signature), "alg_not_allowed")
            })
            .collect()
    })
    .await;
}

#[actix_web::test]
async fn refuses_every_other_kind_of_jwt_as_a_proof() {
    assert_all_refused(|wallet, nonce| {
        let mut headers: Vec<Value> = [
            "JWT",
            "kb+jwt",
            "dpop+jwt",
            "dc+sd-jwt",
            "statuslist+jwt",
            "ma-card-evidence+jwt",
            "ma-card-challenge+jwt",
            "openidvci-issuer-metadata+jwt",
        ]
        .into_iter()
        .map(|typ| with(header(wallet), "typ", typ.into()))
        .collect();
        headers.push(without(header(wallet), "typ"));
        let proof = |header| (signed(wallet, &header, &claims(nonce)), "typ");
        headers.into_iter().map(proof).collect()
    })
    .await;
}

#[actix_web::test]
async fn refuses_a_proof_for_another_audience() {
    assert_all_refused(|wallet, nonce| {
        [
            json!(CNSS),
            json!([PID]),
            json!([PID, CNSS]),
            json!(format!("{PID}/credential")),
            json!(format!("{PID}/")),
            Value::Null,
        ]
        .into_iter()
        .map(|aud| (signed(wallet, &header(wallet), &with(claims(nonce), "aud", aud)), "aud"))
        .collect()
    })
    .await;
}

#[actix_web::test]
async fn refuses_a_key_that_is_named_twice_or_is_private() {
    assert_all_refused(|wallet, nonce| {
        let private = with(header(wallet)["jwk"].clone(), "d", "AQAB".into());
        let proof = |header: Value| signed(wallet, &header, &claims(nonce));
        vec![
            (proof(with(header(wallet), "kid", "1".into())), "key_ambiguous"),
            (proof(with(header(wallet), "x5c", json!(["AAAA"]))), "key_ambiguous"),
            (proof(without(header(wallet), "jwk")), "key_ambiguous"),
            (proof(with(header(wallet), "jwk", private)), "private_key_in_header"),
        ]
    })
    .await;
}

#[actix_web::test]
async fn refuses_a_proof_of_another_time() {
    assert_all_refused(|wallet, nonce| {
        let at = |time: UnixTime| with(claims(nonce), "iat", json!(time));
        [
            at(NOW.plus(61)),
            at(NOW.minus(361)),
            without(claims(nonce), "iat"),
            with(claims(nonce), "iat", "now".into()),
        ]
        .into_iter()
        .map(|claims| (signed(wallet, &header(wallet), &claims), "iat"))
        .collect()
    })
    .await;
}

#[actix_web::test]
async fn refuses_a_proof_without_nonce_of_another_client_or_by_another_key() {
    assert_all_refused(|wallet, nonce| {
        let other = compact(&header(wallet), &claims(nonce), |message| {
            wallet.credential_keys[0].sign(message).unwrap().0
        });
        vec![
            (
                signed(wallet, &header(wallet), &without(claims(nonce), "nonce")),
                "nonce_missing",
            ),
            (
                signed(wallet, &header(wallet), &with(claims(nonce), "iss", "another".into())),
                "iss",
            ),
            (other, "sig"),
        ]
    })
    .await;
}

#[actix_web::test]
async fn refuses_the_same_key_twice_and_two_nonces() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("union", 2);
    let token = wallet.token(&app).await;
    let (first, second) = (nonce(&app, PID).await, nonce(&app, PID).await);
    for (proofs, code) in [
        ([wallet.proof(0, &first, NOW), wallet.proof(0, &first, NOW)], "dup_key"),
        (
            [wallet.proof(0, &first, NOW), wallet.proof(1, &second, NOW)],
            "nonce_mismatch",
        ),
    ] {
        let body = identified_body(&app, &token, &proofs);
        let answer = public(&app, wallet.credential_post(&app, &token, &body)).await;
        answer.assert_refused(400, "invalid_proof", code);
    }
    assert_eq!(World::allocated(&app, PID), 0);
}

/// TI-19: nine good proofs do not save the tenth.
#[actix_web::test]
async fn one_bad_proof_among_ten_refuses_all_and_takes_no_index() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("ten", 10);
    let token = wallet.token(&app).await;
    let nonce = nonce(&app, PID).await;
    let mut proofs = wallet.proofs(&nonce, NOW);
    proofs[9] = wallet.proof(9, &nonce, NOW.plus(61));
    let body = identified_body(&app, &token, &proofs);
    let answer = public(&app, wallet.credential_post(&app, &token, &body)).await;
    answer.assert_refused(400, "invalid_proof", "iat");
    assert_eq!(World::allocated(&app, PID), 0);
    assert!(World::issuances(&app, PID).is_empty());
}

#[actix_web::test]
async fn more_proofs_than_the_batch_size_are_refused() {
    let app = World::new().app();
    let wallet = Wallet::new("eleven", 11);
    let token = wallet.token(&app).await;
    let answer = wallet.credentials(&app, &token).await;
    answer.assert_refused(400, "invalid_proof", "batch_size");
}

/// Decision D2: not another key, not one more, not one less.
#[actix_web::test]
async fn only_the_committed_set_of_keys_gets_credentials() {
    let app = World::new().app();
    let wallet = Wallet::new("committed", 2);
    let stranger = Wallet::new("stranger", 1);
    let token = wallet.token(&app).await;
    let nonce = nonce(&app, PID).await;
    let (own, foreign) = (wallet.proofs(&nonce, NOW), stranger.proof(0, &nonce, NOW));
    for proofs in [
        vec![own[0].clone()],
        vec![own[0].clone(), foreign.clone()],
        vec![own[0].clone(), own[1].clone(), foreign.clone()],
        vec![foreign],
    ] {
        let body = identified_body(&app, &token, &proofs);
        let answer = public(&app, wallet.credential_post(&app, &token, &body)).await;
        answer.assert_refused(400, "invalid_proof", "keys_not_committed");
    }
    assert_eq!(World::allocated(&app, PID), 0);
    let reversed = [own[1].clone(), own[0].clone()];
    let body = identified_body(&app, &token, &reversed);
    public(&app, wallet.credential_post(&app, &token, &body))
        .await
        .assert_ok();
}

#[actix_web::test]
async fn a_nonce_is_good_once_for_five_minutes_at_its_issuer() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("nonces", 1);
    let token = wallet.token(&app).await;
    let elsewhere = nonce(&app, CNSS).await;
    let forged = base64url::encode([7; 56]);
    let post = |nonce: &str, now| {
        let body = identified_body(&app, &token, &wallet.proofs(nonce, now));
        wallet.credential_post(&app, &token, &body)
    };
    for (nonce, code) in [
        ("random", "nonce_malformed"),
        (forged.as_str(), "nonce_forged"),
        (elsewhere.as_str(), "nonce_forged"),
    ] {
        let answer = public(&app, post(nonce, NOW)).await;
        answer.assert_refused(400, "invalid_nonce", code);
    }
    world.clock.advance(299);
    let fresh = nonce(&app, PID).await;
    public(&app, post(&fresh, world.now())).await.assert_ok();
    let answer = public(&app, post(&fresh, world.now())).await;
    answer.assert_refused(400, "invalid_nonce", "nonce_replayed");
    assert_eq!(World::allocated(&app, PID), 1);
}

#[actix_web::test]
async fn an_old_nonce_is_refused() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("old nonce", 1);
    let old = nonce(&app, PID).await;
    world.clock.advance(250);
    let token = wallet.token(&app).await;
    world.clock.advance(51);
    let body = identified_body(&app, &token, &wallet.proofs(&old, world.now()));
    let answer = public(&app, wallet.credential_post(&app, &token, &body)).await;
    answer.assert_refused(400, "invalid_nonce", "nonce_expired");
}

#[actix_web::test]
async fn requests_that_are_none_or_two_are_refused() {
    let app = World::new().app();
    let wallet = Wallet::new("requests", 1);
    let token = wallet.token(&app).await;
    let nonce = nonce(&app, PID).await;
    let proof = wallet.proof(0, &nonce, NOW);
    let proofs = format!(r#""proofs":{{"jwt":["{proof}"]}}"#);
    let hash = TokenHash::new(hash_token(&token, app.crypto.digest));
    let identifier = credential_identifier(&hash, app.crypto.digest);
    let pid = format!(r#""credential_identifier":"{identifier}""#);
    for (body, error, code) in [
        (format!("{{{pid}}}"), "invalid_proof", "proofs_missing"),
        (
            format!(r#"{{"credential_configuration_id":"pid",{proofs}}}"#),
            "invalid_credential_request",
            "identifier_needed",
        ),
        (
            format!(r#"{{"credential_identifier":"other",{proofs}}}"#),
            "unknown_credential_identifier",
            "unknown_credential_identifier",
        ),
        (
            format!(r#"{{{pid},"credential_configuration_id":"pid",{proofs}}}"#),
            "invalid_credential_request",
            "duplicate_member",
        ),
        (
            format!(r#"{{{pid},"proof":{{}},{proofs}}}"#),
            "invalid_credential_request",
            "duplicate_member",
        ),
        (
            format!("{{{pid},{pid},{proofs}}}"),
            "invalid_credential_request",
            "duplicate_member",
        ),
        (
            format!(r#"{{{pid},"credential_response_encryption":{{}},{proofs}}}"#),
            "invalid_encryption_parameters",
            "response_encryption",
        ),
    ] {
        let request = wallet.credential_post(&app, &token, &Value::Null).set_payload(body);
        public(&app, request).await.assert_refused(400, error, code);
    }
    let request = json_post(PID, "/credential", &Value::Null);
    let answer = public(&app, request).await;
    assert_eq!((answer.status, answer.body.as_slice()), (401, b"".as_slice()));
    assert_eq!(answer.headers["www-authenticate"], r#"DPoP algs="ES256""#);
    let request = json_post(CNSS, "/credential", &Value::Null).insert_header(("authorization", "Bearer nope"));
    let answer = public(&app, request).await;
    answer.assert_refused(401, "invalid_token", "token_unusable");
    let challenge = r#"Bearer error="invalid_token", DPoP algs="ES256""#;
    assert_eq!(answer.headers["www-authenticate"], challenge);
}
