//! What counts once counts once for 200 requests at a time over two issuers on one database (TI-02, TI-03, TI-07).

use actix_web::test::TestRequest;
use actix_web::web::Data;
use mahfada_storage::{CodeState, OfferId};

use crate::app::App;
use crate::fixture::agency::redemption;
use crate::fixture::wallet::{form_post, identified_body, json_post, nonce, read_card};
use crate::fixture::{Answer, CNSS, Offer, PID, Wallet, World, card, offer, public, stored};

const REQUESTS: usize = 200;
const ROUNDS: usize = 4;

/// Sends all requests at once, to the issuers in turn.
async fn race(apps: &[Data<App>; 2], requests: Vec<TestRequest>) -> Vec<Answer> {
    let tasks: Vec<_> = requests
        .into_iter()
        .zip(apps.iter().cycle())
        .map(|(request, app)| {
            let app = app.clone();
            actix_web::rt::spawn(async move { public(&app, request).await })
        })
        .collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// One answer is good; every other one is this refusal.
#[track_caller]
fn assert_one(answers: &[Answer], refusal: (u16, &str, &str)) -> Answer {
    let (status, error, code) = refusal;
    let (good, bad): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(good.len(), 1, "{:?}", bad.first().map(|answer| answer.refusal()));
    for answer in bad {
        answer.assert_refused(status, error, code);
    }
    good[0].clone()
}

fn two(world: &World) -> [Data<App>; 2] {
    [world.app(), world.app()]
}

#[actix_web::test]
async fn a_pre_authorized_code_buys_one_token() {
    let world = World::new();
    let apps = two(&world);
    for _ in 0..ROUNDS {
        let offer = offer(&apps[0], "112233", true).await;
        let form = redemption(&offer.code(), offer.tx_code.as_deref());
        let requests = (0..REQUESTS).map(|_| form_post(CNSS, "/token", form.clone())).collect();
        let answers = race(&apps, requests).await;
        assert_one(&answers, (400, "invalid_grant", "code_consumed"));
    }
}

#[actix_web::test]
async fn an_authorization_code_buys_one_token_and_the_second_use_revokes_it() {
    let world = World::new();
    let apps = two(&world);
    for round in 0..ROUNDS {
        let wallet = Wallet::new(&format!("code {round}"), 1);
        let code = wallet.code(&apps[0]).await;
        let form = wallet.redemption(&code).to_form();
        let requests = (0..REQUESTS)
            .map(|_| wallet.form(&apps[0], "/token", form.clone()))
            .collect();
        let answers = race(&apps, requests).await;
        let good = assert_one(&answers, (400, "invalid_grant", "code_consumed"));
        let token = good.text("access_token");
        let answer = wallet.credentials(&apps[1], &token).await;
        answer.assert_refused(401, "invalid_token", "token_unusable");
    }
}

#[actix_web::test]
async fn a_proof_of_possession_serves_one_request() {
    let world = World::new();
    let apps = two(&world);
    for round in 0..ROUNDS {
        let wallet = Wallet::new(&format!("dpop {round}"), 1);
        let token = wallet.token(&apps[0]).await;
        let proof = wallet.dpop(&format!("{PID}/credential"), Some(&token), world.now());
        let mut requests = Vec::new();
        for _ in 0..REQUESTS / 4 {
            let nonce = nonce(&apps[0], PID).await;
            let body = identified_body(&apps[0], &token, &wallet.proofs(&nonce, world.now()));
            let request = json_post(PID, "/credential", &body)
                .insert_header(("authorization", format!("DPoP {token}")))
                .insert_header(("dpop", proof.clone()));
            requests.push(request);
        }
        let answers = race(&apps, requests).await;
        assert_one(&answers, (401, "invalid_dpop_proof", "dpop_replayed"));
        let allocated = World::allocated(&apps[0], PID);
        assert_eq!(allocated, u32::try_from(round).unwrap() + 1);
    }
}

#[actix_web::test]
async fn a_nonce_serves_one_request() {
    let world = World::new();
    let apps = two(&world);
    for round in 0..ROUNDS {
        let wallet = Wallet::new(&format!("nonce {round}"), 1);
        let token = wallet.token(&apps[0]).await;
        let nonce = nonce(&apps[0], PID).await;
        let body = identified_body(&apps[0], &token, &wallet.proofs(&nonce, world.now()));
        let requests = (0..REQUESTS)
            .map(|_| wallet.credential_post(&apps[0], &token, &body))
            .collect();
        let answers = race(&apps, requests).await;
        assert_one(&answers, (400, "invalid_nonce", "nonce_replayed"));
        let allocated = World::allocated(&apps[0], PID);
        assert_eq!(allocated, u32::try_from(round).unwrap() + 1);
    }
}

#[actix_web::test]
async fn a_card_session_gives_one_code() {
    let world = World::new();
    let apps = two(&world);
    let wallet = Wallet::new("session", 1);
    let challenged = wallet.start(&apps[0]).await;
    let evidence = read_card(card(1).chip(), &challenged.challenge, world.now());
    let form = mahfada_oauth2::AuthorizationChallengeRequest::Continue {
        auth_session: mahfada_base::Secret::new(challenged.auth_session.clone()),
        evidence: wallet.sign_evidence(&evidence),
    }
    .to_form();
    let requests = (0..REQUESTS)
        .map(|_| wallet.form(&apps[0], "/authorization-challenge", form.clone()))
        .collect();
    let answers = race(&apps, requests).await;
    assert_one(&answers, (400, "invalid_session", "session_consumed"));
}

fn state(app: &Data<App>, offer: &Offer) -> (CodeState, u8) {
    let id = OfferId::new(offer.id.clone());
    let code = stored(&*app.storage, move |unit| {
        unit.pre_authorized_codes().lookup_by_offer(&id)
    });
    let code = code.unwrap();
    (code.state, code.wrong_tx_codes)
}

/// Five guesses are judged; all others, the right one among them, meet a burnt code.
#[actix_web::test]
async fn guesses_in_parallel_are_judged_five_times() {
    let world = World::new();
    let apps = two(&world);
    for _ in 0..ROUNDS {
        let offer = offer(&apps[0], "112233", true).await;
        let right = offer.tx_code.clone().unwrap();
        let mut guesses = (0..REQUESTS)
            .map(|guess| format!("{guess:06}"))
            .filter(|guess| *guess != right)
            .collect::<Vec<_>>();
        guesses.push(right);
        let requests = guesses
            .iter()
            .map(|guess| form_post(CNSS, "/token", redemption(&offer.code(), Some(guess))))
            .collect();
        let answers = race(&apps, requests).await;
        let count = |code: &str| answers.iter().filter(|answer| answer.refusal().2 == code).count();
        assert_eq!((count("tx_code_wrong"), count("code_locked")), (5, guesses.len() - 5));
        assert_eq!(state(&apps[1], &offer), (CodeState::Burnt, 5));
    }
}
