//! Metadata, plain and signed, and what may be cached (TI-35).

use actix_web::test::TestRequest;
use mahfada_crypto::SignatureAlgorithm;
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_jose::{Expectation, UnverifiedJws};
use serde_json::{Value, json};

use crate::fixture::wallet::{identified_body, nonce};
use crate::fixture::{CNSS, PID, Wallet, World, card, public};

const ISSUER_METADATA: &str = "/.well-known/openid-credential-issuer/pid";

#[actix_web::test]
async fn signed_metadata_says_what_plain_metadata_says_and_who_says_so() {
    let world = World::new();
    let app = world.app();
    let plain = public(&app, TestRequest::get().uri(ISSUER_METADATA)).await;
    let request = TestRequest::get()
        .uri(ISSUER_METADATA)
        .insert_header(("accept", "application/jwt, application/json;q=0.5"));
    let signed = public(&app, request).await;
    assert_eq!(signed.headers["content-type"], "application/jwt");
    let expectation = Expectation {
        typ: &["openidvci-issuer-metadata+jwt"],
        algorithms: &[SignatureAlgorithm::Es256],
    };
    let jws = UnverifiedJws::parse(&String::from_utf8(signed.body).unwrap())
        .unwrap()
        .verify(&world.leaf("pid"), &expectation, &PROVIDER)
        .unwrap();
    assert_eq!(jws.header().x5c.as_ref().unwrap().len(), 1);
    let mut claims: Value = jws.claims().unwrap();
    let members = claims.as_object_mut().unwrap();
    assert_eq!(members.remove("sub"), Some(json!(PID)));
    assert_eq!(members.remove("iat"), Some(json!(world.now())));
    assert_eq!(claims, plain.json());
}

#[actix_web::test]
async fn metadata_names_the_endpoints_and_nothing_that_is_not_offered() {
    let app = World::new().app();
    let metadata = public(&app, TestRequest::get().uri(ISSUER_METADATA)).await.json();
    assert_eq!(metadata["credential_issuer"], PID);
    assert_eq!(metadata["credential_endpoint"], format!("{PID}/credential"));
    assert_eq!(metadata["nonce_endpoint"], format!("{PID}/nonce"));
    assert_eq!(metadata["batch_credential_issuance"]["batch_size"], 10);
    let configuration = &metadata["credential_configurations_supported"]["pid"];
    assert_eq!(configuration["vct"], "urn:mahfada:pid:1");
    let server = |slug: &'static str| {
        let app = app.clone();
        async move {
            let path = format!("/.well-known/oauth-authorization-server/{slug}");
            public(&app, TestRequest::get().uri(&path)).await.json()
        }
    };
    let (pid, cnss) = (server("pid").await, server("cnss").await);
    assert_eq!(
        pid["authorization_challenge_endpoint"],
        format!("{PID}/authorization-challenge")
    );
    assert_eq!(pid.get("pre-authorized_grant_anonymous_access_supported"), None);
    assert_eq!(pid["code_challenge_methods_supported"], json!(["S256"]));
    for server in [&pid, &cnss] {
        assert_eq!(server["token_endpoint_auth_methods_supported"], json!(["none"]));
        assert_eq!(
            server["authorization_details_types_supported"],
            json!(["openid_credential"])
        );
    }
    assert_eq!(cnss["issuer"], CNSS);
    assert_eq!(cnss.get("authorization_challenge_endpoint"), None);
    assert_eq!(cnss["pre-authorized_grant_anonymous_access_supported"], true);
}

#[actix_web::test]
async fn nothing_that_is_for_one_wallet_is_stored_on_its_way() {
    let world = World::new();
    let app = world.app();
    let wallet = Wallet::new("cache", 1);
    let form = wallet.initial().to_form();
    let challenge = public(&app, wallet.form(&app, "/authorization-challenge", form)).await;
    let challenged = wallet.start(&app).await;
    let code = wallet.tap(&app, &challenged, card(1).chip()).await;
    let token = wallet.redeem(&app, &code.text("authorization_code")).await;
    let nonces = public(&app, TestRequest::post().uri("/pid/nonce")).await;
    let fresh = nonce(&app, PID).await;
    let text = token.text("access_token");
    let body = identified_body(&app, &text, &wallet.proofs(&fresh, world.now()));
    let credential = public(&app, wallet.credential_post(&app, &text, &body)).await;
    assert_eq!(credential.status, 200);
    for answer in [challenge, code, token, nonces, credential] {
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}

#[actix_web::test]
async fn another_method_and_another_path_are_refused() {
    let app = World::new().app();
    for (request, status) in [
        (TestRequest::get().uri("/pid/token"), 405),
        (TestRequest::get().uri("/pid/nonce"), 405),
        (TestRequest::post().uri(ISSUER_METADATA), 405),
        (TestRequest::get().uri("/v1/issuances"), 404),
        (TestRequest::get().uri("/livez"), 404),
        (TestRequest::get().uri("/.well-known/openid-credential-issuer/x"), 404),
    ] {
        let answer = public(&app, request).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.contains_key("allow"), status == 405);
    }
}
