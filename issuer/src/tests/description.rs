//! What the service says of itself: its API, its numbers, its configuration (INV-7).

use std::path::Path;
use std::sync::Arc;

use actix_web::ResponseError as _;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use mahfada_web::body::BodyError;
use mahfada_web::openapi::{to_text, verify_checked_in};
use serde_json::{Value, json};

use crate::app::App;
use crate::config::Config;
use crate::fixture::wallet::{json_post, nonce, request_body};
use crate::fixture::{CNSS, CNSS_API_KEY, NOW, Wallet, World, manage, management, offer, public, show};
use crate::openapi::document;
use crate::serve::configure_management;

#[test]
fn the_checked_in_description_is_the_present_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/openapi/issuer.json");
    verify_checked_in(&path, &document()).unwrap();
}

#[actix_web::test]
async fn every_path_of_the_description_is_there_and_needs_a_key() {
    let app = World::new().app();
    let text = to_text(&document()).unwrap();
    let api: Value = serde_json::from_str(&text).unwrap();
    let mut operations = 0;
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            let path = path.replace("{id}", "1").replace("{action}", "revoke");
            let request = match method.as_str() {
                "get" => TestRequest::get(),
                "post" => TestRequest::post(),
                other => panic!("{other}"),
            };
            let answer = management(&app, request.uri(&path)).await;
            assert_eq!(
                (answer.status, answer.text("code").as_str()),
                (401, "unauthorized"),
                "{path}"
            );
            assert_eq!(answer.headers["www-authenticate"], r#"Bearer realm="management""#);
            let refusals = operation["responses"].as_object().unwrap();
            let problem = &refusals["401"]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem");
        }
    }
    assert_eq!(operations, 7);
    assert_eq!(api["components"]["securitySchemes"]["api_key"]["scheme"], "bearer");
    assert_eq!(api["security"], json!([{ "api_key": [] }]));
}

#[actix_web::test]
async fn the_description_is_open_to_everybody_on_the_management_port_only() {
    let app = World::new().app();
    let document: Arc<str> = to_text(&document()).unwrap().into();
    let service = actix_web::App::new().configure(|config| configure_management(config, &app, &document));
    let service = init_service(service).await;
    let get = |path: &str| TestRequest::get().uri(path);
    for path in ["/openapi.json", "/metrics", "/livez"] {
        let answer = call_service(&service, get(path).to_request()).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(public(&app, get(path)).await.status, 404, "{path}");
    }
    // The stream does not end, so only its head is looked at.
    let stream = get("/v1/events").insert_header(("authorization", format!("Bearer {CNSS_API_KEY}")));
    let answer = call_service(&service, stream.to_request()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers().get("content-type").unwrap(), "text/event-stream");
}

