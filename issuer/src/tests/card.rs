//! What the card session refuses, and what a refusal costs (decisions D2, D3, D13; TI-14, TI-37).

use mahfada_eid::CARD_EVIDENCE_TYP;
use mahfada_eid::testing::{CardOptions, Citizen, TestCard};
use mahfada_jose::JwsBuilder;
use mahfada_storage::{CardSessionState, TokenHash};
use mahfada_web::token::hash_token;

use crate::app::App;
use crate::fixture::wallet::{read_card, sign_evidence};
use crate::fixture::{CNSS, Challenged, NOW, Wallet, World, card, public, stored};
use actix_web::web::Data;

pub(super) fn state(app: &Data<App>, challenged: &Challenged) -> CardSessionState {
    let hash = TokenHash::new(hash_token(&challenged.auth_session, app.crypto.digest));
    let session = stored(&*app.storage, move |unit| unit.card_sessions().lookup(&hash));
    session.unwrap().state
}

#[actix_web::test]
async fn a_copied_card_is_refused_and_costs_its_session() {
    let app = World::new().app();
    let wallet = Wallet::new("copy", 1);
    let challenged = wallet.start(&app).await;
    let answer = wallet.tap(&app, &challenged, card(1).copied_chip()).await;
    answer.assert_refused(400, "access_denied", "aa_signature_invalid");
    assert_eq!(state(&app, &challenged), CardSessionState::Spent);
}

#[actix_web::test]
async fn a_card_without_a_chip_key_has_no_protection_against_copies() {
    let app = World::new().app();
    let wallet = Wallet::new("no dg15", 1);
    let options = CardOptions {
        chip_key: false,
        ..CardOptions::default()
    };
    let keyless = TestCard::with_options(1, &Citizen::sample(), NOW, &options);
    let challenged = wallet.start(&app).await;
    let answer = wallet.tap(&app, &challenged, keyless.chip()).await;
    answer.assert_refused(400, "access_denied", "no_clone_protection");
}

#[actix_web::test]
async fn a_card_of_another_authority_is_refused() {
    let app = World::new().app();
    let wallet = Wallet::new("other authority", 1);
    let options = CardOptions {
        authority_seed: 7,
        ..CardOptions::default()
    };
    let foreign = TestCard::with_options(1, &Citizen::sample(), NOW, &options);
    let challenged = wallet.start(&app).await;
    let answer = wallet.tap(&app, &challenged, foreign.chip()).await;
    answer.assert_refused(400, "access_denied", "untrusted_issuer");
}

#[actix_web::test]
async fn a_card_session_below_the_least_level_is_refused() {
    let world = World::new().configured("[card]\n", "[card]\nleast_level = \"substantial\"\n");
    let app = world.app();
    let wallet = Wallet::new("level", 1);
    let challenged = wallet.start(&app).await;
    let answer = wallet.tap(&app, &challenged, card(1).chip()).await;
    answer.assert_refused(400, "access_denied", "assurance_too_low");
}

#[actix_web::test]
async fn evidence_of_one_session_does_not_count_in_another() {
    let app = World::new().app();
    let wallet = Wallet::new("two sessions", 1);
    let (first, second) = (wallet.start(&app).await, wallet.start(&app).await);
    let evidence = read_card(card(1).chip(), &first.challenge, NOW);
    let answer = wallet
        .send(&app, &second.auth_session, wallet.sign_evidence(&evidence))
        .await;
    answer.assert_refused(400, "access_denied", "evidence_session");
    assert_eq!(state(&app, &second), CardSessionState::Spent);
    assert_eq!(state(&app, &first), CardSessionState::Open);
}

#[actix_web::test]
async fn the_answer_to_another_challenge_is_refused_although_the_evidence_names_this_session() {
    let app = World::new().app();
    let wallet = Wallet::new("relabelled", 1);
    let (first, second) = (wallet.start(&app).await, wallet.start(&app).await);
    let mut evidence = read_card(card(1).chip(), &first.challenge, NOW);
    evidence.session.clone_from(&second.challenge.session);
    evidence.nonce.clone_from(&second.challenge.nonce);
    let answer = wallet
        .send(&app, &second.auth_session, wallet.sign_evidence(&evidence))
        .await;
    answer.assert_refused(400, "access_denied", "aa_signature_invalid");
}

#[actix_web::test]
async fn a_session_of_another_wallet_is_closed_to_this_one_and_stays_open() {
    let app = World::new().app();
    let (owner, thief) = (Wallet::new("owner", 1), Wallet::new("thief", 1));
    let challenged = owner.start(&app).await;
    let evidence = read_card(card(1).chip(), &challenged.challenge, NOW);
    let unnamed = JwsBuilder::new(CARD_EVIDENCE_TYP).sign(&evidence, &*thief.key).unwrap();
    for signed in [unnamed, thief.sign_evidence(&evidence), owner.sign_evidence(&evidence)] {
        let answer = thief.send(&app, &challenged.auth_session, signed).await;
        answer.assert_refused(400, "access_denied", "binding_mismatch");
    }
    assert_eq!(state(&app, &challenged), CardSessionState::Open);
    let answer = owner.tap(&app, &challenged, card(1).chip()).await;
    answer.assert_ok();
}

