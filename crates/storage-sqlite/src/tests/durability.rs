//! What was acknowledged survives SIGKILL, and nothing survives by half (threats TF-01, TF-02, TS-02).

use std::sync::Arc;
use std::sync::mpsc::channel;

use mahfada_storage::conformance::sample::{self, hash, issuance_id, list_uri};
use mahfada_storage::conformance::{issuance::issue, run};
use mahfada_storage::{CodeState, End, IssuanceState, MAX_WRONG_TX_CODES, Outcome, Storage, StorageError};

use super::child::{self, Process};
use super::directory::Directory;
use crate::SqliteStorage;

const ROUNDS: u32 = 60;

fn open(directory: &Directory) -> Arc<dyn Storage> {
    Arc::new(SqliteStorage::open(directory.database()).unwrap())
}

/// A small generator, so that a failure can be repeated.
fn scatter(round: u32) -> u32 {
    let mut value = round.wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995;
    value ^= value << 13;
    value ^= value >> 17;
    value ^ (value << 5)
}

/// Issues three copies, revokes every third issuance, and says what is acknowledged.
#[test]
#[ignore = "runs as a child process of the tests in this file"]
fn issuer() {
    let Some(database) = child::database() else {
        return;
    };
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(database).unwrap());
    let first = run(&*storage, |unit| {
        unit.issuances().list_by_issuer(&sample::issuer(), 1_000)
    });
    let first = u32::try_from(first.len()).unwrap();
    child::say("ready");
    let (sender, receiver) = channel();
    for number in first..300 {
        submit_issuance(&*storage, number, &sender);
        // Keeps eight issuances in flight, so that a kill meets a group and not one work.
        if number - first >= 8 {
            receiver.recv().unwrap();
        }
    }
}

fn submit_issuance(storage: &dyn Storage, number: u32, sender: &std::sync::mpsc::Sender<()>) {
    let sender = sender.clone();
    storage.submit(
        Box::new(move |unit| {
            issue(unit, number, &[number * 3, number * 3 + 1, number * 3 + 2])?;
            if number.is_multiple_of(3) {
                unit.issuances().revoke(&issuance_id(number))?;
            }
            Ok(End::Commit)
        }),
        Box::new(move |answer| {
            answer.unwrap();
            child::say(&number.to_string());
            sender.send(()).unwrap_or(());
        }),
    );
}

fn check_issuances(storage: &dyn Storage, acknowledged: &[u32]) {
    let issued = run(storage, |unit| {
        unit.issuances().list_by_issuer(&sample::issuer(), 1_000)
    });
    for number in acknowledged {
        let id = issuance_id(*number);
        assert!(issued.iter().any(|issuance| issuance.id == id), "{id} was acknowledged");
    }
    let taken = run(storage, |unit| unit.status_lists().allocated_count(&list_uri(1)));
    assert_eq!(taken as usize, 3 * issued.len());
    let invalid = run(storage, |unit| unit.status_lists().non_zero(&list_uri(1)));
    for issuance in &issued {
        assert_eq!(issuance.copies.len(), 3);
        let revoked = issuance.state == IssuanceState::Revoked;
        assert!(
            issuance
                .copies
                .iter()
                .all(|copy| invalid.contains(&(copy.idx, 1)) == revoked)
        );
    }
}

#[test]
fn kill_loses_no_acknowledged_issuance_and_tears_none() {
    let mut directory = Directory::new();
    let mut total = 0;
    for round in 0..ROUNDS {
        // Every fifth round begins afresh; the others go on with the log the killed process left.
        if round % 5 == 0 {
            directory = Directory::new();
        }
        let mut issuer = Process::start("tests::durability::issuer", &directory.database());
        assert_eq!(issuer.hear().as_deref(), Some("ready"));
        let mut acknowledged: Vec<u32> = (0..scatter(round) % 24)
            .map_while(|_| issuer.hear()?.parse().ok())
            .collect();
        acknowledged.extend(issuer.kill().iter().filter_map(|line| line.parse::<u32>().ok()));
        check_issuances(&*open(&directory), &acknowledged);
        total += acknowledged.len();
    }
    assert!(
        total > 300,
        "only {total} acknowledged: the kills came too early to show anything"
    );
}

/// Tries a wrong transaction code once, says the count and waits to be killed.
#[test]
#[ignore = "runs as a child process of the tests in this file"]
fn guesser() {
    let Some(database) = child::database() else {
        return;
    };
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(database).unwrap());
    let answer: Result<Result<(), u8>, StorageError> = storage.execute_blocking(|unit| {
        let count = unit.pre_authorized_codes().record_wrong_tx_code(&hash(1))?;
        Ok(Outcome::RejectCommit(count))
    });
    child::say(&answer.unwrap().unwrap_err().to_string());
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn wrong_tx_code_is_counted_although_the_process_is_killed_after_the_refusal() {
    let directory = Directory::new();
    run(&*open(&directory), |unit| {
        unit.pre_authorized_codes().add(&sample::pre_authorized_code(1))
    });
    for expected in 1..=MAX_WRONG_TX_CODES {
        let mut guesser = Process::start("tests::durability::guesser", &directory.database());
        assert_eq!(guesser.hear(), Some(expected.to_string()));
        guesser.kill();
        let code = run(&*open(&directory), |unit| unit.pre_authorized_codes().lookup(&hash(1)));
        let code = code.unwrap();
        let burnt = expected == MAX_WRONG_TX_CODES;
        assert_eq!(code.wrong_tx_codes, expected);
        assert_eq!(code.state, if burnt { CodeState::Burnt } else { CodeState::Open });
    }
    let storage = open(&directory);
    assert!(!run(&*storage, |unit| unit.pre_authorized_codes().redeem(&hash(1))));
}

/// Allocates and adds, then dies inside the work, before the commit.
#[test]
#[ignore = "runs as a child process of the tests in this file"]
fn issuer_that_stops_halfway() {
    let Some(database) = child::database() else {
        return;
    };
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(database).unwrap());
    run(&*storage, |unit| {
        issue(unit, 1, &[1, 2])?;
        child::say("halfway");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        Ok(())
    });
}

#[test]
fn kill_inside_a_work_leaves_neither_issuance_nor_status() {
    let directory = Directory::new();
    let mut issuer = Process::start("tests::durability::issuer_that_stops_halfway", &directory.database());
    assert_eq!(issuer.hear().as_deref(), Some("halfway"));
    issuer.kill();
    let storage = open(&directory);
    assert_eq!(run(&*storage, |unit| unit.issuances().lookup(&issuance_id(1))), None);
    assert_eq!(
        run(&*storage, |unit| unit.status_lists().allocated_count(&list_uri(1))),
        0
    );
}

#[test]
fn dropping_the_store_finishes_what_waits() {
    let directory = Directory::new();
    let (sender, receiver) = channel();
    let storage = open(&directory);
    for number in 0..300_u32 {
        let sender = sender.clone();
        storage.submit(
            Box::new(move |unit| {
                unit.trust_memory().put(&number.to_string(), "1")?;
                Ok(End::Commit)
            }),
            Box::new(move |answer| sender.send(answer.is_ok()).unwrap()),
        );
    }
    drop((storage, sender));
    assert_eq!(receiver.iter().filter(|committed| *committed).count(), 300);
    let storage = open(&directory);
    let last = run(&*storage, |unit| unit.trust_memory().get("299"));
    assert_eq!(last.as_deref(), Some("1"));
}
