//! Authorization codes at the token endpoint (TI-01, TI-26, TI-28; RFC 6749 §4.1.2).

use mahfada_base::Secret;
use mahfada_oauth2::{CodeVerifier, TokenRequest};

use crate::fixture::wallet::form_post;
use crate::fixture::{CNSS, NOW, PID, Wallet, World, public};

#[actix_web::test]
async fn a_second_use_is_refused_and_revokes_what_the_first_one_bought() {
    let app = World::new().app();
    let wallet = Wallet::new("twice", 1);
    let code = wallet.code(&app).await;
    let answer = wallet.redeem(&app, &code).await;
    let token = answer.assert_ok().text("access_token");
    assert_eq!(answer.text("token_type"), "DPoP");
    let answer = wallet.redeem(&app, &code).await;
    answer.assert_refused(400, "invalid_grant", "code_consumed");
    let answer = wallet.credentials(&app, &token).await;
    answer.assert_refused(401, "invalid_token", "token_unusable");
}

#[actix_web::test]
async fn a_stranger_with_a_copy_of_the_code_neither_redeems_nor_revokes() {
    let app = World::new().app();
    let (owner, thief) = (Wallet::new("owner", 1), Wallet::new("thief", 1));
    let code = owner.code(&app).await;
    let thief_with_everything_but_the_key = Wallet {
        client_id: owner.client_id.clone(),
        verifier: owner.verifier.clone(),
        ..thief
    };
    let without_verifier = TokenRequest::AuthorizationCode {
        code: Secret::new(code.clone()),
        code_verifier: CodeVerifier::parse(&"v".repeat(43)).unwrap(),
        redirect_uri: None,
        client_id: owner.client_id.clone(),
    };
    let other_client = TokenRequest::AuthorizationCode {
        code: Secret::new(code.clone()),
        code_verifier: owner.verifier.clone(),
        redirect_uri: None,
        client_id: "another".to_owned(),
    };
    let mut token = None;
    // Before the code is redeemed, and after.
    for _ in 0..2 {
        let answer = thief_with_everything_but_the_key.redeem(&app, &code).await;
        answer.assert_refused(400, "invalid_grant", "binding_mismatch");
        for (request, reason) in [(&without_verifier, "pkce"), (&other_client, "client_mismatch")] {
            let request = owner.form(&app, "/token", request.to_form());
            let answer = public(&app, request).await;
            answer.assert_refused(400, "invalid_grant", reason);
        }
        if token.is_none() {
            let answer = owner.redeem(&app, &code).await;
            token = Some(answer.assert_ok().text("access_token"));
        }
    }
    owner.credentials(&app, &token.unwrap()).await.assert_ok();
}

#[actix_web::test]
async fn a_code_is_good_for_sixty_seconds() {
    for (late, accepted) in [(60, true), (61, false)] {
        let world = World::new();
        let app = world.app();
        let wallet = Wallet::new("slow", 1);
        let code = wallet.code(&app).await;
        world.clock.advance(late);
        let answer = wallet.redeem(&app, &code).await;
        if accepted {
            answer.assert_ok();
        } else {
            answer.assert_refused(400, "invalid_grant", "code_expired");
        }
    }
}

#[actix_web::test]
async fn a_code_is_unknown_to_another_issuer() {
    let app = World::new().app();
    let wallet = Wallet::new("elsewhere", 1);
    let code = wallet.code(&app).await;
    let elsewhere = Wallet { issuer: CNSS, ..wallet };
    let answer = elsewhere.redeem(&app, &code).await;
    answer.assert_refused(400, "invalid_grant", "code_unknown");
}

#[actix_web::test]
async fn a_code_of_the_card_needs_a_proof_of_its_key() {
    let app = World::new().app();
    let wallet = Wallet::new("bearer", 1);
    let code = wallet.code(&app).await;
    let form = wallet.redemption(&code).to_form();
    let answer = public(&app, form_post(PID, "/token", form)).await;
    answer.assert_refused(400, "invalid_dpop_proof", "dpop_missing");
}

#[actix_web::test]
async fn a_proof_buys_one_token() {
    let app = World::new().app();
    let wallet = Wallet::new("replay", 1);
    let proof = wallet.dpop(&format!("{PID}/token"), None, NOW);
    let post =
        |code: &str| form_post(PID, "/token", wallet.redemption(code).to_form()).insert_header(("dpop", proof.clone()));
    let (first, second) = (wallet.code(&app).await, wallet.code(&app).await);
    public(&app, post(&first)).await.assert_ok();
    let answer = public(&app, post(&second)).await;
    answer.assert_refused(400, "invalid_dpop_proof", "dpop_replayed");
    // The refusal left the second code alone.
    wallet.redeem(&app, &second).await.assert_ok();
}

#[actix_web::test]
async fn requests_that_are_none_are_refused() {
    let app = World::new().app();
    let wallet = Wallet::new("malformed", 1);
    let form = wallet.redemption("code").to_form();
    for (form, error, code) in [
        (format!("{form}&code=other"), "invalid_request", "duplicate_parameter"),
        (
            form.replace("code_verifier=", "verifier="),
            "invalid_request",
            "parameter_missing",
        ),
        (
            form.replace("grant_type=authorization_code", "grant_type=password"),
            "unsupported_grant_type",
            "unsupported_grant_type",
        ),
        (form, "invalid_grant", "code_unknown"),
    ] {
        let answer = public(&app, wallet.form(&app, "/token", form)).await;
        answer.assert_refused(400, error, code);
    }
}
