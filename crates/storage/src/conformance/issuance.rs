//! An issuance and the status of its copies change together (invariants INV-1, INV-3; threats TS-01, TS-02).

use std::thread;

use super::sample::{digest, issuance, issuance_id, issuer, list_uri, status_list};
use super::status_list::create;
use super::{refusal, run};
use crate::{Issuance, IssuanceState, IssuerId, RevokeOutcome, StatusListRecord, Storage, StorageError, UnitOfWork};

/// Allocates indexes of list 1 and adds an issuance on them, as an issuer does, in one unit of work.
///
/// # Errors
/// What the store answers.
pub fn issue(unit: &mut dyn UnitOfWork, number: u32, indexes: &[u32]) -> Result<(), StorageError> {
    unit.status_lists().create(&status_list(1))?;
    for idx in indexes {
        if unit.status_lists().allocate(&list_uri(1), &[*idx])? != Some(*idx) {
            return Err(StorageError::Conflict);
        }
    }
    unit.issuances().add(&issuance(number, indexes))
}

pub(super) fn add_issuance(storage: &dyn Storage, number: u32, indexes: &'static [u32]) {
    run(storage, move |unit| issue(unit, number, indexes));
}

fn lookup(storage: &dyn Storage, number: u32) -> Option<Issuance> {
    run(storage, move |unit| unit.issuances().lookup(&issuance_id(number)))
}

fn revoke(storage: &dyn Storage, number: u32) -> RevokeOutcome {
    run(storage, move |unit| unit.issuances().revoke(&issuance_id(number)))
}

fn non_zero(storage: &dyn Storage) -> Vec<(u32, u8)> {
    run(storage, |unit| unit.status_lists().non_zero(&list_uri(1)))
}

/// The hour of an issuance is not kept.
pub fn round_trips_with_the_day_only(storage: &dyn Storage) {
    add_issuance(storage, 1, &[3, 4]);
    let added = issuance(1, &[3, 4]);
    let day = added.issued_on.start_of_day();
    assert_ne!(added.issued_on, day);
    assert_eq!(
        lookup(storage, 1),
        Some(Issuance {
            issued_on: day,
            ..added
        })
    );
    assert_eq!(lookup(storage, 2), None);
}

/// A revocation reaches every copy and no other issuance.
pub fn revokes_every_copy(storage: &dyn Storage) {
    add_issuance(storage, 1, &[3, 4]);
    add_issuance(storage, 2, &[5]);
    assert_eq!(revoke(storage, 1), RevokeOutcome::Revoked);
    assert_eq!(revoke(storage, 1), RevokeOutcome::AlreadyRevoked);
    assert_eq!(revoke(storage, 3), RevokeOutcome::NotFound);
    assert_eq!(non_zero(storage), [(3, 1), (4, 1)]);
    assert_eq!(
        lookup(storage, 1).map(|found| found.state),
        Some(IssuanceState::Revoked)
    );
    assert_eq!(lookup(storage, 2).map(|found| found.state), Some(IssuanceState::Valid));
}

/// A suspension comes and goes on every copy.
pub fn suspends_and_reinstates(storage: &dyn Storage) {
    add_issuance(storage, 1, &[3, 4]);
    let suspend = || run(storage, |unit| unit.issuances().suspend(&issuance_id(1)));
    let reinstate = || run(storage, |unit| unit.issuances().reinstate(&issuance_id(1)));
    assert!(!reinstate());
    assert!(suspend());
    assert!(!suspend());
    assert_eq!(non_zero(storage), [(3, 2), (4, 2)]);
    assert!(reinstate());
    assert_eq!(non_zero(storage), []);
    assert!(suspend());
    assert_eq!(revoke(storage, 1), RevokeOutcome::Revoked);
    assert_eq!(non_zero(storage), [(3, 1), (4, 1)]);
    let unknown = refusal(storage, |unit| unit.issuances().suspend(&issuance_id(9)));
    assert_eq!(unknown, "storage_conflict");
}

/// Nothing takes a revocation back.
pub fn revocation_is_for_ever(storage: &dyn Storage) {
    add_issuance(storage, 1, &[3]);
    assert_eq!(revoke(storage, 1), RevokeOutcome::Revoked);
    let suspend = refusal(storage, |unit| unit.issuances().suspend(&issuance_id(1)));
    let reinstate = refusal(storage, |unit| unit.issuances().reinstate(&issuance_id(1)));
    let set = refusal(storage, |unit| unit.status_lists().set(&list_uri(1), 3, 0));
    assert_eq!([suspend, reinstate, set], ["irreversible"; 3]);
    assert_eq!(non_zero(storage), [(3, 1)]);
}

