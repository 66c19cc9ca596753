//! Two processes with 200 works each want the same thing; one work of the 400 gets it
//! (threats TI-02, TI-03, TV-02, TS-03).

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::mpsc::channel;

use mahfada_storage::conformance::run;
use mahfada_storage::conformance::sample::{self, digest, hash};
use mahfada_storage::{End, Sealed, SingleUseKind, Storage, StorageError, UnitOfWork};

use super::child::{self, Process};
use super::directory::Directory;
use crate::SqliteStorage;

const WORKS: u32 = 200;
const ROUNDS: u32 = 17;

/// What is spent in one attempt.
type Spend = fn(&mut dyn UnitOfWork, u32) -> Result<bool, StorageError>;

const SPENDS: [(&str, Spend); 7] = [
    ("pre_authorized_code", |unit, n| {
        unit.pre_authorized_codes().redeem(&hash(n))
    }),
    ("authorization_code", |unit, n| {
        unit.authorization_codes().redeem(&hash(n), &hash(n + 1))
    }),
    ("c_nonce", |unit, n| {
        unit.single_use()
            .consume(SingleUseKind::CNonce, &digest(n), sample::LATER)
    }),
    ("dpop_jti", |unit, n| {
        unit.single_use()
            .consume(SingleUseKind::DpopJti, &digest(n), sample::LATER)
    }),
    ("card_session", |unit, n| unit.card_sessions().spend(&hash(n))),
    ("presentation", |unit, n| {
        let verdict = Sealed::new(vec![1]);
        unit.presentations()
            .answer(&sample::presentation_id(n), &verdict, Some(&hash(n)))
    }),
    ("status_index", |unit, n| {
        Ok(unit.status_lists().allocate(&sample::list_uri(1), &[n])?.is_some())
    }),
];

fn seed(storage: &dyn Storage) {
    run(storage, |unit| {
        unit.status_lists().create(&sample::status_list(1))?;
        for n in 0..ROUNDS {
            unit.pre_authorized_codes().add(&sample::pre_authorized_code(n))?;
            unit.authorization_codes().add(&sample::authorization_code(n))?;
            unit.card_sessions().add(&sample::card_session(n))?;
            unit.presentations().add(&sample::presentation(n))?;
        }
        Ok(())
    });
}

/// Submits all works of a round before waiting for one, and counts who won, lost and failed.
fn race(storage: &dyn Storage, spend: Spend, round: u32) -> [usize; 3] {
    let (sender, receiver) = channel();
    for _ in 0..WORKS {
        let sender = sender.clone();
        storage.submit(
            Box::new(move |unit| {
                Ok(if spend(unit, round)? {
                    End::Commit
                } else {
                    End::RejectRollback
                })
            }),
            Box::new(move |answer| sender.send(answer).unwrap()),
        );
    }
    drop(sender);
    let answers: Vec<_> = receiver.iter().collect();
    [Some(End::Commit), Some(End::RejectRollback), None].map(|end| {
        answers
            .iter()
            .filter(|answer| answer.as_ref().ok() == end.as_ref())
            .count()
    })
}

#[test]
#[ignore = "runs as a child process of the tests in this file"]
fn racer() {
    let Some(database) = child::database() else {
        return;
    };
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(database).unwrap());
    let spends = BTreeMap::from(SPENDS);
    child::say("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (name, round) = line.split_once(' ').unwrap();
        let [won, lost, failed] = race(&*storage, spends[name], round.parse().unwrap());
        child::say(&format!("{won} {lost} {failed}"));
    }
}

fn hear_counts(process: &mut Process) -> [u32; 3] {
    let line = process.hear().unwrap();
    let counts: Vec<u32> = line.split(' ').map(|count| count.parse().unwrap()).collect();
    counts.try_into().unwrap()
}

#[test]
fn exactly_one_of_400_works_in_two_processes_succeeds() {
    let directory = Directory::new();
    seed(&SqliteStorage::open(directory.database()).unwrap());
    let racer = || Process::start("tests::two_processes::racer", &directory.database());
    let mut processes = [racer(), racer()];
    for process in &mut processes {
        assert_eq!(process.hear().as_deref(), Some("ready"));
    }
    for round in 0..ROUNDS {
        for (name, _) in SPENDS {
            for process in &mut processes {
                process.send(&format!("{name} {round}"));
            }
            let [one, two] = processes.each_mut().map(hear_counts);
            let [won, lost, failed] = [one[0] + two[0], one[1] + two[1], one[2] + two[2]];
            assert_eq!([won, lost, failed], [1, 2 * WORKS - 1, 0], "{name} {round}");
        }
    }
}

#[test]
fn two_processes_open_one_new_database_at_once() {
    let directory = Directory::new();
    let racer = || Process::start("tests::two_processes::racer", &directory.database());
    let mut processes = [racer(), racer(), racer()];
    for process in &mut processes {
        assert_eq!(process.hear().as_deref(), Some("ready"));
    }
}
