//! What the issuer acknowledged survives SIGKILL at any step, and nothing survives by half (TF-01, TF-02).
//!
//! The issuer runs as a child process of the test: this test binary, started again for one ignored test. It says every
//! answer that a wallet got; the test kills it in between, opens the database and holds it to what was said.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use actix_web::web::Data;
use mahfada_storage::{CardSessionState, CodeState, IssuanceState, Storage, StorageError, TokenHash, UnitOfWork};
use mahfada_web::token::hash_token;

use super::way_a::{credentials, indexes};
use crate::app::App;
use crate::fixture::agency::redeem;
use crate::fixture::wallet::{json_post, nonce, request_body};
use crate::fixture::{CNSS, PID, Wallet, World, card, offer, public, stored};

const FOLDER: &str = "MAHFADA_ISSUER_TEST_FOLDER";
const ROUNDS: u32 = 60;
/// How many rounds go on with one database, each on the log that a killed process left.
const ROUNDS_PER_DATABASE: u32 = 10;

fn say(words: &[&str]) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "@{}", words.join(" ")).unwrap();
    output.flush().unwrap();
}

/// Issues by both ways until it is killed, and says each answer once it has it.
#[test]
#[ignore = "runs as a child process of the test in this file"]
fn issuer() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let world = World::of_another_process(PathBuf::from(folder));
    let app = world.app_with_system_random();
    actix_web::rt::System::new().block_on(async {
        for number in 0..10_000 {
            let seed = format!("{} {number}", std::process::id());
            issue_by_card(&world, &app, &seed).await;
            issue_by_offer(&world, &app, &seed).await;
        }
    });
}

async fn issue_by_card(world: &World, app: &Data<App>, seed: &str) {
    let wallet = Wallet::new(seed, 2);
    let challenged = wallet.start(app).await;
    say(&["session", &challenged.auth_session]);
    let answer = wallet.tap(app, &challenged, card(1).chip()).await;
    let code = answer.text("authorization_code");
    say(&["code", &challenged.auth_session, &code]);
    let token = wallet.redeem(app, &code).await.text("access_token");
    say(&["token", &code, &token]);
    let answer = wallet.credentials(app, &token).await;
    let places = indexes(&credentials(world, "pid", &answer));
    let places: Vec<String> = places.iter().map(u64::to_string).collect();
    say(&["issued", PID, &token, &places.join(",")]);
}