/// No credential without a status entry.
pub fn refuses_an_index_that_is_not_taken(storage: &dyn Storage) {
    add_issuance(storage, 1, &[3]);
    let code = refusal(storage, |unit| unit.issuances().add(&issuance(2, &[4])));
    assert_eq!(code, "storage_conflict");
    assert_eq!(lookup(storage, 2), None);
}

/// No status entry for two credentials.
pub fn refuses_an_index_of_another_issuance(storage: &dyn Storage) {
    add_issuance(storage, 1, &[3]);
    let code = refusal(storage, |unit| unit.issuances().add(&issuance(2, &[3])));
    assert_eq!(code, "storage_conflict");
    let same_id = refusal(storage, |unit| issue(unit, 1, &[4]));
    assert_eq!(same_id, "storage_conflict");
}

/// No credential is born invalid.
pub fn refuses_an_index_that_is_not_valid(storage: &dyn Storage) {
    create(storage, status_list(1));
    run(storage, |unit| {
        unit.status_lists().allocate(&list_uri(1), &[3])?;
        unit.status_lists().set(&list_uri(1), 3, 1)
    });
    let code = refusal(storage, |unit| unit.issuances().add(&issuance(1, &[3])));
    assert_eq!(code, "storage_conflict");
}

/// An issuance has at least one copy and begins valid.
pub fn refuses_an_issuance_without_copies(storage: &dyn Storage) {
    let code = refusal(storage, |unit| unit.issuances().add(&issuance(1, &[])));
    assert_eq!(code, "storage_conflict");
    let code = refusal(storage, |unit| {
        unit.status_lists().create(&status_list(1))?;
        unit.status_lists().allocate(&list_uri(1), &[3])?;
        unit.issuances().add(&Issuance {
            state: IssuanceState::Revoked,
            ..issuance(1, &[3])
        })
    });
    assert_eq!(code, "storage_conflict");
}

/// A list of one bit has no room for a suspension, and the attempt changes nothing.
pub fn one_bit_lists_cannot_suspend(storage: &dyn Storage) {
    create(
        storage,
        StatusListRecord {
            bits: 1,
            ..status_list(1)
        },
    );
    run(storage, |unit| {
        unit.status_lists().allocate(&list_uri(1), &[3])?;
        unit.issuances().add(&issuance(1, &[3]))
    });
    let code = refusal(storage, |unit| unit.issuances().suspend(&issuance_id(1)));
    assert_eq!(code, "storage_conflict");
    assert_eq!(lookup(storage, 1).map(|found| found.state), Some(IssuanceState::Valid));
    assert_eq!(revoke(storage, 1), RevokeOutcome::Revoked);
}

/// The back office sees the newest first.
pub fn lists_the_newest_first(storage: &dyn Storage) {
    add_issuance(storage, 1, &[1]);
    add_issuance(storage, 2, &[2]);
    add_issuance(storage, 3, &[3, 4]);
    let found = run(storage, |unit| unit.issuances().list_by_issuer(&issuer(), 2));
    let ids: Vec<_> = found.iter().map(|issuance| issuance.id.clone()).collect();
    assert_eq!(ids, [issuance_id(3), issuance_id(2)]);
    assert_eq!(found.first().map(|issuance| issuance.copies.len()), Some(2));
    let others = IssuerId::new("other");
    assert!(run(storage, move |unit| unit.issuances().list_by_issuer(&others, 2)).is_empty());
}

/// A card's revoked issuances do not count.
pub fn finds_live_issuances_of_a_card(storage: &dyn Storage) {
    add_issuance(storage, 1, &[1]);
    add_issuance(storage, 2, &[2]);
    run(storage, |unit| {
        unit.status_lists().allocate(&list_uri(1), &[3])?;
        unit.issuances().add(&Issuance {
            card_ref: None,
            ..issuance(3, &[3])
        })
    });
    assert_eq!(revoke(storage, 1), RevokeOutcome::Revoked);
    let found = run(storage, |unit| unit.issuances().active_for_card(&digest(14)));
    assert_eq!(
        found.iter().map(|found| &found.id).collect::<Vec<_>>(),
        [&issuance_id(2)]
    );
    assert!(run(storage, |unit| unit.issuances().active_for_card(&digest(15))).is_empty());
}

/// Revocations in parallel do not undo one another.
pub fn keeps_every_concurrent_revocation(storage: &dyn Storage) {
    run(storage, |unit| {
        (0..100).try_for_each(|number| issue(unit, number, &[number]))
    });
    thread::scope(|scope| {
        for number in 0..100 {
            scope.spawn(move || revoke(storage, number));
        }
    });
    let expected: Vec<(u32, u8)> = (0..100).map(|idx| (idx, 1)).collect();
    assert_eq!(non_zero(storage), expected);
}
