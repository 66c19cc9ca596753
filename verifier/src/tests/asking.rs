//! What an agency may ask, by query or by name, and where a refusal points.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use mahfada_openid4vp::AuthorizationErrorResponse;
use serde_json::{Value, json};

use super::fixture::{PID, pid_query};
use super::scene::{ACCOUNT, Answer, Created, FORM, Scene, saved};
use crate::app::RegistrationCheck;

async fn ask(scene: &Scene, body: &Value, key: &str) -> Answer {
    let request = TestRequest::post().uri("/v1/presentations").set_json(body);
    scene.management(request, key).await
}

fn asking_for(paths: &[Value]) -> Value {
    let mut query = pid_query();
    query["credentials"][0]["claims"] = paths.iter().map(|path| json!({"path": path})).collect();
    query
}

#[actix_web::test]
async fn a_saved_query_is_asked_by_its_name() {
    let scene = Scene::new();
    let body = json!({"saved_query": ACCOUNT, "flow": "cross_device"});
    let answer = ask(&scene, &body, "bank-key").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let created = Created(answer.json());
    let request = scene.request(&created).await;
    assert_eq!(request.query(), &super::fixture::query(&pid_query()));
    assert_eq!(
        scene.post(&request, scene.good_answer(&request)).await.status,
        StatusCode::OK
    );
    assert_eq!(scene.view(&created).await["accepted"], true);
}

#[actix_web::test]
async fn saved_queries_are_listed_for_their_own_agency() {
    let scene = Scene::new();
    let list = async |key: &str| {
        let request = TestRequest::get().uri("/v1/saved-queries");
        scene.management(request, key).await
    };
    let listed = list("bank-key").await.json();
    assert_eq!(listed["saved_queries"][0]["name"], ACCOUNT);
    assert_eq!(listed["saved_queries"][0]["purpose"], json!({"fr": "Ouvrir un compte"}));
    assert_eq!(
        listed["saved_queries"][0]["query"]["credentials"][0]["meta"]["vct_values"],
        json!([PID])
    );
    assert_eq!(list("town-key").await.json(), json!({"saved_queries": []}));
    assert_eq!(list("guessed").await.status, StatusCode::UNAUTHORIZED);
    let body = json!({"saved_query": ACCOUNT, "flow": "cross_device"});
    let theirs = ask(&scene, &body, "town-key").await.json();
    assert_eq!(theirs["code"], "unknown_saved_query", "the name is another agency's");
}

#[actix_web::test]
async fn exactly_one_of_query_and_saved_query_is_taken() {
    let scene = Scene::new();
    for body in [
        json!({"flow": "cross_device"}),
        json!({"query": null, "saved_query": null, "flow": "cross_device"}),
        json!({"query": pid_query(), "saved_query": ACCOUNT, "flow": "cross_device"}),
    ] {
        let problem = ask(&scene, &body, "bank-key").await.json();
        assert_eq!(
            (&problem["code"], &problem["path"]),
            (&json!("malformed"), &json!("$.query"))
        );
    }
    let unknown = json!({"saved_query": "other", "flow": "cross_device"});
    let problem = ask(&scene, &unknown, "bank-key").await.json();
    assert_eq!(
        (&problem["code"], &problem["path"]),
        (&json!("unknown_saved_query"), &json!("$.saved_query"))
    );
}

#[actix_web::test]
async fn a_refusal_points_to_its_place_and_speaks_three_languages() {
    let scene = Scene::changed(RegistrationCheck::Enforced, |app| {
        let greedy = asking_for(&[json!(["family_name"]), json!(["given_name"])]);
        app.agencies[0].saved_queries.push(saved("greedy", &greedy));
    });
    let mut other_format = pid_query();
    other_format["credentials"][0]["format"] = json!("mso_mdoc");
    let mut other_type = pid_query();
    other_type["credentials"][0]["meta"]["vct_values"] = json!(["urn:other"]);
    let by_query = |query: Value| json!({"query": query, "flow": "cross_device"});
    let long = "a".repeat(501);
    for (body, code, check, path) in [
        (
            by_query(json!({"credentials": []})),
            "invalid_query",
            json!("query"),
            "$.query",
        ),
        (
            by_query(asking_for(&[json!(["family_name"]), json!(["nationalities", 0])])),
            "invalid_query",
            json!("query"),
            "$.query.credentials[0].claims[1].path",
        ),
        (
            by_query(other_format),
            "vp_formats_not_supported",
            json!("query"),
            "$.query.credentials[0].format",
        ),
        (
            by_query(asking_for(&[json!(["family_name"]), json!(["given_name"])])),
            "purpose_not_registered",
            json!("registration"),
            "$.query.credentials[0].claims[1].path",
        ),
        (
            by_query(other_type),
            "purpose_not_registered",
            json!("registration"),
            "$.query.credentials[0].meta",
        ),
        (
            json!({"saved_query": "greedy", "flow": "cross_device"}),
            "purpose_not_registered",
            json!("registration"),
            "$.saved_query",
        ),
        (
            json!({"query": pid_query(), "flow": "cross_device", "purpose": long}),
            "purpose",
            Value::Null,
            "$.purpose",
        ),
    ] {
        let problem = ask(&scene, &body, "bank-key").await.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(
            (&problem["check"], &problem["path"]),
            (&check, &json!(path)),
            "{problem}"
        );
        for language in ["ar", "fr", "en"] {
            assert!(problem["texts"][language]["what_to_do"].is_string(), "{problem}");
        }
    }
    let stranger = ask(&scene, &by_query(pid_query()), "town-key").await.json();
    assert_eq!(
        (&stranger["code"], &stranger["check"]),
        (&json!("registration_subject"), &json!("registration"))
    );
}

#[actix_web::test]
async fn the_answer_has_the_link_as_a_code_to_scan() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let expected = mahfada_web::qr::svg(created.text("deep_link")).unwrap();
    assert_eq!(created.text("qr"), expected);
    assert!(expected.starts_with("<svg"));
}

#[actix_web::test]
async fn a_wallet_that_posts_nothing_gets_the_request_too() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let bare = TestRequest::post().uri(created.request_path());
    let answer = scene.public(bare).await;
    scene.verify(&answer, None);
    let empty_form = TestRequest::post()
        .uri(created.request_path())
        .insert_header(("content-type", FORM));
    scene.verify(&scene.public(empty_form).await, None);
    // A body without a media type is no form, whatever it looks like.
    let untyped = TestRequest::post()
        .uri(created.request_path())
        .set_payload("wallet_nonce=abc");
    assert_eq!(scene.public(untyped).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let other = TestRequest::post()
        .uri(created.request_path())
        .insert_header(("content-type", "application/json"));
    assert_eq!(scene.public(other).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[actix_web::test]
async fn every_error_word_of_the_specification_reaches_the_agency() {
    let scene = Scene::new();
    for (word, expected) in [
        ("invalid_request_uri_method", "invalid_request_uri_method"),
        ("wallet_unavailable", "wallet_unavailable"),
        ("Alami said no", "wallet_error"),
    ] {
        let created = scene.create("cross_device").await;
        let request = scene.request(&created).await;
        let error = AuthorizationErrorResponse {
            error: word.to_owned(),
            state: request.state().map(str::to_owned),
        };
        assert_eq!(scene.post(&request, error.to_form()).await.status, StatusCode::OK);
        assert_eq!(scene.view(&created).await["reason"], expected);
    }
}
