//! The service from outside: over TLS on free ports, judged by the reader that issuers and verifiers use.

mod access;
mod description;
mod processes;
mod robust;
mod startup;

use std::sync::Arc;

use mahfada_base::ManualClock;
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_trust::{RegistrationError, ServiceStatus, TrustRole, TrustStore, UnverifiedRegistration};
use mahfada_web::config::EX_CONFIG;
use serde_json::{Value, json};

use crate::fixture::{API_KEY, CNSS, DGSN, Site, now};

const PID: TrustRole = TrustRole::PidIssuers;

fn status(store: &TrustStore, role: TrustRole) -> ServiceStatus {
    store.list(role).unwrap().entities()[0].services[0].status
}

fn sequence(store: &TrustStore) -> u64 {
    store.list(PID).unwrap().sequence()
}

fn suspend(organization: &str) -> String {
    format!("/v1/entities/{organization}/suspend")
}

#[tokio::test(flavor = "multi_thread")]
async fn publishes_lists_that_its_readers_accept() {
    let site = Site::new();
    let registry = site.start();
    let (store, _) = registry.trust().await;
    let list = store.list(PID).unwrap();
    let entity = &list.entities()[0];
    assert_eq!((list.sequence(), entity.organization_identifier.as_str()), (1, DGSN));
    assert_eq!(entity.name.get("fr"), Some("DGSN"));
    assert_eq!(entity.services[0].credential_types, ["urn:mahfada:pid:1"]);
    assert_eq!(registry.ready().await, 200);
    registry.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_is_published_before_the_answer_and_outlives_a_restart() {
    let site = Site::new();
    let registry = site.start();
    let (code, answer) = registry.post(&suspend(DGSN), Some(API_KEY), None).await;
    assert_eq!((code, &answer["lists"][0]["sequence"]), (200, &json!(2)));
    let (store, _) = registry.trust().await;
    assert_eq!((status(&store, PID), sequence(&store)), (ServiceStatus::Suspended, 2));
    assert_eq!(status(&store, TrustRole::RegistrationSigners), ServiceStatus::Granted);
    registry.stop().await;

    let registry = site.start();
    let (store, _) = registry.trust().await;
    assert_eq!((status(&store, PID), sequence(&store)), (ServiceStatus::Suspended, 2));
    let (code, _) = registry
        .post(&format!("/v1/entities/{DGSN}/reinstate"), Some(API_KEY), None)
        .await;
    assert_eq!(code, 200);
    let (store, _) = registry.trust().await;
    assert_eq!((status(&store, PID), sequence(&store)), (ServiceStatus::Granted, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_list_is_not_published_again() {
    let site = Site::new();
    let registry = site.start();
    let (code, answer) = registry.post("/v1/lists/publish", Some(API_KEY), None).await;
    assert_eq!((code, &answer["lists"][0]["published"]), (200, &json!(false)));
    registry.stop().await;
    let registry = site.start();
    assert_eq!(sequence(&registry.trust().await.0), 1);
}

#[tokio::test]
async fn a_list_is_renewed_when_half_its_life_is_over() {
    let (site, clock) = (Site::new(), Arc::new(ManualClock::new(now())));
    let storage = Arc::new(SqliteStorage::in_memory().unwrap());
    let registry = site.open(&storage, &clock).await.unwrap();
    let life = site.config().list_life().unwrap();
    for (advance, sequence) in [(life / 2 - 1, 1), (1, 2), (0, 2), (life, 3)] {
        clock.advance(advance);
        assert_eq!(
            registry.publish().await.into_result().unwrap()[&PID].sequence,
            sequence,
            "after {advance} s"
        );
    }
    assert!(registry.readiness().accepts());
    clock.advance(life);
    assert_eq!(registry.readiness().first_failure().unwrap().code, "list_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn management_asks_for_an_api_key() {
    let registry = Site::new().start();
    for path in [
        suspend(DGSN),
        format!("/v1/entities/{DGSN}/reinstate"),
        "/v1/lists/publish".to_owned(),
        "/v1/registrations".to_owned(),
    ] {
        for key in [None, Some("another key")] {
            assert_eq!(registry.post(&path, key, Some(json!({}))).await.0, 401, "{path}");
        }
    }
    assert_eq!(sequence(&registry.trust().await.0), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_organizations_and_ended_services_do_not_change() {
    let site = Site::new();
    site.write_entities("withdrawn");
    let registry = site.start();
    assert_eq!(
        registry.post(&suspend("NTRMA-NOBODY"), Some(API_KEY), None).await.0,
        404
    );
    let (code, problem) = registry.post(&suspend(CNSS), Some(API_KEY), None).await;
    assert_eq!((code, &problem["code"]), (409, &json!("irreversible")));
    let (store, _) = registry.trust().await;
    assert_eq!(status(&store, TrustRole::RegistrationSigners), ServiceStatus::Withdrawn);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_cacheable_and_readable_from_any_origin() {
    let registry = Site::new().start();
    for (path, cache) in [
        ("/root.json", "public, max-age=15"),
        ("/root/1.json", "public, max-age=31536000, immutable"),
        ("/lists/pid-issuers.jwt", "public, max-age=15"),
    ] {
        let answer = registry.get(path, None).await;
        let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(
            (answer.status().as_u16(), header("cache-control").as_str()),
            (200, cache),
            "{path}"
        );
        assert_eq!(header("access-control-allow-origin"), "*");
        let again = registry.get(path, Some(("if-none-match", &header("etag")))).await;
        assert_eq!((again.status().as_u16(), again.body().len()), (304, 0), "{path}");
        assert_eq!(registry.get(path, Some(("if-none-match", "\"x\""))).await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_published_is_not_found_and_not_kept() {
    let registry = Site::new().start();
    for path in [
        "/root/2.json",
        "/root/x.json",
        "/lists/status-signers.jwt",
        "/lists/nothing.jwt",
        "/v1/lists/publish",
    ] {
        let answer = registry.get(path, None).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_document_is_followed_by_its_successor_only() {
    let site = Site::new();
    site.start().stop().await;

    site.write("root.json", site.root(3, &site.officers));
    assert_eq!(site.refused().await.exit_code(), EX_CONFIG, "version 2 is missing");
    site.write("root.json", site.root(2, &site.officers[..1]));
    assert_eq!(site.refused().await.exit_code(), EX_CONFIG, "one officer of two");
    site.write("root.json", site.root(2, &site.officers));
    let registry = site.start();
    assert_eq!(registry.trust().await.0.root().document().version, 2);
    registry.stop().await;

    site.write("root.json", site.root(2, &site.officers[..2]));
    let refused = mahfada_web::fault::chain(&site.refused().await);
    assert!(refused.contains("another root document of version 2"), "{refused}");
}

fn registration() -> Value {
    json!({
        "organization": "NTRMA-CLINIC", "name": "Clinic", "privacy_policy": "https://clinic.example/privacy",
        "purpose": [{"lang": "fr", "value": "Ouvrir le dossier"}],
        "credentials": [{
            "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:mahfada:pid:1"]}, "claim": [{"path": ["family_name"]}],
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_holds_for_its_relying_party() {
    let registry = Site::new().start();
    let (code, answer) = registry
        .post("/v1/registrations", Some(API_KEY), Some(registration()))
        .await;
    assert_eq!(code, 201, "{answer}");
    let (store, _) = registry.trust().await;
    let verify = |organization: &str| {
        let text = answer["registration"].as_str().unwrap();
        UnverifiedRegistration::parse(text)
            .unwrap()
            .verify(&store, organization, now(), &PROVIDER)
    };
    let verified = verify("NTRMA-CLINIC").unwrap();
    assert_eq!(verified.purpose("fr"), Some("Ouvrir le dossier"));
    assert!(matches!(verify("NTRMA-OTHER"), Err(RegistrationError::Subject)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_without_purpose_or_for_too_long_is_refused() {
    let registry = Site::new().start();
    let text = |value: &str| json!([{ "lang": "fr", "value": value }]);
    let credential = |types: Value| json!([{ "format": "dc+sd-jwt", "meta": { "vct_values": types } }]);
    for (member, value, path) in [
        ("purpose", json!([]), "purpose"),
        ("purpose", text(" "), "purpose[0].value"),
        ("purpose", text("Ouvrir\u{202E}"), "purpose[0].value"),
        ("purpose", json!([{ "lang": "", "value": "x" }]), "purpose[0].lang"),
        ("srv_description", text("a\u{0}"), "srv_description[0].value"),
        ("credentials", json!([]), "credentials"),
        ("credentials", credential(json!([])), "credentials[0].meta.vct_values"),
        (
            "credentials",
            json!([{ "format": "", "meta": {} }]),
            "credentials[0].format",
        ),
        ("organization", json!(""), "organization"),
        ("organization", json!("x".repeat(1025)), "organization"),
        ("name", json!("Clinic\n"), "name"),
        ("privacy_policy", json!("http://clinic.example"), "privacy_policy"),
        ("privacy_policy", json!("https://"), "privacy_policy"),
        ("support_uri", json!("javascript:alert(1)"), "support_uri"),
        ("valid_days", json!(367), "valid_days"),
        ("valid_days", json!(0), "valid_days"),
    ] {
        let mut request = registration();
        request[member] = value;
        let (code, problem) = registry.post("/v1/registrations", Some(API_KEY), Some(request)).await;
        let expected = (400, &json!("registration_request"), &json!(path));
        assert_eq!((code, &problem["code"], &problem["path"]), expected, "{problem}");
    }
    let mut request = registration();
    request["name"] = json!(7);
    let (code, problem) = registry.post("/v1/registrations", Some(API_KEY), Some(request)).await;
    assert_eq!((code, &problem["code"]), (400, &json!("malformed")));
}
