//! What agencies and operators are told: events, metrics, and what is forgotten.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use mahfada_openid4vp::AuthorizationErrorResponse;
use serde_json::json;

use super::scene::{ACCOUNT, Created, PUBLIC_URL, Scene, encrypt};

fn line(kind: &str, outcome: Option<&str>) -> (String, Option<String>) {
    (kind.to_owned(), outcome.map(str::to_owned))
}

#[actix_web::test]
async fn an_agency_is_told_of_the_first_fetch_and_of_the_verdict() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    assert_eq!(scene.told().await, []);
    scene.request(&created).await;
    let request = scene.request(&created).await;
    assert_eq!(scene.told().await, [line("presentation.requested", None)], "once");
    scene.post(&request, scene.good_answer(&request)).await;
    scene.post(&request, scene.good_answer(&request)).await;
    let events = scene.events("bank").await;
    assert_eq!(
        scene.told().await[1..],
        [line("presentation.verified", Some("accepted"))]
    );
    assert!(
        events
            .iter()
            .all(|event| event.object_id == created.text("presentation_id"))
    );
    assert!(!format!("{events:?}").contains("Alami"));
    assert_eq!(scene.events("town").await, []);
}

#[actix_web::test]
async fn a_refused_verdict_and_a_citizen_s_no_are_told_apart() {
    let scene = Scene::new();
    let request = scene.request(&scene.create("cross_device").await).await;
    let text = scene
        .country
        .present(json!({}), &["given_name"], request.client_id(), request.nonce());
    scene.post(&request, encrypt(&request, &text, request.state())).await;
    let request = scene.request(&scene.create("same_device").await).await;
    let no = AuthorizationErrorResponse::access_denied(request.state());
    scene.post(&request, no.to_form()).await;
    assert_eq!(
        scene.told().await,
        [
            line("presentation.requested", None),
            line("presentation.refused", Some("dcql_unsatisfied")),
            line("presentation.requested", None),
            line("presentation.declined", Some("access_denied")),
        ]
    );
}

#[actix_web::test]
async fn tv_32_a_same_device_verdict_is_told_when_the_citizen_is_back() {
    let scene = Scene::new();
    let created = scene.create("same_device").await;
    let path = created.text("start_url").strip_prefix(PUBLIC_URL).unwrap();
    let started = scene.public(TestRequest::get().uri(path)).await;
    let cookie = started.header("set-cookie").split(';').next().unwrap().to_owned();
    let request = scene.request(&created).await;
    let answer = scene.post(&request, scene.good_answer(&request)).await.json();
    assert_eq!(scene.told().await, [line("presentation.requested", None)]);
    let back = answer["redirect_uri"]
        .as_str()
        .unwrap()
        .strip_prefix(PUBLIC_URL)
        .unwrap()
        .to_owned();
    scene.public(TestRequest::get().uri(&back)).await;
    assert_eq!(scene.told().await.len(), 1, "another browser changes nothing");
    for _ in 0..2 {
        scene
            .public(TestRequest::get().uri(&back).insert_header(("cookie", cookie.as_str())))
            .await;
    }
    assert_eq!(
        scene.told().await[1..],
        [
            line("presentation.completed", None),
            line("presentation.verified", Some("accepted"))
        ]
    );
}

#[actix_web::test]
async fn metrics_count_by_agency_and_procedure_and_name_nobody() {
    let scene = Scene::new();
    let by_name = json!({"saved_query": ACCOUNT, "flow": "cross_device"});
    let ask = TestRequest::post().uri("/v1/presentations").set_json(by_name);
    let created = Created(scene.management(ask, "bank-key").await.json());
    let request = scene.request(&created).await;
    let body = scene.good_answer(&request);
    scene.post(&request, body.clone()).await;
    scene.post(&request, body).await;
    let mut other = super::fixture::pid_query();
    other["credentials"][0]["id"] = json!("identity");
    let answer = scene.ask(&other, "cross_device").await;
    let unnamed = Created(answer.json());
    let request = scene.request(&unnamed).await;
    let no = AuthorizationErrorResponse::access_denied(request.state());
    scene.post(&request, no.to_form()).await;
    let greedy = json!({"credentials": [{"id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}}]});
    scene.ask(&greedy, "cross_device").await;
    let open = scene.create("cross_device").await;
    scene.app.refresh_gauges(scene.app.metrics.clone()).await;
    let text = scene.app.metrics.expose();
    for expected in [
        r#"mahfada_presentations_total{rp="bank",procedure="account-opening",outcome="verified",failure_code=""} 1"#,
        r#"mahfada_presentations_total{rp="bank",procedure="ad_hoc",outcome="declined",failure_code="access_denied"} 1"#,
        r#"mahfada_overask_blocked_total{rp="bank"} 1"#,
        r#"mahfada_consent_refused_total{rp="bank"} 1"#,
        "mahfada_nonce_replay_total 1",
        "mahfada_session_active 1",
        "mahfada_time_to_present_seconds_count 2",
        r#"mahfada_verification_step_seconds_count{step="decrypt"} 2"#,
        r#"mahfada_verification_step_seconds_count{step="credentials"} 1"#,
        r#"mahfada_verification_step_seconds_count{step="status"} 1"#,
        r#"mahfada_trust_list_age_seconds{list="pid-issuers"} 3600"#,
        r#"mahfada_trust_list_next_update_seconds{list="pid-issuers"} 86400"#,
        r#"mahfada_cert_expiry_seconds{kind="access"} 31536000"#,
        r#"mahfada_cert_expiry_seconds{kind="registration"} 8640000"#,
        "mahfada_webhook_backlog 0",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    for id in [&created, &unnamed, &open] {
        assert!(!text.contains(id.text("presentation_id")) && !text.contains(id.request_path()));
    }
    assert!(!text.contains("Alami"));
}

#[actix_web::test]
async fn what_has_ended_is_forgotten_after_its_time() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    scene.post(&request, scene.good_answer(&request)).await;
    let path = format!("/v1/presentations/{}", created.text("presentation_id"));
    let status = async || scene.management(TestRequest::get().uri(&path), "bank-key").await.status;
    scene.clock.advance(120 + 7 * 86_400);
    scene.app.purge().await.unwrap();
    assert_eq!(status().await, StatusCode::OK);
    scene.clock.advance(1);
    scene.app.purge().await.unwrap();
    assert_eq!(status().await, StatusCode::NOT_FOUND);
    assert_eq!(scene.told().await.len(), 2);
    scene.clock.advance(30 * 86_400);
    scene.app.purge().await.unwrap();
    assert_eq!(scene.told().await, []);
}
