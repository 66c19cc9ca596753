//! Requests that nobody sends by accident.

use serde_json::json;

use super::{registration, status, suspend};
use crate::fixture::{API_KEY, CNSS, DGSN, Site, now};

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_of_any_form_is_unknown_and_never_an_error_of_ours() {
    let registry = Site::new().start();
    for organization in ["%00", "%FF", "..%2F..", "%20", "%0A", &"a".repeat(8_000), "%7B%7D"] {
        for action in ["suspend", "reinstate"] {
            let path = format!("/v1/entities/{organization}/{action}");
            let (code, problem) = registry.post(&path, Some(API_KEY), None).await;
            let short = &path[..path.len().min(40)];
            assert_eq!((code, &problem["code"]), (404, &json!("not_found")), "{short}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_has_one_address() {
    let registry = Site::new().start();
    let huge = format!("/root/{}.json", "9".repeat(8_000));
    for path in [
        "/root/01.json",
        "/root/+1.json",
        "/root/0.json",
        "/root/-1.json",
        "/root/1.0.json",
        "/root/%31%00.json",
        "/root/18446744073709551615.json",
        "/root/18446744073709551616.json",
        &huge,
        "/lists/PID-issuers.jwt",
        "/lists/pid-issuers.jwt.jwt",
        "/lists/..%2Froot.jwt",
        "/lists/%FF.jwt",
    ] {
        let answer = registry.get(path, None).await;
        let short = &path[..path.len().min(40)];
        assert_eq!(answer.status(), 404, "{short}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{short}");
        let problem: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(problem["code"], "not_found", "{short}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_has_any_version_or_this_one_among_others_hears_304() {
    let registry = Site::new().start();
    let etag = registry.get("/root.json", None).await.headers()["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    for held in ["*".to_owned(), format!("\"x\", W/{etag}"), format!("{etag}, \"x\"")] {
        let answer = registry.get("/root.json", Some(("if-none-match", &held))).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["etag"].to_str().unwrap()),
            (304, etag.as_str())
        );
        assert_eq!(answer.headers()["cache-control"], "public, max-age=15");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_list_has_another_tag() {
    let registry = Site::new().start();
    let etag = async || registry.get("/lists/pid-issuers.jwt", None).await.headers()["etag"].clone();
    let before = etag().await;
    registry.post(&suspend(DGSN), Some(API_KEY), None).await;
    assert_ne!(etag().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_register_can_suspend_whom_officers_reinstated_before() {
    let site = Site::new();
    let registry = site.start();
    let reinstate = format!("/v1/entities/{DGSN}/reinstate");
    registry.post(&suspend(DGSN), Some(API_KEY), None).await;
    assert_eq!(registry.post(&reinstate, Some(API_KEY), None).await.0, 200);
    registry.stop().await;

    site.write_statuses("suspended", "granted");
    let registry = site.start();
    let is_suspended = async || {
        let (store, _) = registry.trust().await;
        status(&store, super::PID) == mahfada_trust::ServiceStatus::Suspended
    };
    assert!(is_suspended().await);
    let (code, problem) = registry.post(&reinstate, Some(API_KEY), None).await;
    assert_eq!((code, &problem["code"]), (409, &json!("suspended_in_register")));
    assert!(is_suspended().await);
    assert_eq!(registry.post(&suspend(CNSS), Some(API_KEY), None).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_is_too_long_or_of_another_type_is_refused() {
    let registry = Site::new().start();
    let mut long = registration();
    long["name"] = json!("x".repeat(64 * 1024));
    let (code, problem) = registry.post("/v1/registrations", Some(API_KEY), Some(long)).await;
    assert_eq!((code, &problem["code"]), (413, &json!("body_too_long")));
    let (code, problem) = registry.post("/v1/registrations", Some(API_KEY), None).await;
    assert_eq!((code, &problem["code"]), (400, &json!("malformed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registrar_whose_certificate_has_ended_issues_nothing() {
    let site = Site::new();
    site.write_registrar_until(now().minus(1));
    let registry = site.start();
    assert_eq!(registry.ready().await, 503);
    let (code, problem) = registry
        .post("/v1/registrations", Some(API_KEY), Some(registration()))
        .await;
    assert_eq!((code, &problem["code"]), (503, &json!("registration_sign")));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_hears_429_on_either_port() {
    let site = Site::new();
    let limits = "[rate_limits.public]\nrequests = 2\nper_seconds = 3600\n[rate_limits.management]\nrequests = 2\nper_seconds = 3600\n[storage]";
    let registry = site.start_with(site.parsed(&site.toml().replacen("[storage]", limits, 1)));
    let (mut public, mut management) = (Vec::new(), Vec::new());
    for key in [API_KEY, "key without publish", API_KEY] {
        public.push(registry.get("/root.json", None).await.status().as_u16());
        management.push(registry.look("/v1/entities", Some(key)).await.0);
    }
    assert_eq!(
        (public, management),
        (vec![200, 200, 429], vec![200, 200, 429]),
        "keys of one tenant count together"
    );
}