async fn issue_by_offer(world: &World, app: &Data<App>, seed: &str) {
    let offer = offer(app, "112233", true).await;
    let (code, tx_code) = (offer.code(), offer.tx_code.clone());
    say(&["offer", &code]);
    redeem(app, &code, Some(offer.wrong_tx_code())).await;
    say(&["wrong", &code]);
    let answer = redeem(app, &code, tx_code.as_deref()).await;
    let token = answer.text("access_token");
    say(&["redeemed", &code, &token]);
    let wallet = Wallet::at(CNSS, seed, 1);
    let nonce = nonce(app, CNSS).await;
    let body = request_body("rights", &wallet.proofs(&nonce, world.now()));
    let request = json_post(CNSS, "/credential", &body).insert_header(("authorization", format!("Bearer {token}")));
    let places = indexes(&credentials(world, "cnss", &public(app, request).await));
    say(&["issued", CNSS, &token, &places[0].to_string()]);
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::kill::issuer", "--ignored"])
        .args(["--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets an issuer answer so many times, kills it, and returns everything that it said.
fn run_and_kill(folder: &Path, answers: usize) -> Vec<Vec<String>> {
    let mut child = start(folder);
    let output = BufReader::new(child.stdout.take().unwrap());
    // The harness begins a line with the test's name and leaves it open.
    let mut said = output
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.split_once('@').map(|(_, said)| said.to_owned()));
    let mut lines: Vec<String> = said.by_ref().take(answers).collect();
    assert_eq!(lines.len(), answers, "the issuer ended by itself: {lines:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    lines.extend(said);
    let words = |line: &String| line.split(' ').map(str::to_owned).collect();
    lines.iter().map(words).collect()
}

/// A small generator, so that a failure can be repeated.
fn scatter(round: u32) -> u32 {
    let mut value = round.wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995;
    value ^= value << 13;
    value ^= value >> 17;
    value ^ (value << 5)
}

fn find<T: Send + 'static>(
    app: &App,
    secret: &str,
    look: impl FnOnce(&mut dyn UnitOfWork, &TokenHash) -> Result<Option<T>, StorageError> + Send + 'static,
) -> T {
    let hash = TokenHash::new(hash_token(secret, app.crypto.digest));
    let storage: &dyn Storage = &*app.storage;
    stored(storage, move |unit| look(unit, &hash)).expect("it was acknowledged")
}

fn check_acknowledged(app: &App, words: &[String]) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words {
        ["session", session] => {
            find(app, session, |unit, hash| unit.card_sessions().lookup(hash));
        }
        ["code", session, code] => {
            let session = find(app, session, |unit, hash| unit.card_sessions().lookup(hash));
            assert_eq!(session.state, CardSessionState::Spent);
            find(app, code, |unit, hash| unit.authorization_codes().lookup(hash));
        }
        ["token", code, token] => {
            let code = find(app, code, |unit, hash| unit.authorization_codes().lookup(hash));
            let token = find(app, token, |unit, hash| unit.access_tokens().lookup(hash));
            assert_eq!(code.redeemed_for, Some(token.hash));
            assert!(!token.revoked);
        }
        ["offer", code] => {
            find(app, code, |unit, hash| unit.pre_authorized_codes().lookup(hash));
        }
        ["wrong", code] => {
            let code = find(app, code, |unit, hash| unit.pre_authorized_codes().lookup(hash));
            assert_eq!(code.wrong_tx_codes, 1);
        }
        ["redeemed", code, token] => {
            let code = find(app, code, |unit, hash| unit.pre_authorized_codes().lookup(hash));
            assert_eq!(code.state, CodeState::Redeemed);
            find(app, token, |unit, hash| unit.access_tokens().lookup(hash));
        }
        ["issued", issuer, token, places] => {
            let token = find(app, token, |unit, hash| unit.access_tokens().lookup(hash));
            let id = token.issuance.expect("the issuance was acknowledged");
            let issuance = stored(&*app.storage, move |unit| unit.issuances().lookup(&id)).unwrap();
            assert_eq!(
                (issuance.issuer.as_str(), issuance.state),
                (issuer, IssuanceState::Valid)
            );
            let mut acknowledged: Vec<u32> = places.split(',').map(|idx| idx.parse().unwrap()).collect();
            acknowledged.sort_unstable();
            let mut kept: Vec<u32> = issuance.copies.iter().map(|copy| copy.idx).collect();
            kept.sort_unstable();
            assert_eq!(kept, acknowledged);
        }
        ref other => panic!("{other:?}"),
    }
}

/// Every index that is taken belongs to a copy of an issuance.
fn check_nothing_by_half(app: &Data<App>) {
    for issuer in [PID, CNSS] {
        let copies: usize = World::issuances(app, issuer)
            .iter()
            .map(|issuance| issuance.copies.len())
            .sum();
        assert_eq!(World::allocated(app, issuer) as usize, copies);
    }
}

/// A redeemed code is refused by the next process too.
fn check_codes_stay_redeemed(app: &Data<App>, said: &[Vec<String>]) {
    let code = said.iter().rev().find(|words| words[0] == "redeemed");
    let Some(words) = code else { return };
    actix_web::rt::System::new().block_on(async {
        let answer = redeem(app, &words[1], Some("000000")).await;
        answer.assert_refused(400, "invalid_grant", "code_consumed");
    });
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_step() {
    let mut world = World::new();
    let mut total = 0;
    for round in 0..ROUNDS {
        if round % ROUNDS_PER_DATABASE == 0 {
            world = World::new();
        }
        let answers = usize::try_from(scatter(round) % 14).unwrap();
        let said = run_and_kill(world.folder.path(), answers);
        let app = world.app_with_system_random();
        for words in &said {
            check_acknowledged(&app, words);
        }
        check_nothing_by_half(&app);
        check_codes_stay_redeemed(&app, &said);
        total += said.len();
    }
    assert!(
        total > 200,
        "only {total} acknowledged: the kills came too early to show anything"
    );
}