#[actix_web::test]
async fn the_numbers_say_what_happened_and_nothing_about_anybody() {
    let app = World::new().app();
    let wallet = Wallet::new("numbers", 1);
    let token = wallet.token(&app).await;
    let answer = wallet.credentials(&app, &token).await;
    let credential = answer.assert_ok().json()["credentials"][0]["credential"].clone();
    let offer = offer(&app, "112233", true).await;
    let stock = Wallet::at(CNSS, "stock", 1);
    let redeemed = crate::fixture::agency::redeem(&app, &offer.code(), offer.tx_code.as_deref()).await;
    let bearer = redeemed.text("access_token");
    let used = nonce(&app, CNSS).await;
    let body = request_body("rights", &stock.proofs(&used, NOW));
    for status in [200, 400] {
        let request =
            json_post(CNSS, "/credential", &body).insert_header(("authorization", format!("Bearer {bearer}")));
        assert_eq!(public(&app, request).await.status, status);
    }
    let view = show(&app, &format!("/v1/offers/{}", offer.id), CNSS_API_KEY).await;
    let issuance = view.text("issuance_id");
    manage(
        &app,
        &format!("/v1/issuances/{issuance}/revoke"),
        CNSS_API_KEY,
        &json!({ "reason": "test" }),
    )
    .await;
    public(&app, TestRequest::get().uri("/cnss/status/1")).await;
    public(&app, TestRequest::get().uri("/112233/Canary")).await;
    let answer = management(&app, TestRequest::get().uri("/metrics")).await;
    let numbers = String::from_utf8(answer.assert_ok().body.clone()).unwrap();
    for line in [
        r#"mahfada_issuance_total{type="pid",format="dc+sd-jwt",outcome="issued"} 1"#,
        r#"mahfada_issuance_total{type="rights",format="dc+sd-jwt",outcome="issued"} 1"#,
        r#"mahfada_issuance_total{type="unknown",format="dc+sd-jwt",outcome="refused"} 1"#,
        "mahfada_nonce_replay_total 1",
        r#"mahfada_status_list_capacity_used_ratio{list="cnss"} 0.000244140625"#,
        r#"mahfada_status_list_age_seconds{list="cnss"} 0"#,
        r#"mahfada_cert_expiry_seconds{kind="credential_signing"} 2592000"#,
        r#"mahfada_cert_expiry_seconds{kind="status_signing"} 2592000"#,
        "mahfada_webhook_backlog 0",
    ] {
        assert!(numbers.contains(line), "{line}\n{numbers}");
    }
    assert!(numbers.contains(r#"route="/{slug}/credential""#), "{numbers}");
    for canary in [
        "Canary",
        "112233",
        "EL FASSI",
        "BK123456",
        &token,
        &bearer,
        &offer.id,
        &offer.code(),
        offer.tx_code.as_deref().unwrap(),
        &issuance,
        &wallet.client_id,
        credential.as_str().unwrap(),
    ] {
        assert!(!numbers.contains(canary), "{canary}\n{numbers}");
    }
}

/// Counting reads every entry of a list, so whoever scrapes often does not count often.
#[actix_web::test]
async fn the_use_of_a_list_is_counted_once_in_a_minute() {
    async fn used(app: &Data<App>) -> String {
        let answer = management(app, TestRequest::get().uri("/metrics")).await;
        let numbers = String::from_utf8(answer.assert_ok().body.clone()).unwrap();
        let name = r#"mahfada_status_list_capacity_used_ratio{list="pid"} "#;
        let line = numbers.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{numbers}")).to_owned()
    }
    let world = World::new();
    let app = world.app();
    let none = used(&app).await;
    let wallet = Wallet::new("counted", 1);
    let token = wallet.token(&app).await;
    wallet.credentials(&app, &token).await.assert_ok();
    assert_eq!(used(&app).await, none);
    world.clock.advance(59);
    assert_eq!(used(&app).await, none);
    world.clock.advance(1);
    let one = used(&app).await;
    assert_ne!(one, none);
    // A clock that was set back does not stop the counting.
    let token = wallet.token(&app).await;
    wallet.credentials(&app, &token).await.assert_ok();
    world.clock.advance(-30);
    assert_ne!(used(&app).await, one);
}

#[test]
fn every_refusal_of_a_body_is_described() {
    let text = to_text(&document()).unwrap();
    let api: Value = serde_json::from_str(&text).unwrap();
    let methods = api["paths"].as_object().unwrap().values();
    let operations = methods.flat_map(|methods| methods.as_object().unwrap().values());
    let mut with_body = 0;
    for operation in operations.filter(|operation| operation.get("requestBody").is_some()) {
        with_body += 1;
        for error in [BodyError::TooLong, BodyError::MediaType, BodyError::Incomplete] {
            let status = error.status_code();
            let described = operation["responses"][status.as_str()]["description"].as_str().unwrap();
            let code = format!("`{}`", error.code());
            assert!(described.contains(&code), "{}: {described}", operation["operationId"]);
        }
    }
    assert_eq!(with_body, 2);
}

#[test]
fn every_key_of_the_configuration_is_described() {
    let schema = schemars::schema_for!(Config);
    let schema = schema.as_value();
    let mut objects = vec![("Config".to_owned(), schema)];
    objects.extend(
        schema["$defs"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, one)| (name.clone(), one)),
    );
    let mut keys = 0;
    for (name, object) in objects {
        for (key, value) in object["properties"].as_object().into_iter().flatten() {
            assert!(value["description"].is_string(), "{name}.{key}: {value}");
            keys += 1;
        }
    }
    assert!(keys > 40, "{keys}");
}

#[test]
fn debug_texts_hold_no_claim() {
    let world = World::new();
    let app = world.app();
    let text = format!("{app:?}");
    assert!(text.contains("CsvRegister(2 subjects)") && !text.contains("Canary") && !text.contains("112233"));
    let claims = json!({ "family_name": "Canary" });
    let grant = crate::issuance::subject::Grant::by_card(claims.as_object().unwrap().clone());
    let register = crate::issuance::subject::Grant::by_offer("112233".to_owned());
    assert_eq!(
        format!("{:?} {:?}", grant.subject, register.subject),
        "Card(…) Register(…)"
    );
}
