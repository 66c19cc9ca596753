//! What an error of SQLite means to a service.

use mahfada_storage::StorageError;
use rusqlite::{Error, ErrorCode};

/// Translates an error of SQLite.
pub(crate) fn from_sqlite(error: Error) -> StorageError {
    match (error.sqlite_error_code(), &error) {
        (Some(ErrorCode::DiskFull), _) => StorageError::Full,
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => StorageError::Busy,
        // The text is the one that the trigger of the schema raises.
        (Some(ErrorCode::ConstraintViolation), Error::SqliteFailure(_, Some(text))) if text == "irreversible" => {
            StorageError::Irreversible
        }
        (Some(ErrorCode::ConstraintViolation), _) => StorageError::Conflict,
        _ => StorageError::unavailable(error),
    }
}

/// Says whether the store may go on after a commit or checkpoint has failed with this error.
///
/// After a failed sync the system may have dropped the pages and report success at the next one.
pub(crate) const fn is_survivable(error: &StorageError) -> bool {
    matches!(error, StorageError::Full | StorageError::Busy | StorageError::Conflict)
}
