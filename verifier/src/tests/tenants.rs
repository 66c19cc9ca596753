//! TV-33: what belongs to one agency is to another as if it were not there.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};

use super::scene::Scene;
use crate::routes;

#[actix_web::test]
async fn every_id_of_an_agency_is_unknown_to_another() {
    let scene = Scene::new();
    let open = scene.create("cross_device").await;
    let answered = scene.create("cross_device").await;
    let request = scene.request(&answered).await;
    scene.post(&request, scene.good_answer(&request)).await;
    let same_device = scene.create("same_device").await;
    let mut ids: Vec<String> = [&open, &answered, &same_device]
        .into_iter()
        .flat_map(|created| {
            let wallet_s = created.request_path().strip_prefix("/requests/").unwrap();
            [created.text("presentation_id").to_owned(), wallet_s.to_owned()]
        })
        .collect();
    ids.extend([request.nonce().to_owned(), request.state().unwrap().to_owned()]);
    ids.extend(scene.events("bank").await.iter().map(|event| event.id.to_string()));
    assert_eq!(ids.len(), 10);
    let read = async |id: &str, key: &str| {
        let path = format!("/v1/presentations/{id}");
        scene.management(TestRequest::get().uri(&path), key).await
    };
    let unknown = read(&"A".repeat(43), "town-key").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    for id in &ids {
        let theirs = read(id, "town-key").await;
        assert_eq!((theirs.status, &theirs.body), (unknown.status, &unknown.body), "{id}");
        assert_eq!(format!("{:?}", theirs.headers), format!("{:?}", unknown.headers));
    }
    assert_eq!(read(&ids[0], "bank-key").await.status, StatusCode::OK);
}

/// Reads a stream from the first event that is kept until it is quiet.
async fn streamed(scene: &Scene, key: &str) -> String {
    let app = actix_web::App::new()
        .app_data(scene.app.clone())
        .configure(routes::management);
    let request = TestRequest::get()
        .uri("/v1/events")
        .insert_header(("authorization", format!("Bearer {key}")))
        .insert_header(("last-event-id", "0"));
    let answer = call_service(&init_service(app).await, request.to_request()).await;
    assert_eq!(answer.headers().get("content-type").unwrap(), "text/event-stream");
    let mut body = answer.into_body();
    let mut text = String::new();
    let next = async |body: &mut actix_web::body::BoxBody| {
        std::future::poll_fn(|context| match Pin::new(&mut *body).poll_next(context) {
            Poll::Ready(chunk) => Poll::Ready(chunk.map(Result::unwrap)),
            Poll::Pending => Poll::Pending,
        })
        .await
    };
    while let Ok(Some(chunk)) = tokio::time::timeout(Duration::from_millis(300), next(&mut body)).await {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

#[actix_web::test]
async fn a_stream_has_the_events_of_its_own_agency() {
    let scene = Scene::new();
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    scene.post(&request, scene.good_answer(&request)).await;
    let own = streamed(&scene, "bank-key").await;
    for part in [
        "event: presentation.requested",
        "event: presentation.verified",
        created.text("presentation_id"),
    ] {
        assert!(own.contains(part), "{own}");
    }
    assert!(!own.contains("Alami"), "{own}");
    let theirs = streamed(&scene, "town-key").await;
    assert!(!theirs.contains("event:") && !theirs.contains("data:"), "{theirs}");
    let nobody = scene.management(TestRequest::get().uri("/v1/events"), "guessed").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}
