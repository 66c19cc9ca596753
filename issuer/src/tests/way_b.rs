//! The way by offer (decision D3, way B), and what guesses cost (TI-01, TI-06, TI-43).

use actix_web::test::TestRequest;
use actix_web::web::Data;
use mahfada_oauth2::TokenRequest;
use mahfada_openid4vci::CredentialOffer;
use serde_json::json;

use super::way_a::credentials;
use crate::app::App;
use crate::fixture::agency::{redeem, redemption};
use crate::fixture::wallet::{form_post, json_post, nonce, request_body};
use crate::fixture::{Answer, CNSS, CNSS_API_KEY, Offer, PID, PID_API_KEY, Wallet, World, manage, offer, public};

async fn fetch(app: &Data<App>, offer: &Offer) -> Answer {
    let path = offer.reference.strip_prefix("https://issuer.example").unwrap();
    public(app, TestRequest::get().uri(path)).await
}

/// Asks for credentials with a bearer token.
async fn credentials_by_bearer(app: &Data<App>, wallet: &Wallet, token: &str) -> Answer {
    let nonce = nonce(app, CNSS).await;
    let body = request_body("rights", &wallet.proofs(&nonce, app.clock.now()));
    let request = json_post(CNSS, "/credential", &body).insert_header(("authorization", format!("Bearer {token}")));
    public(app, request).await
}

#[actix_web::test]
async fn a_stock_wallet_without_name_and_dpop_redeems_an_offer() {
    let world = World::new();
    let app = world.app();
    let offer = offer(&app, "112233", true).await;
    let answer = redeem(&app, &offer.code(), offer.tx_code.as_deref()).await;
    assert_eq!(answer.assert_ok().text("token_type"), "Bearer");
    assert_eq!(answer.json()["expires_in"], 300);
    assert_eq!(answer.json().get("authorization_details"), None);
    let wallet = Wallet::at(CNSS, "stock", 3);
    let answer = credentials_by_bearer(&app, &wallet, &answer.text("access_token")).await;
    let credentials = credentials(&world, "cnss", &answer);
    assert_eq!(credentials.len(), 3);
    let claims = credentials[0].claims();
    assert_eq!(claims["holder"], json!({ "name": "Canary Salma", "city": "Agadir" }));
    assert_eq!((&claims["open"], &claims["months"]), (&json!(true), &json!(36)));
}

#[actix_web::test]
async fn a_wallet_with_dpop_gets_a_bound_token() {
    let world = World::new();
    let app = world.app();
    let offer = offer(&app, "445566", false).await;
    let wallet = Wallet::at(CNSS, "bound", 1);
    let form = redemption(&offer.code(), None);
    let answer = public(&app, wallet.form(&app, "/token", form)).await;
    assert_eq!(answer.assert_ok().text("token_type"), "DPoP");
    let token = answer.text("access_token");
    let answer = credentials_by_bearer(&app, &wallet, &token).await;
    answer.assert_refused(401, "invalid_token", "binding_mismatch");
    let nonce = nonce(&app, CNSS).await;
    let body = request_body("rights", &wallet.proofs(&nonce, world.now()));
    let answer = public(&app, wallet.credential_post(&app, &token, &body)).await;
    let credentials = credentials(&world, "cnss", &answer);
    // The register has no quarter for this subject, so the credential has none.
    assert_eq!(credentials[0].claims().get("quarter"), None);
}

