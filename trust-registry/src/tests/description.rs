//! What the service says of itself: its API, its numbers, its configuration.

use std::path::Path;

use mahfada_web::openapi::{to_text, verify_checked_in};
use serde_json::{Value, json};

use super::registration;
use crate::config::{Config, Right};
use crate::fixture::{API_KEY, DGSN, Site};
use crate::openapi::document;
use crate::registry::EntityEntry;

#[test]
fn the_checked_in_description_is_the_present_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/openapi/trust-registry.json");
    verify_checked_in(&path, &document()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_served_and_each_of_its_paths_needs_a_key() {
    let registry = Site::new().start();
    let (status, media_type, text) = registry.look("/openapi.json", None).await;
    assert_eq!((status, media_type.as_str()), (200, "application/json"));
    assert_eq!(text, to_text(&document()).unwrap());
    let api: Value = serde_json::from_str(&text).unwrap();
    let mut operations = 0;
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            let path = path.replace("{organization}", DGSN);
            let status = match method.as_str() {
                "get" => registry.look(&path, None).await.0,
                "post" => registry.post(&path, None, None).await.0,
                other => panic!("{other}"),
            };
            assert_eq!(status, 401, "{path}");
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let problem = &answer["content"]["application/problem+json"]["schema"]["$ref"];
                let expected = !status.starts_with('2');
                assert_eq!(problem == "#/components/schemas/Problem", expected, "{path} {status}");
            }
        }
    }
    assert_eq!(operations, 5);
    assert_eq!(api["security"], json!([{ "api_key": [] }]));
}

#[test]
fn every_member_of_a_registration_is_described() {
    let api = serde_json::to_value(document()).unwrap();
    let members = api["components"]["schemas"]["RegistrationRequest"]["properties"].clone();
    for (member, schema) in members.as_object().unwrap() {
        assert!(schema["description"].is_string(), "{member}: {schema}");
    }
    for member in registration().as_object().unwrap().keys() {
        assert!(members[member].is_object(), "{member}: {members}");
    }
    assert_eq!(members["valid_days"]["maximum"], 366);
    assert_eq!(
        members["credentials"]["items"]["properties"]["meta"]["required"],
        json!(["vct_values"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_hear_which_ones_are_allowed() {
    let registry = Site::new().start();
    for (management, method, path, allow) in [
        (false, "POST", "/root.json", "GET, HEAD"),
        (false, "DELETE", "/root/1.json", "GET, HEAD"),
        (false, "PUT", "/lists/pid-issuers.jwt", "GET, HEAD"),
        (true, "GET", "/v1/lists/publish", "POST"),
        (true, "POST", "/v1/entities", "GET, HEAD"),
        (true, "GET", "/v1/entities/x/suspend", "POST"),
        (true, "GET", "/v1/entities/x/reinstate", "POST"),
        (true, "PATCH", "/v1/registrations", "POST"),
    ] {
        let answer = registry.wrong_method(management, method, path).await;
        assert_eq!(answer, (405, allow.to_owned()), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_say_how_old_the_lists_are_and_name_nobody() {
    let registry = Site::new().start();
    registry.get("/lists/pid-issuers.jwt", None).await;
    registry.get("/canary", None).await;
    registry
        .post(&format!("/v1/entities/{DGSN}/suspend"), Some(API_KEY), None)
        .await;
    let (status, media_type, numbers) = registry.look("/metrics", None).await;
    assert_eq!(status, 200);
    assert!(media_type.starts_with("application/openmetrics-text"), "{media_type}");
    let value = |name: &str| {
        let line = numbers.lines().find(|line| line.starts_with(name)).expect(name);
        line.rsplit(' ').next().unwrap().parse::<i64>().unwrap()
    };
    for list in ["pid-issuers", "registration-signers"] {
        assert!(value(&format!("mahfada_trust_list_age_seconds{{list=\"{list}\"}}")) < 60);
        let left = value(&format!("mahfada_trust_list_next_update_seconds{{list=\"{list}\"}}"));
        assert!((86_300..=86_400).contains(&left), "{left}");
    }
    for kind in ["list_signing", "registration_signing", "root_document"] {
        let left = value(&format!("mahfada_cert_expiry_seconds{{kind=\"{kind}\"}}"));
        assert!((2_591_900..=2_592_000).contains(&left), "{kind} {left}");
    }
    assert!(numbers.contains(r#"route="/lists/{slug}.jwt""#), "{numbers}");
    assert!(
        numbers.contains(r#"route="/v1/entities/{organization}/suspend""#),
        "{numbers}"
    );
    for canary in ["canary", DGSN, API_KEY, "dgssi"] {
        assert!(!numbers.contains(canary), "{canary}\n{numbers}");
    }
    assert_eq!(registry.get("/metrics", None).await.status(), 404);
    assert_eq!(registry.get("/openapi.json", None).await.status(), 404);
}

#[test]
fn every_key_of_the_configuration_is_described() {
    let mut keys = 0;
    for schema in [schemars::schema_for!(Config), schemars::schema_for!(EntityEntry)] {
        let schema = schema.to_value();
        let mut objects = vec![&schema];
        objects.extend(schema["$defs"].as_object().unwrap().values());
        for (key, value) in objects
            .iter()
            .filter_map(|object| object["properties"].as_object())
            .flatten()
        {
            assert!(value["description"].is_string(), "{key}: {value}");
            keys += 1;
        }
    }
    assert!(keys > 35, "{keys}");
    let rights = schemars::schema_for!(Right).to_value();
    assert_eq!(rights["oneOf"].as_array().unwrap().len(), 3, "{rights}");
}
