//! What lies on the disk, and what the schema refuses whoever writes.

use mahfada_storage::conformance::sample::{self, list_uri};
use mahfada_storage::conformance::{issuance::issue, refusal, run};
use mahfada_storage::{End, SingleUseKind};

use super::directory::Directory;
use crate::{SqliteStorage, connection};

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new();
    let storage = SqliteStorage::open(directory.database()).unwrap();
    run(&storage, |unit| unit.trust_memory().put("key", "1"));
    let files: Vec<_> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(files.len() >= 3, "database, log and shared memory");
    for file in files {
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{:?}",
            file.path()
        );
    }
}

#[test]
fn triggers_refuse_what_no_repository_asks_for() {
    let directory = Directory::new();
    let storage = SqliteStorage::open(directory.database()).unwrap();
    run(&storage, |unit| {
        issue(unit, 1, &[3])?;
        unit.issuances().revoke(&sample::issuance_id(1))?;
        unit.events()
            .append(&sample::event(1, 1), &[sample::endpoint(1), sample::endpoint(2)])?;
        unit.webhook_deliveries().claim_due(sample::LATER, sample::LATER, 1)?;
        unit.webhook_deliveries()
            .give_up(&sample::endpoint(2), &sample::event(1, 1).id)?;
        unit.audit().append(&sample::audit_record("a"))
    });
    drop(storage);
    let connection = connection::open(&directory.database()).unwrap();
    for (sql, reason) in [
        ("UPDATE status_entry SET value = 0", "irreversible"),
        ("DELETE FROM status_entry", "irreversible"),
        (
            "REPLACE INTO status_entry SELECT uri, idx, 0 FROM status_entry",
            "irreversible",
        ),
        (
            "REPLACE INTO audit SELECT sequence, at, actor, action, object_id, '', detail FROM audit",
            "conflict",
        ),
        ("UPDATE issuance SET state = 'valid'", "irreversible"),
        ("UPDATE audit SET outcome = ''", "conflict"),
        ("DELETE FROM audit", "conflict"),
        ("UPDATE event SET tenant = 'other'", "conflict"),
        ("UPDATE webhook_delivery SET state = 'open'", "conflict"),
        ("UPDATE webhook_delivery SET attempts = 0", "conflict"),
    ] {
        let error = connection.execute(sql, []).unwrap_err();
        assert_eq!(error.to_string(), reason, "{sql}");
    }
}

#[test]
fn value_that_nobody_wrote_is_inconsistent() {
    let directory = Directory::new();
    let storage = SqliteStorage::open(directory.database()).unwrap();
    run(&storage, |unit| issue(unit, 1, &[3]));
    let intruder = connection::open(&directory.database()).unwrap();
    intruder.pragma_update(None, "ignore_check_constraints", true).unwrap();
    intruder
        .execute("UPDATE issuance SET state = 'unheard of'", [])
        .unwrap();
    let code = refusal(&storage, |unit| unit.issuances().lookup(&sample::issuance_id(1)));
    assert_eq!(code, "storage_inconsistent");
}

#[test]
fn purged_values_leave_the_file() {
    let directory = Directory::new();
    let storage = SqliteStorage::open(directory.database()).unwrap();
    let hash = *b"a value that must not stay there";
    run(&storage, move |unit| {
        unit.single_use().consume(SingleUseKind::CNonce, &hash, sample::LATER)
    });
    run(&storage, |unit| unit.single_use().purge_expired(sample::LATER.plus(1)));
    drop(storage);
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(hash.len()).any(|window| window == hash));
    }
}

#[test]
fn one_process_opens_one_database_twice() {
    let directory = Directory::new();
    let one = SqliteStorage::open(directory.database()).unwrap();
    let two = SqliteStorage::open(directory.database()).unwrap();
    run(&one, |unit| unit.status_lists().create(&sample::status_list(1)));
    let taken = run(&two, |unit| unit.status_lists().allocate(&list_uri(1), &[5, 6]));
    assert_eq!(taken, Some(5));
    drop(two);
    let taken = run(&one, |unit| unit.status_lists().allocate(&list_uri(1), &[5, 6]));
    assert_eq!(taken, Some(6));
}

#[test]
fn processes_open_one_after_the_other() {
    let directory = Directory::new();
    let path = directory.database();
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder
        .pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
        .unwrap();
    // Whoever opens now waits for this transaction before it can bring the schema up to date.
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let opening = std::thread::spawn(move || SqliteStorage::open(path).is_ok());
    let lock = directory.path().join("store.sqlite.lock");
    let is_locked = || {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock);
        matches!(file.unwrap().try_lock(), Err(std::fs::TryLockError::WouldBlock))
    };
    let mut locked = is_locked();
    while !locked && !opening.is_finished() {
        std::thread::yield_now();
        locked = is_locked();
    }
    assert!(locked, "the database was opened without the lock");
    holder.execute_batch("ROLLBACK").unwrap();
    assert!(opening.join().unwrap());
    assert!(!is_locked());
}

#[test]
fn answer_may_drop_the_last_handle() {
    use mahfada_storage::Storage;
    let storage = std::sync::Arc::new(SqliteStorage::in_memory().unwrap());
    let held = std::sync::Arc::clone(&storage);
    let (sender, receiver) = std::sync::mpsc::channel();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    storage.submit(
        Box::new(move |_| {
            wait.recv().unwrap();
            Ok(End::Commit)
        }),
        Box::new(move |answer| {
            drop(held);
            sender.send(answer.is_ok()).unwrap();
        }),
    );
    drop(storage);
    go.send(()).unwrap();
    assert_eq!(receiver.recv(), Ok(true));
}
