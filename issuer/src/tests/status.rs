//! What an operator may do to an issuance, and what the status list then says (TS-08; decision D10).

use std::sync::{Arc, Mutex};

use actix_web::test::TestRequest;
use actix_web::web::Data;
use mahfada_base::{Clock, ManualClock, UnixTime};
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_status_list::{Status, UnverifiedStatusListToken, VerifiedStatusList};
use mahfada_storage::{IssuanceId, Storage};
use serde_json::json;

use super::way_a::{credentials, indexes};
use crate::app::{App, TestAnchors};
use crate::fixture::{Answer, CNSS_API_KEY, PID_API_KEY, Wallet, World, manage, management, public, stored};

/// Fetches and verifies the status list of an issuer.
pub(super) async fn list(world: &World, app: &Data<App>, slug: &str) -> VerifiedStatusList {
    let answer = public(app, TestRequest::get().uri(&format!("/{slug}/status/1"))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/statuslist+jwt");
    let token = UnverifiedStatusListToken::parse(&String::from_utf8(answer.body).unwrap()).unwrap();
    let key = world.leaf(&format!("{slug}-status"));
    let uri = format!("https://issuer.example/{slug}/status/1");
    token.verify(&key, &uri, world.now(), &PROVIDER).unwrap()
}

async fn assert_all(world: &World, app: &Data<App>, indexes: &[u64], expected: Status) {
    let list = list(world, app, "pid").await;
    for index in indexes {
        assert_eq!(list.status(*index).unwrap(), expected);
    }
}

async fn change(app: &Data<App>, id: &str, action: &str, key: &str) -> Answer {
    let path = format!("/v1/issuances/{id}/{action}");
    manage(app, &path, key, &json!({ "reason": "holder_request" })).await
}

/// Issues two copies and returns the issuance id, as the operator sees it, and the indexes.
async fn issued(world: &World, app: &Data<App>) -> (String, Vec<u64>) {
    let wallet = Wallet::new("status", 2);
    let token = wallet.token(app).await;
    let answer = wallet.credentials(app, &token).await;
    let indexes = indexes(&credentials(world, "pid", &answer));
    let request = TestRequest::get()
        .uri("/v1/issuances")
        .insert_header(("authorization", format!("Bearer {PID_API_KEY}")));
    let listed = management(app, request).await.json();
    assert_eq!(listed[0]["copies"], 2);
    (listed[0]["issuance_id"].as_str().unwrap().to_owned(), indexes)
}

#[actix_web::test]
async fn a_revocation_shows_at_once_in_every_copy_and_stays() {
    let world = World::new();
    let app = world.app();
    let (id, indexes) = issued(&world, &app).await;
    assert_all(&world, &app, &indexes, Status::Valid).await;
    for _ in 0..2 {
        let answer = change(&app, &id, "revoke", PID_API_KEY).await;
        assert_eq!(answer.assert_ok().text("state"), "revoked");
        assert_all(&world, &app, &indexes, Status::Invalid).await;
    }
    for action in ["reinstate", "suspend"] {
        let answer = change(&app, &id, action, PID_API_KEY).await;
        assert_eq!((answer.status, answer.text("code").as_str()), (409, "irreversible"));
    }
    // Another process says the same.
    assert_all(&world, &world.app(), &indexes, Status::Invalid).await;
}

#[actix_web::test]
async fn a_suspension_can_be_taken_back() {
    let world = World::new();
    let app = world.app();
    let (id, indexes) = issued(&world, &app).await;
    change(&app, &id, "suspend", PID_API_KEY).await.assert_ok();
    assert_all(&world, &app, &indexes, Status::Suspended).await;
    let answer = change(&app, &id, "reinstate", PID_API_KEY).await;
    assert_eq!(answer.assert_ok().text("state"), "valid");
    assert_all(&world, &app, &indexes, Status::Valid).await;
}

#[actix_web::test]
async fn another_agency_neither_sees_nor_changes_an_issuance() {
    let world = World::new();
    let app = world.app();
    let (id, indexes) = issued(&world, &app).await;
    for action in ["revoke", "suspend", "reinstate"] {
        let answer = change(&app, &id, action, CNSS_API_KEY).await;
        assert_eq!((answer.status, answer.text("code").as_str()), (404, "not_found"));
        let answer = change(&app, &id, action, "guess").await;
        assert_eq!(answer.status, 401);
    }
    let request = TestRequest::get()
        .uri("/v1/issuances")
        .insert_header(("authorization", format!("Bearer {CNSS_API_KEY}")));
    assert_eq!(management(&app, request).await.json(), json!([]));
    assert_all(&world, &app, &indexes, Status::Valid).await;
}

#[actix_web::test]
async fn a_change_needs_a_reason_that_is_no_prose() {
    let world = World::new();
    let app = world.app();
    let (id, _) = issued(&world, &app).await;
    for reason in ["", "because Salma El Fassi asked", &"a".repeat(65)] {
        let path = format!("/v1/issuances/{id}/revoke");
        let answer = manage(&app, &path, PID_API_KEY, &json!({ "reason": reason })).await;
        assert_eq!((answer.status, answer.text("code").as_str()), (400, "reason"));
    }
    let answer = change(&app, "unknown", "revoke", PID_API_KEY).await;
    assert_eq!(answer.status, 404);
    assert_eq!(change(&app, &id, "erase", PID_API_KEY).await.status, 404);
}

#[actix_web::test]
async fn an_unchanged_list_is_signed_again_before_it_is_old() {
    let world = World::new();
    let app = world.app();
    let first = list(&world, &app, "pid").await;
    assert_eq!(first.expires_at(), world.now().plus(3600));
    world.clock.advance(1799);
    assert_eq!(list(&world, &app, "pid").await.issued_at(), first.issued_at());
    world.clock.advance(1);
    assert_eq!(list(&world, &app, "pid").await.issued_at(), world.now());
}

#[actix_web::test]
async fn a_list_of_the_future_is_signed_again_after_the_clock_was_set_back() {
    let world = World::new();
    let app = world.app();
    let first = list(&world, &app, "pid").await;
    world.clock.advance(-1);
    let again = list(&world, &app, "pid").await;
    assert_eq!(again.issued_at(), world.now());
    assert!(again.issued_at() < first.issued_at());
}

/// A clock on which something happens the next time that somebody looks.
#[derive(Debug)]
struct EventfulClock {
    clock: Arc<ManualClock>,
    storage: Arc<dyn Storage>,
    revoked: Mutex<Option<IssuanceId>>,
}

impl Clock for EventfulClock {
    fn now(&self) -> UnixTime {
        let now = self.clock.now();
        if let Some(id) = self.revoked.lock().unwrap().take() {
            stored(&*self.storage, move |unit| unit.issuances().revoke(&id));
        }
        now
    }
}

/// Whoever holds a list knows everything that was revoked before its `iat`.
#[actix_web::test]
async fn a_list_is_not_dated_after_it_was_read() {
    let world = World::new();
    let app = world.app();
    let (id, indexes) = issued(&world, &app).await;
    let mut eventful = world.load(TestAnchors::AcceptedByDemo).unwrap();
    eventful.clock = Arc::new(EventfulClock {
        clock: Arc::clone(&world.clock),
        storage: Arc::clone(&app.storage),
        revoked: Mutex::new(Some(IssuanceId::new(id))),
    });
    assert_all(&world, &Data::new(eventful), &indexes, Status::Invalid).await;
}

#[actix_web::test]
async fn there_is_no_other_list() {
    let app = World::new().app();
    let request = TestRequest::get().uri("/pid/status/2");
    assert_eq!(public(&app, request).await.status, 404);
}
