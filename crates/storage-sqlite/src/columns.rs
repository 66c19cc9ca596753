//! Reading a row, with the column's name in every error.

use mahfada_base::UnixTime;
use mahfada_storage::StorageError;
use rusqlite::Row;
use rusqlite::types::FromSql;

use crate::error::from_sqlite;

/// One row of one table.
pub(crate) struct Columns<'r> {
    pub(crate) table: &'static str,
    pub(crate) row: &'r Row<'r>,
}

impl Columns<'_> {
    /// Reads a column as the type asked for.
    pub(crate) fn get<T: FromSql>(&self, column: &'static str) -> Result<T, StorageError> {
        self.row.get(column).map_err(|error| match error {
            rusqlite::Error::SqliteFailure(..) => from_sqlite(error),
            _ => self.inconsistent(column),
        })
    }

    /// Reads a text column into an id.
    pub(crate) fn id<T>(&self, column: &'static str, make: impl FnOnce(String) -> T) -> Result<T, StorageError> {
        self.get::<String>(column).map(make)
    }

    /// Reads a column of seconds.
    pub(crate) fn time(&self, column: &'static str) -> Result<UnixTime, StorageError> {
        self.get(column).map(UnixTime::new)
    }

    /// Reads a column that is never below zero.
    pub(crate) fn count(&self, column: &'static str) -> Result<u64, StorageError> {
        u64::try_from(self.get::<i64>(column)?).map_err(|_| self.inconsistent(column))
    }

    /// Reads a text column whose value is one of a few.
    pub(crate) fn one_of<T: Copy>(&self, column: &'static str, names: &[(T, &str)]) -> Result<T, StorageError> {
        let text: String = self.get(column)?;
        let known = names.iter().find(|(_, name)| *name == text).map(|(value, _)| *value);
        known.ok_or_else(|| self.inconsistent(column))
    }

    fn inconsistent(&self, column: &'static str) -> StorageError {
        StorageError::Inconsistent {
            table: self.table,
            column,
        }
    }
}
