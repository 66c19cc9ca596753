//! Full disks, failed commits and failed writes (threats TF-03, TF-04).

use std::sync::Arc;
use std::sync::mpsc::channel;

use mahfada_storage::conformance::{attempt, run};
use mahfada_storage::{End, Storage, StorageError};
use rusqlite::Connection;

use super::directory::Directory;
use crate::batch::{self, Health, Job};
use crate::{SqliteStorage, connection};

type Answer = Result<End, StorageError>;

/// Runs works in one group on a connection and returns their answers.
fn put_all(connection: &Connection, values: &[(&'static str, usize)]) -> (Vec<Answer>, Health) {
    let (sender, receiver) = channel();
    let jobs = values.iter().map(|&(key, length)| {
        let sender = sender.clone();
        Job {
            work: Box::new(move |unit| {
                unit.trust_memory().put(key, &"x".repeat(length))?;
                Ok(End::Commit)
            }),
            done: Box::new(move |answer| sender.send(answer).unwrap()),
        }
    });
    let health = batch::run(connection, jobs.collect());
    drop(sender);
    (receiver.iter().collect(), health)
}

fn codes(answers: &[Answer]) -> Vec<&'static str> {
    answers
        .iter()
        .map(|answer| answer.as_ref().map_or_else(StorageError::code, |_| "kept"))
        .collect()
}

fn count(connection: &Connection) -> u32 {
    connection
        .query_row("SELECT count(*) FROM trust_memory", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn failed_commit_acknowledges_no_work_of_the_group() {
    let connection = connection::in_memory().unwrap();
    // A deferred foreign key is checked by the commit alone.
    connection
        .execute_batch(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY);
             CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER break_commit AFTER INSERT ON trust_memory WHEN NEW.key = 'bad'
             BEGIN INSERT INTO child VALUES (1); END;",
        )
        .unwrap();
    let (answers, _) = put_all(&connection, &[("a", 1), ("bad", 1), ("b", 1)]);
    assert_eq!(codes(&answers), ["storage_conflict"; 3]);
    assert_eq!(count(&connection), 0);
    let (answers, health) = put_all(&connection, &[("a", 1), ("b", 1)]);
    assert_eq!(codes(&answers), ["kept"; 2]);
    assert!(matches!(health, Health::Good));
}

#[test]
fn full_disk_refuses_writes_and_recovers_by_itself() {
    let directory = Directory::new();
    let connection = connection::open(&directory.database()).unwrap();
    let limit = |pages: u32| {
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, u32>(0))
            .unwrap()
    };
    let unlimited = limit(u32::MAX - 1);
    limit(1);
    let (answers, health) = put_all(&connection, &[("a", 100_000), ("b", 100_000)]);
    assert_eq!(codes(&answers), ["storage_full"; 2]);
    assert!(matches!(health, Health::Good));
    assert_eq!(count(&connection), 0);
    limit(unlimited);
    let (answers, _) = put_all(&connection, &[("a", 100_000)]);
    assert_eq!(codes(&answers), ["kept"]);
}

#[test]
fn durability_settings_are_on() {
    let directory = Directory::new();
    let connection = connection::open(&directory.database()).unwrap();
    let number = |pragma| {
        connection
            .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let names = ["synchronous", "foreign_keys", "secure_delete", "wal_autocheckpoint"];
    assert_eq!(names.map(number), [2, 1, 1, 0]);
    let mode: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[cfg(target_os = "linux")]
mod failed_write {
    use super::*;
    use crate::tests::child::{self, Process};

    /// Writes until a write fails, then says how it failed and whether the store has stopped for good.
    #[test]
    #[ignore = "runs as a child process of the test in this file"]
    fn writer() {
        let Some(database) = child::database() else {
            return;
        };
        let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(database).unwrap());
        let mut failed = Ok(());
        for number in 0..10_000_u32 {
            let key = number.to_string();
            failed = attempt(&*storage, move |unit| {
                unit.trust_memory().put(&key, &"x".repeat(10_000))
            });
            if failed.is_err() {
                break;
            }
            child::say(&number.to_string());
        }
        let again = attempt(&*storage, |unit| unit.trust_memory().put("small", "x"));
        let ready = storage.ready();
        let stopped = [failed, again, ready].map(|answer| answer.err().map(|error| error.code()));
        child::say(&format!("{stopped:?}"));
    }

    #[test]
    fn failed_write_of_a_commit_stops_the_store_for_good() {
        let directory = Directory::new();
        let database = directory.database();
        let name = "tests::fault::failed_write::writer";
        let mut writer = Process::start_with_file_limit(name, &database, 2_000);
        let mut acknowledged = 0;
        let stopped = loop {
            let line = writer.hear().unwrap();
            match line.parse::<u32>() {
                Ok(number) => acknowledged = number + 1,
                Err(_) => break line,
            }
        };
        let unavailable = r#"Some("storage_unavailable")"#;
        let undecided = r#"Some("storage_undecided")"#;
        assert_eq!(stopped, format!("[{undecided}, {unavailable}, {unavailable}]"));
        assert!(acknowledged > 10);
        let storage = SqliteStorage::open(&database).unwrap();
        for number in 0..acknowledged {
            let key = number.to_string();
            assert!(
                run(&storage, move |unit| unit.trust_memory().get(&key)).is_some(),
                "{number}"
            );
        }
    }
}
