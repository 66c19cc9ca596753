//! Whose token it is, and what it opens (TI-03, TI-14, TI-20, TI-21; decision D6).

use mahfada_base::Secret;
use mahfada_oauth2::TokenRequest;
use mahfada_openid4vci::CredentialOfferUri;
use mahfada_storage::{IssuanceState, StorageError};
use serde_json::json;

use super::way_a::{credentials, indexes};
use crate::fixture::wallet::{form_post, identified_body, json_post, nonce, request_body};
use crate::fixture::{CNSS, NOW, PID, PID_API_KEY, Wallet, World, manage, public};

#[actix_web::test]
async fn a_token_does_not_open_what_another_citizen_was_given() {
    let world = World::new();
    let app = world.app();
    let (citizen, other) = (Wallet::new("citizen", 1), Wallet::new("other", 1));
    let token = citizen.token(&app).await;
    let code = other.code(&app).await;
    let answer = other.redeem(&app, &code).await;
    let identifier = answer.json()["authorization_details"][0]["credential_identifiers"][0].clone();
    let fresh = nonce(&app, PID).await;
    let body = json!({
        "credential_identifier": identifier,
        "proofs": { "jwt": citizen.proofs(&fresh, NOW) },
    });
    let answer = public(&app, citizen.credential_post(&app, &token, &body)).await;
    answer.assert_refused(400, "unknown_credential_identifier", "unknown_credential_identifier");
    assert_eq!(World::allocated(&app, PID), 0);
}

#[actix_web::test]
async fn a_token_opens_one_configuration() {
    let app = World::new().app();
    let wallet = Wallet::new("configuration", 1);
    let offer = json!({ "credential_configuration_id": "extract", "subject": "112233" });
    let offer = manage(&app, "/v1/offers", PID_API_KEY, &offer).await.text("offer_uri");
    let CredentialOfferUri::ByValue(offer) = CredentialOfferUri::parse(&offer).unwrap() else {
        panic!("not by value");
    };
    let grant = offer.grants.unwrap().pre_authorized_code.unwrap();
    let form = TokenRequest::PreAuthorizedCode {
        pre_authorized_code: Secret::new(grant.pre_authorized_code),
        tx_code: None,
        client_id: Some(wallet.client_id.clone()),
    };
    let answer = public(&app, wallet.form(&app, "/token", form.to_form())).await;
    let token = answer.assert_ok().text("access_token");
    let nonce = nonce(&app, PID).await;
    for (configuration, status) in [("pid", 403), ("extract", 200)] {
        let body = request_body(configuration, &wallet.proofs(&nonce, NOW));
        let answer = public(&app, wallet.credential_post(&app, &token, &body)).await;
        assert_eq!(answer.status, status);
        if status == 403 {
            answer.assert_refused(403, "insufficient_scope", "configuration_not_granted");
        }
    }
}

#[actix_web::test]
async fn a_token_is_unknown_to_another_issuer() {
    let app = World::new().app();
    let wallet = Wallet::new("elsewhere", 1);
    let token = wallet.token(&app).await;
    let elsewhere = Wallet { issuer: CNSS, ..wallet };
    let nonce = nonce(&app, CNSS).await;
    let body = request_body("rights", &elsewhere.proofs(&nonce, NOW));
    let answer = public(&app, elsewhere.credential_post(&app, &token, &body)).await;
    answer.assert_refused(401, "invalid_token", "token_unusable");
}

#[actix_web::test]
async fn a_bound_token_is_worth_nothing_without_its_key() {
    let app = World::new().app();
    let (owner, thief) = (Wallet::new("owner", 1), Wallet::new("thief", 1));
    let token = owner.token(&app).await;
    let nonce = nonce(&app, PID).await;
    let body = identified_body(&app, &token, &owner.proofs(&nonce, NOW));
    let bearer = || json_post(PID, "/credential", &body).insert_header(("authorization", format!("Bearer {token}")));
    let answer = public(&app, thief.credential_post(&app, &token, &body)).await;
    answer.assert_refused(401, "invalid_token", "binding_mismatch");
    let answer = public(&app, bearer()).await;
    answer.assert_refused(401, "invalid_token", "binding_mismatch");
    // A proof beside the wrong scheme does not help.
    let proof = owner.dpop(&format!("{PID}/credential"), Some(&token), NOW);
    let answer = public(&app, bearer().insert_header(("dpop", proof))).await;
    answer.assert_refused(401, "invalid_token", "binding_mismatch");
    let unproved = json_post(PID, "/credential", &body).insert_header(("authorization", format!("DPoP {token}")));
    let answer = public(&app, unproved).await;
    answer.assert_refused(401, "invalid_dpop_proof", "dpop_missing");
    assert!(answer.headers["www-authenticate"].starts_with("DPoP"));
    let without_hash = json_post(PID, "/credential", &body)
        .insert_header(("authorization", format!("DPoP {token}")))
        .insert_header(("dpop", owner.dpop(&format!("{PID}/credential"), None, NOW)));
    let answer = public(&app, without_hash).await;
    answer.assert_refused(401, "invalid_dpop_proof", "dpop_ath");
    assert_eq!(World::allocated(&app, PID), 0);
}

