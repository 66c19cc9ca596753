//! Status indexes are taken once, and invalid is for ever (threats TS-01, TS-03).

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::thread;

use super::sample::{issuer, list_uri, status_list};
use super::unit_of_work::block_on;
use super::{refusal, run};
use crate::{IssuerId, StatusListRecord, Storage, StorageError};

pub(super) fn create(storage: &dyn Storage, list: StatusListRecord) {
    run(storage, move |unit| unit.status_lists().create(&list));
}

fn allocate(storage: &dyn Storage, candidates: Vec<u32>) -> Option<u32> {
    run(storage, move |unit| {
        unit.status_lists().allocate(&list_uri(1), &candidates)
    })
}

fn set(storage: &dyn Storage, idx: u32, value: u8) {
    run(storage, move |unit| unit.status_lists().set(&list_uri(1), idx, value));
}

fn set_refusal(storage: &dyn Storage, idx: u32, value: u8) -> &'static str {
    refusal(storage, move |unit| unit.status_lists().set(&list_uri(1), idx, value))
}

/// Creating the same list again changes nothing.
pub fn creates_once(storage: &dyn Storage) {
    create(storage, status_list(2));
    create(storage, status_list(1));
    create(storage, status_list(2));
    let lists = run(storage, |unit| unit.status_lists().lists_of(&issuer()));
    assert_eq!(lists, [status_list(2), status_list(1)]);
    let others = run(storage, |unit| unit.status_lists().lists_of(&IssuerId::new("other")));
    assert!(others.is_empty());
}

/// One URI, one list.
pub fn refuses_another_list_of_the_same_uri(storage: &dyn Storage) {
    create(storage, status_list(1));
    let other = StatusListRecord {
        size: 2_000,
        ..status_list(1)
    };
    let code = refusal(storage, move |unit| unit.status_lists().create(&other));
    assert_eq!(code, "storage_conflict");
}

/// Only the widths of the specification and lists with entries exist.
pub fn refuses_bits_and_sizes_that_do_not_exist(storage: &dyn Storage) {
    for (bits, size) in [(3, 1_000), (0, 1_000), (16, 1_000), (2, 0)] {
        let list = StatusListRecord {
            bits,
            size,
            ..status_list(1)
        };
        let code = refusal(storage, move |unit| unit.status_lists().create(&list));
        assert_eq!(code, "storage_conflict", "{bits} {size}");
    }
}

/// Candidates are tried in their order.
pub fn allocates_the_first_free_candidate(storage: &dyn Storage) {
    create(storage, status_list(1));
    create(storage, status_list(2));
    assert_eq!(allocate(storage, vec![7, 3]), Some(7));
    assert_eq!(allocate(storage, vec![7, 3]), Some(3));
    assert_eq!(allocate(storage, vec![7, 3]), None);
    let elsewhere = run(storage, |unit| unit.status_lists().allocate(&list_uri(2), &[7]));
    assert_eq!(elsewhere, Some(7));
    assert_eq!(
        run(storage, |unit| unit.status_lists().allocated_count(&list_uri(1))),
        2
    );
    let unknown = refusal(storage, |unit| unit.status_lists().allocate(&list_uri(3), &[7]));
    assert_eq!(unknown, "storage_conflict");
}

/// A candidate beyond the end is passed over.
pub fn never_allocates_outside_the_list(storage: &dyn Storage) {
    create(storage, status_list(1));
    assert_eq!(allocate(storage, vec![1_000, u32::MAX]), None);
    assert_eq!(allocate(storage, vec![1_000, 999]), Some(999));
}

/// No index is given to two threads.
pub fn allocates_each_index_once_among_many_threads(storage: &dyn Storage) {
    create(storage, status_list(1));
    let taken: Vec<u32> = thread::scope(|scope| {
        let threads: Vec<_> = (0..64)
            .map(|_| scope.spawn(|| allocate(storage, (0..100).collect())))
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok().flatten())
            .collect()
    });
    assert_eq!(taken.len(), 64);
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 64);
}

