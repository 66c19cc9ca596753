//! Status lists are read beside the writer: at once, and in nobody's way (threat TS-02).

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use mahfada_storage::conformance::sample::{issuance_id, list_uri};
use mahfada_storage::conformance::{issuance::issue, run};
use mahfada_storage::{End, Storage, StorageError};

use super::directory::Directory;
use crate::SqliteStorage;

type Entries = Result<Vec<(u32, u8)>, StorageError>;

fn open(directory: &Directory) -> Arc<dyn Storage> {
    Arc::new(SqliteStorage::open(directory.database()).unwrap())
}

fn ask(storage: &dyn Storage) -> Receiver<Entries> {
    let (sender, receiver) = channel();
    let tell = move |answer| sender.send(answer).unwrap_or(());
    storage.status_entries(&list_uri(1), Box::new(tell));
    receiver
}

fn read(storage: &dyn Storage) -> Vec<(u32, u8)> {
    ask(storage).recv().unwrap().unwrap()
}

fn revoke(storage: &dyn Storage, number: u32) {
    run(storage, move |unit| unit.issuances().revoke(&issuance_id(number)));
}

fn issue_all(storage: &dyn Storage, numbers: std::ops::Range<u32>) {
    run(storage, move |unit| {
        numbers
            .into_iter()
            .try_for_each(|number| issue(unit, number, &[number]))
    });
}

#[test]
fn revocation_by_another_handle_shows_at_once() {
    let directory = Directory::new();
    let (one, two) = (open(&directory), open(&directory));
    issue_all(&*one, 0..20);
    for number in 0..20 {
        revoke(&*one, number);
        let expected: Vec<_> = (0..=number).map(|idx| (idx, 1)).collect();
        assert_eq!(read(&*one), expected);
        assert_eq!(read(&*two), expected);
    }
}

#[test]
fn reading_neither_waits_for_a_work_nor_sees_it_before_its_end() {
    let directory = Directory::new();
    let storage = open(&directory);
    issue_all(&*storage, 0..1);
    let (started, inside) = channel();
    let (go, wait) = channel::<()>();
    let (ended, end) = channel();
    storage.submit(
        Box::new(move |unit| {
            unit.issuances().revoke(&issuance_id(0))?;
            started.send(()).unwrap();
            wait.recv().unwrap();
            Ok(End::Commit)
        }),
        Box::new(move |answer| ended.send(answer.is_ok()).unwrap()),
    );
    inside.recv().unwrap();
    assert_eq!(read(&*storage), []);
    go.send(()).unwrap();
    assert!(end.recv().unwrap());
    assert_eq!(read(&*storage), [(0, 1)]);
}

#[test]
fn questions_neither_wait_for_a_work_nor_see_it_before_its_end() {
    let directory = Directory::new();
    let storage = open(&directory);
    issue_all(&*storage, 0..1);
    let used = || {
        let (sender, receiver) = channel();
        let count = Box::new(move |unit: &mut dyn mahfada_storage::UnitOfWork| {
            sender.send(unit.status_lists().used(&list_uri(1))?).unwrap();
            Ok(End::RejectRollback)
        });
        storage.submit_beside(count, Box::new(|_| {}));
        receiver.recv_timeout(std::time::Duration::from_secs(10)).unwrap()
    };
    let (started, inside) = channel();
    let (go, wait) = channel::<()>();
    let (ended, end) = channel();
    storage.submit(
        Box::new(move |unit| {
            unit.status_lists().allocate(&list_uri(1), &[5])?;
            started.send(()).unwrap();
            wait.recv().unwrap();
            Ok(End::Commit)
        }),
        Box::new(move |answer| ended.send(answer.is_ok()).unwrap()),
    );
    inside.recv().unwrap();
    assert_eq!(used(), 1);
    go.send(()).unwrap();
    assert!(end.recv().unwrap());
    assert_eq!(used(), 2);
}

#[test]
fn panicking_question_stops_no_reader() {
    let directory = Directory::new();
    let storage = open(&directory);
    issue_all(&*storage, 0..1);
    let (sender, receiver) = channel();
    storage.submit_beside(
        Box::new(|_| std::panic::resume_unwind(Box::new("broken question"))),
        Box::new(move |answer| sender.send(answer.unwrap_err().code()).unwrap()),
    );
    assert_eq!(receiver.recv(), Ok("storage_unavailable"));
    assert_eq!(read(&*storage), []);
    storage.ready().unwrap();
}

#[test]
fn a_flood_of_readers_holds_up_no_work_and_no_revocation_is_missed() {
    let directory = Directory::new();
    let storage = open(&directory);
    issue_all(&*storage, 0..10);
    let (started, inside) = channel();
    let (go, wait) = channel::<()>();
    storage.status_entries(
        &list_uri(1),
        Box::new(move |_| {
            started.send(()).unwrap();
            wait.recv().unwrap();
        }),
    );
    inside.recv().unwrap();
    // The reader thread stands still and its queue fills to the brim.
    let flood: Vec<_> = (0..5_000).map(|_| ask(&*storage)).collect();
    for number in 0..10 {
        revoke(&*storage, number);
    }
    go.send(()).unwrap();
    let expected: Vec<_> = (0..10).map(|idx| (idx, 1)).collect();
    let answers: Vec<_> = flood.iter().map(|answer| answer.recv().unwrap()).collect();
    let (answered, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!(answered.into_iter().all(|entries| entries.unwrap() == expected));
    assert!(refused.iter().all(|refusal| matches!(refusal, Err(StorageError::Busy))));
    assert_eq!(refused.len(), 5_000 - 4_096);
}

#[test]
fn every_reader_sees_what_was_acknowledged_before_it_asked() {
    let directory = Directory::new();
    let storage = open(&directory);
    issue_all(&*storage, 0..60);
    thread::scope(|scope| {
        for first in [0, 20, 40] {
            let storage = &*storage;
            scope.spawn(move || {
                for number in first..first + 20 {
                    revoke(storage, number);
                    assert!(read(storage).contains(&(number, 1)), "{number}");
                }
            });
        }
    });
    assert_eq!(read(&*storage).len(), 60);
}

#[test]
fn reader_cannot_write() {
    let directory = Directory::new();
    drop(open(&directory));
    let reader = crate::connection::open_beside(&directory.database()).unwrap();
    let error = reader.execute("DELETE FROM trust_memory", []).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ReadOnly));
}

#[test]
fn reader_leaves_the_log_to_be_emptied() {
    let directory = Directory::new();
    let storage = open(&directory);
    issue_all(&*storage, 0..1);
    read(&*storage);
    drop(storage);
    let mut log = directory.database().into_os_string();
    log.push("-wal");
    assert_eq!(std::fs::metadata(log).map_or(0, |log| log.len()), 0);
}

#[test]
fn panicking_receiver_stops_no_reader() {
    let directory = Directory::new();
    let storage = open(&directory);
    issue_all(&*storage, 0..1);
    let broken = |_| std::panic::resume_unwind(Box::new("broken receiver"));
    storage.status_entries(&list_uri(1), Box::new(broken));
    assert_eq!(read(&*storage), []);
    storage.ready().unwrap();
}
