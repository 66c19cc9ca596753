//! Keys and their rights, one endpoint after the other (TR-01).

use serde_json::{Value, json};

use super::{registration, sequence, suspend};
use crate::fixture::{API_KEY, DGSN, Site};

#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_asks_for_its_own_right() {
    let registry = Site::new().start();
    let reinstate = format!("/v1/entities/{DGSN}/reinstate");
    for (path, key, right) in [
        ("/v1/lists/publish", "key without publish", "publish"),
        (&suspend(DGSN), "key without suspend", "suspend"),
        (&reinstate, "key without suspend", "suspend"),
        ("/v1/registrations", "key without register", "register"),
    ] {
        for key in [key, "key without rights", "key of before rights"] {
            let (code, problem) = registry.post(path, Some(key), Some(registration())).await;
            assert_eq!((code, &problem["code"]), (403, &json!("right_missing")), "{path} {key}");
            assert!(problem["detail"].as_str().unwrap().ends_with(right), "{problem}");
            assert!(problem["texts"]["ar"]["what_to_do"].is_string());
        }
    }
    assert_eq!(sequence(&registry.trust().await.0), 1, "nothing was suspended");
    for (path, key) in [
        ("/v1/lists/publish", "key without suspend"),
        ("/v1/lists/publish", "key without register"),
        (&suspend(DGSN), "key without publish"),
        (&reinstate, "key without register"),
        ("/v1/registrations", "key without publish"),
        ("/v1/registrations", "key without suspend"),
    ] {
        let (code, answer) = registry.post(path, Some(key), Some(registration())).await;
        assert!((200..=201).contains(&code), "{path} {key}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_rights_may_not_even_look() {
    let registry = Site::new().start();
    for (key, status) in [
        (None, 401),
        (Some("another key"), 401),
        (Some("key without rights"), 403),
        (Some("key of before rights"), 403),
        (Some("key without suspend"), 200),
        (Some(API_KEY), 200),
    ] {
        assert_eq!(registry.look("/v1/entities", key).await.0, status, "{key:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_is_asked_for_before_anything_is_told() {
    let registry = Site::new().start();
    let key = Some("key without suspend");
    assert_eq!(registry.post(&suspend("NTRMA-NOBODY"), key, None).await.0, 403);
    let (code, problem) = registry
        .post("/v1/registrations", Some("key without register"), None)
        .await;
    assert_eq!((code, &problem["code"]), (403, &json!("right_missing")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_entities_show_what_officers_decided() {
    let registry = Site::new().start();
    let entities = async || {
        let (status, media_type, text) = registry.look("/v1/entities", Some(API_KEY)).await;
        assert_eq!((status, media_type.as_str()), (200, "application/json"));
        serde_json::from_str::<Value>(&text).unwrap()["entities"].clone()
    };
    let before = entities().await;
    assert_eq!(before.as_array().unwrap().len(), 2);
    assert_eq!(
        (&before[0]["organization"], &before[0]["role"], &before[0]["status"]),
        (&json!(DGSN), &json!("pid-issuers"), &json!("granted"))
    );
    assert_eq!(before[0]["credential_types"], json!(["urn:mahfada:pid:1"]));
    registry.post(&suspend(DGSN), Some(API_KEY), None).await;
    let during = entities().await;
    assert_eq!(
        (&during[0]["status"], &during[1]["status"]),
        (&json!("suspended"), &json!("granted"))
    );
    assert_ne!(during[0]["since"], before[0]["since"]);
    let path = format!("/v1/entities/{DGSN}/reinstate");
    registry.post(&path, Some(API_KEY), None).await;
    assert_eq!(
        entities().await,
        before,
        "credentials of before the suspension hold again"
    );
}