#[actix_web::test]
async fn an_offer_by_reference_is_the_offer_by_value_until_it_is_redeemed() {
    let app = World::new().app();
    let offer = offer(&app, "112233", true).await;
    for _ in 0..2 {
        let answer = fetch(&app, &offer).await;
        assert_eq!(
            CredentialOffer::parse(&answer.assert_ok().body).unwrap(),
            offer.by_value
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
        // The transaction code goes by another channel.
        let tx_code = offer.tx_code.as_deref().unwrap();
        assert!(!String::from_utf8(answer.body).unwrap().contains(tx_code));
    }
    redeem(&app, &offer.code(), offer.tx_code.as_deref()).await.assert_ok();
    assert_eq!(fetch(&app, &offer).await.status, 404);
}

#[actix_web::test]
async fn an_offer_ends_after_ten_minutes() {
    let world = World::new();
    let app = world.app();
    let offer = offer(&app, "112233", false).await;
    world.clock.advance(600);
    assert_eq!(fetch(&app, &offer).await.status, 200);
    world.clock.advance(1);
    assert_eq!(fetch(&app, &offer).await.status, 404);
    let answer = redeem(&app, &offer.code(), None).await;
    answer.assert_refused(400, "invalid_grant", "code_expired");
}

#[actix_web::test]
async fn a_code_is_redeemed_once() {
    let app = World::new().app();
    let offer = offer(&app, "112233", false).await;
    redeem(&app, &offer.code(), None).await.assert_ok();
    let answer = redeem(&app, &offer.code(), None).await;
    answer.assert_refused(400, "invalid_grant", "code_consumed");
}

#[actix_web::test]
async fn four_wrong_transaction_codes_are_forgiven() {
    let app = World::new().app();
    let offer = offer(&app, "112233", true).await;
    for _ in 0..4 {
        let answer = redeem(&app, &offer.code(), Some(offer.wrong_tx_code())).await;
        answer.assert_refused(400, "invalid_grant", "tx_code_wrong");
    }
    redeem(&app, &offer.code(), offer.tx_code.as_deref()).await.assert_ok();
}

#[actix_web::test]
async fn the_fifth_wrong_transaction_code_burns_the_code_for_the_right_one_too() {
    let world = World::new();
    let app = world.app();
    let offer = offer(&app, "112233", true).await;
    for guess in 0..5 {
        // Another process counts on.
        let app = if guess == 3 { world.app() } else { app.clone() };
        let answer = redeem(&app, &offer.code(), Some(offer.wrong_tx_code())).await;
        answer.assert_refused(400, "invalid_grant", "tx_code_wrong");
    }
    let answer = redeem(&app, &offer.code(), offer.tx_code.as_deref()).await;
    answer.assert_refused(400, "invalid_grant", "code_locked");
}

/// OpenID4VCI §6.3; neither is a guess, so neither counts.
#[actix_web::test]
async fn a_missing_and_an_unexpected_transaction_code_are_invalid_requests() {
    let app = World::new().app();
    let with = offer(&app, "112233", true).await;
    for _ in 0..6 {
        let answer = redeem(&app, &with.code(), None).await;
        answer.assert_refused(400, "invalid_request", "tx_code_missing");
    }
    redeem(&app, &with.code(), with.tx_code.as_deref()).await.assert_ok();
    let without = offer(&app, "112233", false).await;
    let answer = redeem(&app, &without.code(), Some("123456")).await;
    answer.assert_refused(400, "invalid_request", "tx_code_unexpected");
    redeem(&app, &without.code(), None).await.assert_ok();
}

#[actix_web::test]
async fn an_issuer_without_anonymous_access_wants_a_name_and_a_key() {
    let app = World::new().app();
    let body = json!({ "credential_configuration_id": "extract", "subject": "112233" });
    let answer = manage(&app, "/v1/offers", PID_API_KEY, &body).await;
    let link = mahfada_openid4vci::CredentialOfferUri::parse(&answer.text("offer_uri")).unwrap();
    let mahfada_openid4vci::CredentialOfferUri::ByValue(offer) = link else {
        panic!("not by value");
    };
    let code = offer.grants.unwrap().pre_authorized_code.unwrap().pre_authorized_code;
    let anonymous = redemption(&code, None);
    let answer = public(&app, form_post(PID, "/token", anonymous)).await;
    answer.assert_refused(401, "invalid_client", "client_missing");
    let named = TokenRequest::PreAuthorizedCode {
        pre_authorized_code: mahfada_base::Secret::new(code),
        tx_code: None,
        client_id: Some("wallet".to_owned()),
    };
    // The code belongs to this issuer; another one does not know it.
    let answer = public(&app, form_post(CNSS, "/token", named.to_form())).await;
    answer.assert_refused(400, "invalid_grant", "code_unknown");
    let unbound = public(&app, form_post(PID, "/token", named.to_form())).await;
    unbound.assert_refused(400, "invalid_dpop_proof", "dpop_missing");
    let wallet = Wallet::at(PID, "strict", 1);
    public(&app, wallet.form(&app, "/token", named.to_form()))
        .await
        .assert_ok();
}

#[actix_web::test]
async fn offers_are_made_by_the_agency_for_its_own_configurations_and_subjects() {
    let app = World::new().app();
    let request = |configuration: &str, subject: &str| json!({ "credential_configuration_id": configuration, "subject": subject });
    for (key, body, status, code) in [
        ("wrong key", request("rights", "112233"), 401, "unauthorized"),
        (
            PID_API_KEY,
            request("rights", "112233"),
            400,
            "unknown_credential_configuration",
        ),
        (
            PID_API_KEY,
            request("pid", "112233"),
            400,
            "unknown_credential_configuration",
        ),
        (CNSS_API_KEY, request("rights", "999999"), 404, "unknown_subject"),
        (CNSS_API_KEY, json!({ "subject": 1 }), 400, "malformed"),
    ] {
        let answer = manage(&app, "/v1/offers", key, &body).await;
        assert_eq!((answer.status, answer.text("code").as_str()), (status, code));
    }
}
