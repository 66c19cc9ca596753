//! The repositories, one file each, all on [`SqliteUnit`](crate::unit::SqliteUnit).

mod access_token;
mod audit;
mod authorization_code;
mod card_session;
mod event;
mod issuance;
mod pre_authorized_code;
mod presentation;
mod published_list;
mod purge;
mod single_use;
mod status_list;
mod trust_memory;
mod webhook_delivery;

use mahfada_storage::StorageError;

/// Returns the stored name of a value out of the list that reading uses as well.
fn name_of<T: Copy + PartialEq>(value: T, names: &[(T, &'static str)]) -> Result<&'static str, StorageError> {
    let found = names.iter().find(|(known, _)| *known == value);
    found.map(|(_, name)| *name).ok_or(StorageError::Conflict)
}

/// Turns a count into SQLite's integer.
fn integer(value: u64) -> Result<i64, StorageError> {
    i64::try_from(value).map_err(|_| StorageError::Conflict)
}
