//! The same-device flow: the verdict counts in the browser that began (TV-32).

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::json;

use super::scene::{Answer, Created, PUBLIC_URL, RETURN_URL, Scene};
use crate::app::RegistrationCheck;

/// The pair of the cookie that a browser sends back.
async fn start(scene: &Scene, created: &Created) -> String {
    let path = created.text("start_url").strip_prefix(PUBLIC_URL).unwrap();
    let answer = scene.public(TestRequest::get().uri(path)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer
            .html()
            .contains(&format!("href=\"{}\"", created.text("deep_link").replace('&', "&amp;")))
    );
    let cookie = answer.header("set-cookie");
    for attribute in ["__Host-", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/;"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

async fn answered(scene: &Scene, created: &Created) -> String {
    let request = scene.request(created).await;
    let answer = scene.post(&request, scene.good_answer(&request)).await;
    assert_eq!(answer.status, StatusCode::OK);
    let redirect = answer.json()["redirect_uri"].as_str().unwrap().to_owned();
    redirect.strip_prefix(PUBLIC_URL).unwrap().to_owned()
}

async fn land(scene: &Scene, path: &str, cookie: Option<&str>) -> Answer {
    let request = TestRequest::get().uri(path);
    let request = match cookie {
        Some(cookie) => request.insert_header(("cookie", format!("theme=dark; {cookie}"))),
        None => request,
    };
    scene.public(request).await
}

#[actix_web::test]
async fn the_verdict_counts_when_the_same_browser_comes_back() {
    let scene = Scene::new();
    let created = scene.create("same_device").await;
    let cookie = start(&scene, &created).await;
    let landing = answered(&scene, &created).await;
    let view = scene.view(&created).await;
    assert_eq!(
        (&view["state"], &view["accepted"]),
        (&json!("awaiting_return"), &json!(false))
    );
    assert!(view.get("claims").is_none() && view.get("verdict").is_none());

    let back = land(&scene, &landing, Some(&cookie)).await;
    let id = created.text("presentation_id");
    assert_eq!(back.header("location"), format!("{RETURN_URL}&presentation_id={id}"));
    let view = scene.view(&created).await;
    assert_eq!((&view["state"], &view["accepted"]), (&json!("answered"), &json!(true)));
    assert_eq!(view["claims"]["pid"][0]["family_name"], "Alami");
    assert_eq!(view["flow"], "same_device");
}

#[actix_web::test]
async fn another_browser_completes_nothing_and_spends_nothing() {
    let scene = Scene::new();
    let created = scene.create("same_device").await;
    let cookie = start(&scene, &created).await;
    let other = start(&scene, &scene.create("same_device").await).await;
    let landing = answered(&scene, &created).await;
    let twice = format!("{other}; {cookie}");
    for wrong in [
        None,
        Some(other.as_str()),
        Some("__Host-mahfada-session=guess"),
        Some(&twice),
    ] {
        assert_eq!(
            land(&scene, &landing, wrong).await.status,
            StatusCode::BAD_REQUEST,
            "{wrong:?}"
        );
        assert_eq!(scene.view(&created).await["state"], "awaiting_return");
    }
    for code in ["", "?response_code=guess", "?response_code=a&response_code=b"] {
        let answer = land(&scene, &format!("/complete{code}"), Some(&cookie)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        land(&scene, &landing, Some(&cookie)).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        land(&scene, &landing, Some(&cookie)).await.status,
        StatusCode::BAD_REQUEST,
        "once"
    );
}

#[actix_web::test]
async fn the_first_page_names_the_agency_and_its_purpose_in_the_citizen_s_language() {
    let scene = Scene::new();
    let created = scene.create("same_device").await;
    let path = created.text("start_url").strip_prefix(PUBLIC_URL).unwrap();
    for (language, expected) in [
        ("fr-MA", "<html lang=\"fr\" dir=\"ltr\">"),
        ("ar", "<html lang=\"ar\" dir=\"rtl\">"),
        ("en;q=0.9", "<html lang=\"en\" dir=\"ltr\">"),
    ] {
        let request = TestRequest::get()
            .uri(path)
            .insert_header(("accept-language", language));
        let page = scene.public(request).await;
        let html = page.html();
        assert!(html.contains(expected) && html.contains("<bdi>Banque</bdi>"), "{html}");
        // The purpose that is saved with the query, and the registered one where it is not saved in that language.
        let purpose = if language.starts_with("fr") {
            "Ouvrir un compte"
        } else {
            "Connaître le client"
        };
        assert!(html.contains(purpose), "{html}");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(!html.contains("<script"), "{html}");
    }
}

#[actix_web::test]
async fn a_browser_is_answered_with_pages() {
    let scene = Scene::changed(RegistrationCheck::Enforced, |app| app.agencies[0].return_url = None);
    let created = scene.create("same_device").await;
    let cookie = start(&scene, &created).await;
    let landing = answered(&scene, &created).await;
    assert!(
        land(&scene, "/start/unknown?session=x", None)
            .await
            .html()
            .contains("dir=\"rtl\"")
    );
    assert!(land(&scene, &landing, None).await.html().contains("<h1>"));
    let page = land(&scene, &landing, Some(&cookie)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html().contains("<bdi>Banque</bdi>"));
}

#[actix_web::test]
async fn an_answer_that_waits_for_the_citizen_s_return_ends_with_it() {
    let scene = Scene::new();
    let created = scene.create("same_device").await;
    start(&scene, &created).await;
    answered(&scene, &created).await;
    scene.clock.advance(600);
    assert_eq!(scene.view(&created).await["state"], "awaiting_return");
    scene.clock.advance(1);
    let view = scene.view(&created).await;
    assert_eq!((&view["state"], &view["accepted"]), (&json!("expired"), &json!(false)));
    assert_eq!(view.get("claims"), None);
}

#[actix_web::test]
async fn who_comes_back_too_late_completes_nothing() {
    let scene = Scene::new();
    let created = scene.create("same_device").await;
    let cookie = start(&scene, &created).await;
    let landing = answered(&scene, &created).await;
    scene.clock.advance(601);
    assert_eq!(
        land(&scene, &landing, Some(&cookie)).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(scene.view(&created).await["accepted"], false);
}

#[actix_web::test]
async fn the_start_address_needs_its_session_and_an_open_request() {
    let scene = Scene::new();
    let created = scene.create("same_device").await;
    let (path, _) = created
        .text("start_url")
        .strip_prefix(PUBLIC_URL)
        .unwrap()
        .split_once('?')
        .unwrap();
    for wrong in [path.to_owned(), format!("{path}?session=guess")] {
        assert_eq!(land(&scene, &wrong, None).await.status, StatusCode::NOT_FOUND);
    }
    let cross = scene.create("cross_device").await;
    let path = cross.request_path().replace("/requests/", "/start/");
    assert_eq!(
        land(&scene, &format!("{path}?session="), None).await.status,
        StatusCode::NOT_FOUND
    );
    scene.clock.advance(301);
    let late = created.text("start_url").strip_prefix(PUBLIC_URL).unwrap();
    assert_eq!(land(&scene, late, None).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn every_wallet_is_sent_back_the_same_way_whatever_the_verdict() {
    let scene = Scene::new();
    let mut lengths = Vec::new();
    for claims in [&["family_name"][..], &["given_name"][..]] {
        let created = scene.create("same_device").await;
        let cookie = start(&scene, &created).await;
        let request = scene.request(&created).await;
        let text = scene
            .country
            .present(json!({}), claims, request.client_id(), request.nonce());
        let answer = scene
            .post(&request, super::scene::encrypt(&request, &text, request.state()))
            .await;
        lengths.push((answer.status, answer.body.len()));
        let redirect = answer.json()["redirect_uri"].as_str().unwrap().to_owned();
        let page = land(&scene, redirect.strip_prefix(PUBLIC_URL).unwrap(), Some(&cookie)).await;
        lengths.push((page.status, page.body.len()));
    }
    assert_eq!(lengths[..2], lengths[2..]);
}