#[actix_web::test]
async fn evidence_by_another_key_is_refused_and_spends_nothing() {
    let app = World::new().app();
    let (wallet, other) = (Wallet::new("signer", 1), Wallet::new("other signer", 1));
    let challenged = wallet.start(&app).await;
    let evidence = read_card(card(1).chip(), &challenged.challenge, NOW);
    let named = sign_evidence(&*other.key, &evidence);
    let answer = wallet.send(&app, &challenged.auth_session, named).await;
    answer.assert_refused(400, "access_denied", "binding_mismatch");
    let mut broken = wallet.sign_evidence(&evidence);
    broken.truncate(broken.len() - 86);
    broken.push_str(&"A".repeat(86));
    for garbage in [broken, "a.b.c".to_owned()] {
        let answer = wallet.send(&app, &challenged.auth_session, garbage).await;
        answer.assert_refused(400, "access_denied", "evidence_signature");
    }
    assert_eq!(state(&app, &challenged), CardSessionState::Open);
}

#[actix_web::test]
async fn a_challenge_can_be_answered_for_two_minutes() {
    for (late, accepted) in [(120, true), (121, false)] {
        let world = World::new();
        let app = world.app();
        let wallet = Wallet::new("slow", 1);
        let challenged = wallet.start(&app).await;
        world.clock.advance(late);
        let answer = wallet.tap(&app, &challenged, card(1).chip()).await;
        if accepted {
            answer.assert_ok();
        } else {
            answer.assert_refused(400, "invalid_session", "challenge_expired");
        }
    }
}

#[actix_web::test]
async fn evidence_from_before_the_session_or_from_the_future_is_refused() {
    for wrong in [NOW.minus(61), NOW.plus(61)] {
        let app = World::new().app();
        let wallet = Wallet::new("time", 1);
        let challenged = wallet.start(&app).await;
        let evidence = read_card(card(1).chip(), &challenged.challenge, wrong);
        let signed = wallet.sign_evidence(&evidence);
        let answer = wallet.send(&app, &challenged.auth_session, signed).await;
        answer.assert_refused(400, "access_denied", "evidence_time");
    }
}

#[actix_web::test]
async fn a_session_is_answered_once() {
    let app = World::new().app();
    let wallet = Wallet::new("twice", 1);
    let challenged = wallet.start(&app).await;
    let answer = wallet.tap(&app, &challenged, card(1).chip()).await;
    answer.assert_ok();
    let answer = wallet.tap(&app, &challenged, card(1).chip()).await;
    answer.assert_refused(400, "invalid_session", "session_consumed");
}

#[actix_web::test]
async fn a_session_is_unknown_to_another_issuer() {
    let app = World::new().app();
    let wallet = Wallet::new("elsewhere", 1);
    let challenged = wallet.start(&app).await;
    let evidence = read_card(card(1).chip(), &challenged.challenge, NOW);
    let elsewhere = Wallet::at(CNSS, "elsewhere", 1);
    let answer = elsewhere
        .send(&app, &challenged.auth_session, wallet.sign_evidence(&evidence))
        .await;
    answer.assert_refused(400, "invalid_session", "session_unknown");
}

#[actix_web::test]
async fn what_is_issued_by_offer_cannot_be_had_by_card() {
    let app = World::new().app();
    let wallet = Wallet::new("scope", 1);
    let form = wallet.initial().to_form().replace("scope=pid", "scope=extract");
    let answer = public(&app, wallet.form(&app, "/authorization-challenge", form)).await;
    answer.assert_refused(400, "invalid_scope", "unknown_scope");
}

#[actix_web::test]
async fn a_proof_opens_one_session() {
    let app = World::new().app();
    let wallet = Wallet::new("dpop", 1);
    let url = format!("{}/authorization-challenge", wallet.issuer);
    let proof = wallet.dpop(&url, None, NOW);
    for first in [true, false] {
        let form = wallet.initial().to_form();
        let request = crate::fixture::wallet::form_post(wallet.issuer, "/authorization-challenge", form)
            .insert_header(("dpop", proof.clone()));
        let answer = public(&app, request).await;
        if first {
            assert_eq!(answer.text("error"), "insufficient_authorization");
        } else {
            answer.assert_refused(400, "invalid_dpop_proof", "dpop_replayed");
        }
    }
}

/// TI-26: without PKCE, or with a challenge that is its own verifier, nothing starts.
#[actix_web::test]
async fn an_authorization_needs_an_s256_challenge() {
    let app = World::new().app();
    let wallet = Wallet::new("pkce", 1);
    let form = wallet.initial().to_form();
    let without: Vec<&str> = form
        .split('&')
        .filter(|parameter| !parameter.starts_with("code_challenge"))
        .collect();
    for (form, code) in [
        (
            form.replace("code_challenge_method=S256", "code_challenge_method=plain"),
            "code_challenge_method",
        ),
        (without.join("&"), "parameter_missing"),
        (format!("{form}&scope=pid"), "duplicate_parameter"),
    ] {
        let answer = public(&app, wallet.form(&app, "/authorization-challenge", form)).await;
        answer.assert_refused(400, "invalid_request", code);
    }
}
