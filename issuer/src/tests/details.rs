//! `authorization_details` and the identifiers that answer them (OpenID4VCI 1.0 §5.1.1, §6, §8.2; RFC 9396).

use actix_web::test::TestRequest;
use actix_web::web::Data;
use mahfada_oauth2::{AuthorizationChallengeRequest, CodeChallenge, KeyCommitment, RequestedCredential, encode_form};
use serde_json::{Value, json};

use super::way_a::credentials;
use crate::app::App;
use crate::fixture::agency::{redeem, redemption};
use crate::fixture::wallet::{form_post, json_post, nonce, request_body};
use crate::fixture::{Answer, CNSS, NOW, PID, Wallet, World, offer, public};

fn with_details(form: &str, details: &Value) -> String {
    let parameter = encode_form([("authorization_details", details.to_string().as_str())]);
    format!("{form}&{parameter}")
}

fn asking_for(configuration: &str) -> Value {
    json!([{ "type": "openid_credential", "credential_configuration_id": configuration }])
}

fn by_bearer(token: &str, body: &Value) -> TestRequest {
    json_post(CNSS, "/credential", body).insert_header(("authorization", format!("Bearer {token}")))
}

async fn proofs(app: &Data<App>, wallet: &Wallet) -> Vec<String> {
    let nonce = nonce(app, CNSS).await;
    wallet.proofs(&nonce, NOW)
}

#[actix_web::test]
async fn details_in_the_token_request_are_answered_with_an_identifier_to_ask_with() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::at(CNSS, "details", 2);
    let located = json!([{ "type": "openid_credential", "credential_configuration_id": "rights",
        "locations": ["https://elsewhere.example", CNSS], "unknown": [1] }]);
    for details in [asking_for("rights"), located] {
        let offer = offer(&app, "112233", true).await;
        let form = with_details(&redemption(&offer.code(), offer.tx_code.as_deref()), &details);
        let answer = public(&app, form_post(CNSS, "/token", form)).await;
        let detail = &answer.assert_ok().json()["authorization_details"][0];
        assert_eq!(detail["type"], "openid_credential");
        assert_eq!(detail["credential_configuration_id"], "rights");
        let [identifier] = detail["credential_identifiers"].as_array().unwrap().as_slice() else {
            panic!("not one identifier");
        };
        let token = answer.text("access_token");
        let by_configuration = by_bearer(&token, &request_body("rights", &proofs(&app, &wallet).await));
        let answer = public(&app, by_configuration).await;
        answer.assert_refused(400, "invalid_credential_request", "identifier_needed");
        let body = json!({ "credential_identifier": identifier, "proofs": { "jwt": proofs(&app, &wallet).await } });
        let answer = public(&app, by_bearer(&token, &body)).await;
        assert_eq!(credentials(&world, "cnss", &answer).len(), 2);
    }
}

#[actix_web::test]
async fn an_identifier_that_nobody_was_told_is_unknown() {
    let app = World::new().app();
    let wallet = Wallet::at(CNSS, "untold", 1);
    let offer = offer(&app, "112233", false).await;
    let token = redeem(&app, &offer.code(), None).await.text("access_token");
    let body = crate::fixture::wallet::identified_body(&app, &token, &proofs(&app, &wallet).await);
    let answer = public(&app, by_bearer(&token, &body)).await;
    answer.assert_refused(400, "unknown_credential_identifier", "unknown_credential_identifier");
    let body = request_body("rights", &proofs(&app, &wallet).await);
    public(&app, by_bearer(&token, &body)).await.assert_ok();
}

#[actix_web::test]
async fn details_that_the_code_does_not_cover_are_refused_and_spend_nothing() {
    let app = World::new().app();
    let offer = offer(&app, "112233", true).await;
    let right = redemption(&offer.code(), offer.tx_code.as_deref());
    let wrong = redemption(&offer.code(), Some(offer.wrong_tx_code()));
    let elsewhere = json!([{ "type": "openid_credential", "credential_configuration_id": "rights",
        "locations": [PID] }]);
    let one_too_many = json!([asking_for("rights")[0], asking_for("pid")[0]]);
    for details in [asking_for("pid"), asking_for("made-up"), elsewhere, one_too_many] {
        // Whether the transaction code is right shows in no answer and counts in none.
        for form in [&right, &wrong] {
            let answer = public(&app, form_post(CNSS, "/token", with_details(form, &details))).await;
            answer.assert_refused(400, "invalid_authorization_details", "details_not_granted");
        }
    }
    for details in [json!([]), json!([{ "type": "made-up" }]), json!({})] {
        let answer = public(&app, form_post(CNSS, "/token", with_details(&right, &details))).await;
        answer.assert_refused(400, "invalid_authorization_details", "authorization_details");
    }
    let answer = public(
        &app,
        form_post(CNSS, "/token", with_details(&right, &asking_for("rights"))),
    )
    .await;
    answer.assert_ok();
}

#[actix_web::test]
async fn a_code_of_the_card_takes_the_details_that_it_is_good_for() {
    let app = World::new().app();
    let wallet = Wallet::new("narrowed", 1);
    let code = wallet.code(&app).await;
    let form = wallet.redemption(&code).to_form();
    let post = |details: &Value| wallet.form(&app, "/token", with_details(&form, details));
    let answer = public(&app, post(&asking_for("extract"))).await;
    answer.assert_refused(400, "invalid_authorization_details", "details_not_granted");
    public(&app, post(&asking_for("pid"))).await.assert_ok();
    // A second use is a second use, whatever it asks for.
    let answer = public(&app, post(&asking_for("extract"))).await;
    answer.assert_refused(400, "invalid_grant", "code_consumed");
}

async fn start(app: &Data<App>, wallet: &Wallet, requested: RequestedCredential) -> Answer {
    let initial = AuthorizationChallengeRequest::Initial {
        client_id: wallet.client_id.clone(),
        requested,
        code_challenge: CodeChallenge::s256(&wallet.verifier, app.crypto.digest),
        key_commitment: KeyCommitment([7; 32]),
    };
    let request = wallet.form(app, "/authorization-challenge", initial.to_form());
    public(app, request).await
}

/// RFC 6749 §4.1.2.1 and RFC 9396 §5.
#[actix_web::test]
async fn a_wrong_name_is_refused_in_the_words_of_the_way_it_was_asked_for() {
    let app = World::new().app();
    let wallet = Wallet::new("names", 1);
    for name in ["extract", "made-up"] {
        let answer = start(&app, &wallet, RequestedCredential::Scope(name.to_owned())).await;
        answer.assert_refused(400, "invalid_scope", "unknown_scope");
        let answer = start(&app, &wallet, RequestedCredential::Configuration(name.to_owned())).await;
        answer.assert_refused(400, "invalid_authorization_details", "unknown_credential_configuration");
    }
}
