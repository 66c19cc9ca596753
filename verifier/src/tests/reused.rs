//! TV-39: a copy of a credential that an agency has accepted before.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use mahfada_base::UnixTime;
use mahfada_openid4vp::VpToken;
use mahfada_sd_jwt::vc::VerifiedSdJwtVc;
use mahfada_storage::{Outcome, StorageError, UnitOfWork};
use serde_json::{Value, json};

use super::fixture::{DAY, pid_query};
use super::scene::{Created, Scene, encrypt, encrypt_all};
use crate::app::RegistrationCheck;
use crate::presentation::reuse;

fn strict() -> Scene {
    Scene::changed(RegistrationCheck::Enforced, |app| app.agencies[0].refuse_reused = true)
}

/// A copy as its holder keeps it.
fn copy(scene: &Scene) -> VerifiedSdJwtVc {
    let issuer = scene.country.issuer();
    scene.country.held(&scene.country.issue(json!({}), &issuer), &issuer)
}

async fn present(scene: &Scene, copy: &VerifiedSdJwtVc, nonce: Option<&str>) -> Value {
    let created = scene.create("cross_device").await;
    let request = scene.request(&created).await;
    let nonce = nonce.unwrap_or_else(|| request.nonce());
    let text = scene
        .country
        .present_held(copy, &["family_name"], request.client_id(), nonce);
    let answer = scene.post(&request, encrypt(&request, &text, request.state())).await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, b"{}".to_vec()), "TV-40");
    scene.view(&created).await
}

#[actix_web::test]
async fn a_copy_is_accepted_once_by_an_agency_that_says_so() {
    let scene = strict();
    let shown = copy(&scene);
    let first = present(&scene, &shown, None).await;
    assert_eq!((&first["accepted"], &first["reason"]), (&json!(true), &Value::Null));
    assert_eq!(
        first["verdict"].as_array().unwrap().last().unwrap()["code"],
        "first_use"
    );
    let again = present(&scene, &shown, None).await;
    assert_eq!(
        (&again["accepted"], &again["reason"]),
        (&json!(false), &json!("presentation_reused"))
    );
    assert_eq!(again.get("claims"), None);
    let other = copy(&scene);
    assert_eq!(present(&scene, &other, None).await["accepted"], true, "another copy");
    let told = scene.told().await;
    assert!(told.contains(&(
        "presentation.refused".to_owned(),
        Some("presentation_reused".to_owned())
    )));
}

#[actix_web::test]
async fn an_answer_that_is_not_accepted_burns_no_copy() {
    let scene = strict();
    let shown = copy(&scene);
    let refused = present(&scene, &shown, Some("another-nonce-of-128-bits")).await;
    assert_eq!(refused["reason"], "kb_nonce");
    assert_eq!(present(&scene, &shown, None).await["accepted"], true);
}

#[actix_web::test]
async fn an_agency_that_does_not_say_so_accepts_a_copy_again() {
    let scene = Scene::new();
    let shown = copy(&scene);
    for _ in 0..2 {
        assert_eq!(present(&scene, &shown, None).await["accepted"], true);
    }
}

/// Presents one copy for each of two credential queries.
async fn present_two(scene: &Scene, copies: [&VerifiedSdJwtVc; 2]) -> Value {
    let wanted = |id: &str| {
        let mut wanted = pid_query()["credentials"][0].clone();
        wanted["id"] = json!(id);
        wanted
    };
    let query = json!({"credentials": [wanted("first"), wanted("second")]});
    let created = Created(scene.ask(&query, "cross_device").await.json());
    let request = scene.request(&created).await;
    let [first, second] = copies.map(|copy| {
        let country = &scene.country;
        vec![country.present_held(copy, &["family_name"], request.client_id(), request.nonce())]
    });
    let vp_token = VpToken::from([("first".to_owned(), first), ("second".to_owned(), second)]);
    let answer = scene.post(&request, encrypt_all(&request, vp_token, request.state()));
    assert_eq!(answer.await.status, StatusCode::OK);
    scene.view(&created).await
}

#[actix_web::test]
async fn an_answer_refused_for_one_copy_burns_no_other() {
    let scene = strict();
    let (used, fresh, other) = (copy(&scene), copy(&scene), copy(&scene));
    assert_eq!(present(&scene, &used, None).await["accepted"], true);
    for copies in [[&fresh, &used], [&used, &fresh]] {
        assert_eq!(present_two(&scene, copies).await["reason"], "presentation_reused");
    }
    assert_eq!(present_two(&scene, [&fresh, &other]).await["accepted"], true);
    for spent in [&fresh, &other] {
        assert_eq!(present(&scene, spent, None).await["reason"], "presentation_reused");
    }
}

#[actix_web::test]
async fn a_copy_that_answers_two_credential_queries_is_no_replay_of_itself() {
    let scene = strict();
    let shown = copy(&scene);
    assert_eq!(present_two(&scene, [&shown, &shown]).await["accepted"], true);
    assert_eq!(present(&scene, &shown, None).await["reason"], "presentation_reused");
}

#[actix_web::test]
async fn of_two_answers_at_once_one_copy_is_accepted_in_one() {
    let scene = strict();
    let shown = copy(&scene);
    let (first, second) = tokio::join!(present(&scene, &shown, None), present(&scene, &shown, None));
    let mut accepted = [&first["accepted"], &second["accepted"]].map(|accepted| accepted == &json!(true));
    accepted.sort_unstable();
    assert_eq!(accepted, [false, true]);
}

#[actix_web::test]
async fn a_copy_is_remembered_for_a_day() {
    let scene = Scene::new();
    let new = async |tag: u8, now: UnixTime| {
        let tags = BTreeSet::from([[tag; 32]]);
        let work = move |unit: &mut dyn UnitOfWork| -> Result<Outcome<bool, StorageError>, StorageError> {
            Ok(Outcome::Commit(reuse::all_new(unit, &tags, now)?))
        };
        scene.app.storage.execute(work).await.unwrap().unwrap()
    };
    let now = scene.country.now;
    assert!(new(1, now).await);
    assert!(!new(1, now.plus(DAY)).await);
    assert!(new(1, now.plus(DAY + 61)).await);
}
