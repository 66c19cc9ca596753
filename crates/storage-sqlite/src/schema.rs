//! The versions of the schema; a published one is never edited, a change is a new file.

use mahfada_storage::StorageError;
use rusqlite::{Connection, TransactionBehavior};

use crate::error::from_sqlite;

const VERSIONS: &[&str] = &[include_str!("schema/version_1.sql")];

/// Brings the database to the last version, each step in a transaction of its own.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StorageError> {
    refuse_newer(version(connection)?)?;
    for (target, sql) in (1_u32..).zip(VERSIONS) {
        let step = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(from_sqlite)?;
        if version(&step)? < target {
            step.execute_batch(sql).map_err(from_sqlite)?;
            step.pragma_update(None, "user_version", target).map_err(from_sqlite)?;
            step.commit().map_err(from_sqlite)?;
        }
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<u32, StorageError> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(from_sqlite)
}

fn refuse_newer(version: u32) -> Result<(), StorageError> {
    if version as usize > VERSIONS.len() {
        return Err(StorageError::unavailable(format!(
            "schema version {version} is not known"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap() as usize, VERSIONS.len());
    }

    #[test]
    fn refuses_a_schema_of_the_future() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 1_000).unwrap();
        assert_eq!(migrate(&mut connection).unwrap_err().code(), "storage_unavailable");
    }
}
