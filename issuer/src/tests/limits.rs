//! What nobody may do too often, and what is forgotten when it has ended (TI-06, TI-37).

use mahfada_storage::{CardSessionState, PURGE_BATCH, SingleUseKind};

use super::card::state;
use crate::fixture::agency::redeem;
use crate::fixture::{Answer, Wallet, World, card, offer, public, show, stored};

#[track_caller]
fn assert_limited(answer: &Answer) {
    answer.assert_refused(429, "temporarily_unavailable", "rate_limited");
    assert!(answer.headers["retry-after"].parse::<u32>().unwrap() > 0);
}

#[actix_web::test]
async fn an_address_opens_so_many_card_sessions() {
    let limit = "per_address = { requests = 2, per_seconds = 3600 }";
    let app = World::new().configured("per_address = { requests = 0 }", limit).app();
    let wallet = Wallet::new("address", 1);
    wallet.start(&app).await;
    wallet.start(&app).await;
    let request = wallet.form(&app, "/authorization-challenge", wallet.initial().to_form());
    assert_limited(&public(&app, request).await);
}

#[actix_web::test]
async fn a_card_and_a_person_are_accepted_so_often() {
    for limited in ["per_card", "per_person"] {
        let off = format!("{limited} = {{ requests = 0 }}");
        let limit = format!("{limited} = {{ requests = 1, per_seconds = 3600 }}");
        let app = World::new().configured(&off, &limit).app();
        // A refused card counts for nobody: it proved nothing.
        let wallet = Wallet::new("copy", 1);
        let challenged = wallet.start(&app).await;
        let answer = wallet.tap(&app, &challenged, card(1).copied_chip()).await;
        answer.assert_refused(400, "access_denied", "aa_signature_invalid");
        Wallet::new("first", 1).code(&app).await;
        let wallet = Wallet::new("second", 1);
        let challenged = wallet.start(&app).await;
        assert_limited(&wallet.tap(&app, &challenged, card(1).chip()).await);
        assert_eq!(state(&app, &challenged), CardSessionState::Spent);
        // Another card of the same person is another card, but no other person.
        let challenged = wallet.start(&app).await;
        let answer = wallet.tap(&app, &challenged, card(2).chip()).await;
        assert_eq!(
            answer.status,
            if limited == "per_card" { 200 } else { 429 },
            "{limited}"
        );
    }
}

/// Every issuance takes status indexes for ever, so lost answers do not come without end.
#[actix_web::test]
async fn a_token_issues_five_times() {
    let app = World::new().app();
    let wallet = Wallet::new("greedy", 2);
    let token = wallet.token(&app).await;
    for _ in 0..5 {
        wallet.credentials(&app, &token).await.assert_ok();
    }
    let answer = wallet.credentials(&app, &token).await;
    answer.assert_refused(400, "credential_request_denied", "issued_too_often");
    assert_eq!(World::allocated(&app, crate::fixture::PID), 10);
    let states: Vec<_> = World::issuances(&app, crate::fixture::PID)
        .iter()
        .map(|issuance| issuance.state)
        .collect();
    let valid = states
        .iter()
        .filter(|state| **state == mahfada_storage::IssuanceState::Valid);
    assert_eq!((states.len(), valid.count()), (5, 1));
}

/// The store forgets piece by piece, so that others need not wait; in the end all of it is gone.
#[actix_web::test]
async fn however_much_has_ended_all_of_it_is_forgotten() {
    let world = World::new();
    let app = world.app();
    let (many, now) = (2 * PURGE_BATCH + 1, world.now());
    stored(&*app.storage, move |unit| {
        for number in 0..many {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            unit.single_use().consume(SingleUseKind::CNonce, &hash, now)?;
        }
        Ok(())
    });
    world.clock.advance(61);
    assert_eq!(app.forget_expired().await.unwrap(), u64::from(many));
}

#[actix_web::test]
async fn what_has_ended_is_forgotten_after_a_day() {
    let world = World::new();
    let app = world.app();
    Wallet::new("ended", 1).code(&app).await;
    let offer = offer(&app, "112233", false).await;
    let path = format!("/v1/offers/{}", offer.id);
    world.clock.advance(600 + 86_400);
    app.forget_expired().await.unwrap();
    assert_eq!(
        show(&app, &path, crate::fixture::CNSS_API_KEY).await.text("state"),
        "expired"
    );
    world.clock.advance(1);
    // The offer; the card session and its code ended before it.
    assert_eq!(app.forget_expired().await.unwrap(), 1);
    assert_eq!(show(&app, &path, crate::fixture::CNSS_API_KEY).await.status, 404);
    let answer = redeem(&app, &offer.code(), None).await;
    answer.assert_refused(400, "invalid_grant", "code_unknown");
}
