//! Who wakes the event streams: only what is told, so that nobody else makes the store work for them.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::web::Data;
use mahfada_events::{EventKind, Events};
use mahfada_storage::{Outcome, StatusListUri, StorageError, TenantId, UnitOfWork};
use serde_json::json;

use crate::app::App;
use crate::fixture::agency::redeem;
use crate::fixture::wallet::{json_post, nonce, request_body};
use crate::fixture::{CNSS, CNSS_API_KEY, Offer, Wallet, World, manage, offer, public, show};

/// A stream that has been read up to the present.
struct Stream<'a> {
    app: &'a Data<App>,
    body: BoxBody,
}

impl<'a> Stream<'a> {
    async fn open(app: &'a Data<App>) -> Self {
        let body = app.events.stream(TenantId::new("cnss"), None).into_body();
        let mut stream = Self { app, body };
        stream.read().await;
        stream
    }

    /// Records an event as another process does: nobody here is woken.
    async fn record_elsewhere(&self, object: &str) {
        let tenant = TenantId::new("cnss");
        let event = self
            .app
            .events
            .draw(&tenant, EventKind::OfferRedeemed, object, None)
            .unwrap();
        work(self.app, move |unit| Events::record(unit, &event, &[])).await;
    }

    /// Returns what a client can read once everything that was woken has done its work.
    async fn read(&mut self) -> String {
        let uri = StatusListUri::new(format!("{CNSS}/status/1"));
        let mut read = String::new();
        for _ in 0..50 {
            // A stream reads the store, which answers one after the other.
            work(self.app, |_| Ok(())).await;
            self.app.storage.read_status_entries(&uri).await.unwrap();
            tokio::task::yield_now().await;
            let body = &mut self.body;
            while let Poll::Ready(block) = poll_fn(|context| Poll::Ready(Pin::new(&mut *body).poll_next(context))).await
            {
                read.push_str(std::str::from_utf8(&block.unwrap().unwrap()).unwrap());
            }
        }
        read
    }

    #[track_caller]
    fn assert_holds(read: &str, objects: &[&str]) {
        for object in objects {
            assert!(read.contains(object), "no {object} in {read}");
        }
    }
}

async fn work(app: &Data<App>, work: impl FnOnce(&mut dyn UnitOfWork) -> Result<(), StorageError> + Send + 'static) {
    let done = app
        .storage
        .execute(|unit| work(unit).map(Outcome::<(), StorageError>::Commit));
    done.await.unwrap().unwrap();
}

async fn ask(app: &Data<App>, token: &str) -> u16 {
    let fresh = nonce(app, CNSS).await;
    let proofs = Wallet::at(CNSS, "stream", 1).proofs(&fresh, app.clock.now());
    let request = json_post(CNSS, "/credential", &request_body("rights", &proofs))
        .insert_header(("authorization", format!("Bearer {token}")));
    public(app, request).await.status
}

async fn guess(app: &Data<App>, offer: &Offer) {
    let answer = redeem(app, &offer.code(), Some(offer.wrong_tx_code())).await;
    answer.assert_refused(400, "invalid_grant", "tx_code_wrong");
}

#[actix_web::test]
async fn refused_codes_wake_nobody() {
    let app = World::new().app();
    let offer = offer(&app, "112233", true).await;
    let mut stream = Stream::open(&app).await;
    stream.record_elsewhere("elsewhere").await;
    redeem(&app, "no code at all", None)
        .await
        .assert_refused(400, "invalid_grant", "code_unknown");
    for _ in 0..4 {
        guess(&app, &offer).await;
    }
    assert_eq!(stream.read().await, "");
    // The fifth wrong one burns the offer, and the agency is told at once.
    guess(&app, &offer).await;
    Stream::assert_holds(&stream.read().await, &["elsewhere", "offer.burnt"]);
}

#[actix_web::test]
async fn a_redeemed_offer_and_an_issuance_wake_once_and_their_repetition_wakes_nobody() {
    let app = World::new().app();
    let offer = offer(&app, "112233", false).await;
    let mut stream = Stream::open(&app).await;
    let answer = redeem(&app, &offer.code(), None).await;
    let token = answer.assert_ok().text("access_token");
    Stream::assert_holds(&stream.read().await, &["offer.redeemed"]);
    for _ in 0..5 {
        assert_eq!(ask(&app, &token).await, 200);
        Stream::assert_holds(&stream.read().await, &["credential.issued"]);
    }
    stream.record_elsewhere("elsewhere").await;
    redeem(&app, &offer.code(), None)
        .await
        .assert_refused(400, "invalid_grant", "code_consumed");
    // The sixth is one too many.
    assert_eq!(ask(&app, &token).await, 400);
    assert_eq!(stream.read().await, "");
}

#[actix_web::test]
async fn what_another_agency_is_told_wakes_nobody() {
    let app = World::new().app();
    let mut stream = Stream::open(&app).await;
    stream.record_elsewhere("elsewhere").await;
    let wallet = Wallet::new("other", 1);
    let token = wallet.token(&app).await;
    wallet.credentials(&app, &token).await.assert_ok();
    assert_eq!(stream.read().await, "");
}

#[actix_web::test]
async fn a_change_that_changes_nothing_wakes_nobody() {
    let app = World::new().app();
    let offer = offer(&app, "112233", false).await;
    let token = redeem(&app, &offer.code(), None).await.text("access_token");
    assert_eq!(ask(&app, &token).await, 200);
    let view = show(&app, &format!("/v1/offers/{}", offer.id), CNSS_API_KEY).await;
    let path = format!("/v1/issuances/{}/suspend", view.text("issuance_id"));
    let reason = json!({ "reason": "test" });
    let mut stream = Stream::open(&app).await;
    manage(&app, &path, CNSS_API_KEY, &reason).await.assert_ok();
    Stream::assert_holds(&stream.read().await, &["issuance.suspended"]);
    stream.record_elsewhere("elsewhere").await;
    manage(&app, &path, CNSS_API_KEY, &reason).await.assert_ok();
    assert_eq!(stream.read().await, "");
}
