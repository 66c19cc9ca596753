//! Opening a database with the settings durability depends on.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use mahfada_storage::StorageError;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::error::from_sqlite;
use crate::schema;

/// How long a transaction waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens or makes a database file.
pub(crate) fn open(path: &Path) -> Result<Connection, StorageError> {
    // Switching to the write-ahead log ignores the busy timeout, so processes open one after the other.
    let lock = lock_opening(path).map_err(StorageError::unavailable)?;
    create_private(path).map_err(StorageError::unavailable)?;
    let mut connection = Connection::open(path).map_err(from_sqlite)?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(from_sqlite)?;
    if mode != "wal" {
        return Err(StorageError::unavailable(
            "the file system cannot hold a write-ahead log",
        ));
    }
    configure(&mut connection)?;
    lock.unlock().map_err(StorageError::unavailable)?;
    Ok(connection)
}

/// Opens a database file that [`open`] has made, for reading only.
pub(crate) fn open_beside(path: &Path) -> Result<Connection, StorageError> {
    let connection = Connection::open(path).map_err(from_sqlite)?;
    set_pragmas(&connection).map_err(from_sqlite)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(from_sqlite)?;
    Ok(connection)
}

/// Opens an empty database in memory.
pub(crate) fn in_memory() -> Result<Connection, StorageError> {
    let mut connection = Connection::open_in_memory().map_err(from_sqlite)?;
    configure(&mut connection)?;
    Ok(connection)
}

fn configure(connection: &mut Connection) -> Result<(), StorageError> {
    set_pragmas(connection).map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(128);
    schema::migrate(connection)
}

fn set_pragmas(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // REPLACE asks the triggers on DELETE only with this.
    connection.pragma_update(None, "recursive_triggers", true)?;
    // The writer checkpoints itself: SQLite's own checkpoints keep their errors to themselves.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    Ok(())
}

fn lock_opening(path: &Path) -> io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = private(OpenOptions::new().write(true).create(true).truncate(false)).open(name)?;
    file.lock()?;
    Ok(file)
}

/// Makes the file before SQLite would, readable by its owner only; the log beside it takes the same mode.
fn create_private(path: &Path) -> io::Result<()> {
    // An existing file is never opened here: closing it would drop SQLite's locks on it.
    match private(OpenOptions::new().write(true).create_new(true)).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
