//! The versions of the schema; a published one is never edited, a change is a new file.

use mahfada_storage::StorageError;
use rusqlite::{Connection, TransactionBehavior};

use crate::error::from_sqlite;

const VERSIONS: &[&str] = &[
    include_str!("schema/version_1.sql"),
    include_str!("schema/version_2.sql"),
];

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
    use mahfada_storage::{CodeState, StatusListUri};

    use super::*;

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap() as usize, VERSIONS.len());
    }

    #[test]
    fn second_version_keeps_what_the_first_held() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema/version_1.sql")).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO pre_authorized_code VALUES
                     (zeroblob(32), 'issuer', 'pid', 'offer-1', x'01', NULL, 2, 'redeemed', 7);
                 INSERT INTO status_list (uri, issuer, bits, size) VALUES ('list', 'issuer', 2, 10);
                 INSERT INTO status_entry (uri, idx) VALUES ('list', 3);
                 UPDATE status_entry SET value = 1;",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap() as usize, VERSIONS.len());
        let mut unit = crate::unit::SqliteUnit::new(&connection);
        let unit: &mut dyn mahfada_storage::UnitOfWork = &mut unit;
        let offer = mahfada_storage::OfferId::new("offer-1");
        let code = unit.pre_authorized_codes().lookup_by_offer(&offer).unwrap().unwrap();
        assert_eq!((code.wrong_tx_codes, code.state), (2, CodeState::Redeemed));
        assert_eq!(unit.pre_authorized_codes().issuance_of_offer(&offer).unwrap(), None);
        let invalid = unit.status_lists().non_zero(&StatusListUri::new("list")).unwrap();
        assert_eq!(invalid, [(3, 1)]);
        assert_eq!(unit.webhook_deliveries().backlog().unwrap(), 0);
    }

    #[test]
    fn refuses_a_schema_of_the_future() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 1_000).unwrap();
        assert_eq!(migrate(&mut connection).unwrap_err().code(), "storage_unavailable");
    }
}