/// An index that says 1 takes no other value, and saying it again is allowed.
pub fn invalid_is_for_ever(storage: &dyn Storage) {
    create(storage, status_list(1));
    assert_eq!(allocate(storage, vec![5]), Some(5));
    set(storage, 5, 2);
    set(storage, 5, 0);
    set(storage, 5, 1);
    set(storage, 5, 1);
    for value in [0, 2, 3] {
        assert_eq!(set_refusal(storage, 5, value), "irreversible", "{value}");
    }
    assert_eq!(
        run(storage, |unit| unit.status_lists().non_zero(&list_uri(1))),
        [(5, 1)]
    );
}

/// A value needs no more bits than the list has.
pub fn refuses_a_value_that_does_not_fit(storage: &dyn Storage) {
    create(storage, status_list(1));
    assert_eq!(allocate(storage, vec![5]), Some(5));
    set(storage, 5, 3);
    assert_eq!(set_refusal(storage, 5, 4), "storage_conflict");
}

/// Only taken indexes have a value.
pub fn refuses_to_set_an_index_that_is_not_taken(storage: &dyn Storage) {
    create(storage, status_list(1));
    assert_eq!(set_refusal(storage, 5, 1), "storage_conflict");
}

/// What is not valid is listed by index.
pub fn lists_non_zero_in_order(storage: &dyn Storage) {
    create(storage, status_list(1));
    for (idx, value) in [(900, 2), (5, 1), (30, 0)] {
        assert_eq!(allocate(storage, vec![idx]), Some(idx));
        set(storage, idx, value);
    }
    let found = run(storage, |unit| unit.status_lists().non_zero(&list_uri(1)));
    assert_eq!(found, [(5, 1), (900, 2)]);
}

/// Used is what was taken, whatever it says.
pub fn counts_used(storage: &dyn Storage) {
    create(storage, status_list(1));
    let used = |number| run(storage, move |unit| unit.status_lists().used(&list_uri(number)));
    assert_eq!([used(1), used(2)], [0, 0]);
    assert_eq!(allocate(storage, vec![5]), Some(5));
    assert_eq!(allocate(storage, vec![6]), Some(6));
    set(storage, 5, 1);
    assert_eq!(used(1), 2);
}

fn read_beside(storage: &dyn Storage, number: u32) -> Option<Vec<(u32, u8)>> {
    let (sender, receiver) = channel();
    let tell = move |answer: Result<_, StorageError>| sender.send(answer).unwrap_or(());
    storage.status_entries(&list_uri(number), Box::new(tell));
    receiver.recv().ok()?.ok()
}

/// Every acknowledged change shows at the next reading, and nothing of a work that left no trace.
pub fn reads_beside_what_was_committed(storage: &dyn Storage) {
    create(storage, status_list(1));
    create(storage, status_list(2));
    for idx in [5, 3, 9] {
        assert_eq!(allocate(storage, vec![idx]), Some(idx));
    }
    assert_eq!(read_beside(storage, 1), Some(vec![]));
    set(storage, 5, 2);
    assert_eq!(read_beside(storage, 1), Some(vec![(5, 2)]));
    set(storage, 3, 1);
    assert_eq!(read_beside(storage, 1), Some(vec![(3, 1), (5, 2)]));
    set(storage, 5, 0);
    let failed = refusal(storage, |unit| {
        unit.status_lists().set(&list_uri(1), 9, 1)?;
        Err::<(), _>(StorageError::Busy)
    });
    assert_eq!(failed, "storage_busy");
    assert_eq!(read_beside(storage, 1), Some(vec![(3, 1)]));
    assert_eq!(
        [2, 3].map(|number| read_beside(storage, number)),
        [Some(vec![]), Some(vec![])]
    );
}

/// The future of a reading completes without any runtime.
pub fn reads_beside_for_async_callers(storage: &dyn Storage) {
    create(storage, status_list(1));
    assert_eq!(allocate(storage, vec![5]), Some(5));
    set(storage, 5, 1);
    let uri = list_uri(1);
    let read = block_on(storage.read_status_entries(&uri));
    assert_eq!(read.ok(), Some(vec![(5, 1)]));
}