#[actix_web::test]
async fn a_proof_serves_one_request() {
    let app = World::new().app();
    let wallet = Wallet::new("replay", 1);
    let token = wallet.token(&app).await;
    let proof = wallet.dpop(&format!("{PID}/credential"), Some(&token), NOW);
    for first in [true, false] {
        let nonce = nonce(&app, PID).await;
        let body = identified_body(&app, &token, &wallet.proofs(&nonce, NOW));
        let request = json_post(PID, "/credential", &body)
            .insert_header(("authorization", format!("DPoP {token}")))
            .insert_header(("dpop", proof.clone()));
        let answer = public(&app, request).await;
        if first {
            answer.assert_ok();
        } else {
            answer.assert_refused(401, "invalid_dpop_proof", "dpop_replayed");
        }
    }
}

#[actix_web::test]
async fn a_token_in_the_query_is_refused_even_beside_a_good_header() {
    let app = World::new().app();
    let wallet = Wallet::new("query", 1);
    let token = wallet.token(&app).await;
    let nonce = nonce(&app, PID).await;
    let body = identified_body(&app, &token, &wallet.proofs(&nonce, NOW));
    let request = wallet
        .credential_post(&app, &token, &body)
        .uri(&format!("/pid/credential?access_token={token}"));
    let answer = public(&app, request).await;
    answer.assert_refused(400, "invalid_request", "token_in_query");
}

#[actix_web::test]
async fn a_token_lives_five_minutes() {
    for (late, accepted) in [(299, true), (300, false)] {
        let world = World::new();
        let app = world.app();
        let wallet = Wallet::new("slow", 1);
        let token = wallet.token(&app).await;
        world.clock.advance(late);
        let answer = wallet.credentials(&app, &token).await;
        if accepted {
            answer.assert_ok();
        } else {
            answer.assert_refused(401, "invalid_token", "token_unusable");
        }
    }
}

#[actix_web::test]
async fn asking_again_after_a_lost_answer_revokes_the_set_that_was_not_delivered() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("lost", 2);
    let token = wallet.token(&app).await;
    let lost = wallet.credentials(&app, &token).await;
    let second = wallet.credentials(&app, &token).await;
    let [lost, second] = [lost, second].map(|answer| indexes(&credentials(&world, "pid", &answer)));
    assert!(lost.iter().all(|index| !second.contains(index)));
    let states: Vec<IssuanceState> = World::issuances(&app, PID)
        .iter()
        .map(|issuance| issuance.state)
        .collect();
    assert_eq!(states, [IssuanceState::Valid, IssuanceState::Revoked]);
    let invalid = super::status::list(&world, &app, "pid").await;
    for index in lost {
        assert_eq!(invalid.status(index).unwrap(), mahfada_status_list::Status::Invalid);
    }
    for index in second {
        assert_eq!(invalid.status(index).unwrap(), mahfada_status_list::Status::Valid);
    }
}

#[actix_web::test]
async fn nothing_is_answered_for_an_issuer_that_is_not_here() {
    let app = World::new().app();
    for path in ["/token", "/authorization-challenge", "/nonce", "/credential"] {
        let request = form_post("https://issuer.example/nobody", path, String::new());
        assert_eq!(public(&app, request).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn used_values_are_forgotten_only_when_their_age_alone_refuses_them() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("forget", 1);
    let url = format!("{PID}/authorization-challenge");
    // A proof that is as young as a proof may be: from the future, within the clock skew.
    let proof = wallet.dpop(&url, None, NOW.plus(60));
    let post = || {
        form_post(PID, "/authorization-challenge", wallet.initial().to_form()).insert_header(("dpop", proof.clone()))
    };
    assert_eq!(public(&app, post()).await.status, 401);
    world.clock.advance(60 + 360);
    app.forget_expired().await.unwrap();
    let answer = public(&app, post()).await;
    answer.assert_refused(400, "invalid_dpop_proof", "dpop_replayed");
    world.clock.advance(61);
    assert_eq!(app.forget_expired().await.unwrap(), 1);
    let answer = public(&app, post()).await;
    answer.assert_refused(400, "invalid_dpop_proof", "dpop_iat");
}

#[test]
fn a_store_that_fails_is_not_the_wallets_fault() {
    use mahfada_web::fault::Fault as _;

    let busy = crate::fault::Fault::from(StorageError::Busy).to_oauth();
    assert_eq!((busy.status(), busy.error.as_str()), (503, "temporarily_unavailable"));
    let broken = crate::fault::Fault::from(StorageError::Conflict).to_oauth();
    assert_eq!((broken.status(), broken.error.as_str()), (500, "server_error"));
}
