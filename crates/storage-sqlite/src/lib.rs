//! The embedded default store: SQLite on one writer thread with group commit.
//!
//! All works of a process go through one thread. It takes what waits (at most 64 works), runs each inside a savepoint
//! of one `BEGIN IMMEDIATE` transaction, commits once with a full sync of the write-ahead log, and only then answers.
//! Several processes may share one database file; SQLite's write lock orders them.
//!
//! A failed sync is final: after it nobody knows what the disk holds, so the store stops, says so in
//! [`ready`](mahfada_storage::Storage::ready), and the process has to start again.
//! A full disk is not: works fail with `Full` until there is room.
#![forbid(unsafe_code)]

mod batch;
mod columns;
mod connection;
mod error;
mod repository;
mod schema;
mod unit;
mod writer;

use std::path::Path;

use mahfada_storage::{Done, Storage, StorageError, Work};

use crate::writer::Writer;

/// A store in one SQLite file; dropping it finishes the waiting works first.
#[derive(Debug)]
pub struct SqliteStorage {
    writer: Writer,
}

impl SqliteStorage {
    /// Opens the database at `path`, makes it (readable by its owner only) where there is none, and brings its
    /// schema up to date. The folder must exist and lie on a local file system.
    ///
    /// # Errors
    /// [`StorageError`] when the file cannot be opened or was written by a newer version of this crate.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::start(connection::open(path.as_ref())?)
    }

    /// Opens an empty store that is gone when it is dropped; for tests.
    ///
    /// # Errors
    /// [`StorageError`] when SQLite or the thread cannot start.
    pub fn in_memory() -> Result<Self, StorageError> {
        Self::start(connection::in_memory()?)
    }

    fn start(connection: rusqlite::Connection) -> Result<Self, StorageError> {
        Ok(Self {
            writer: Writer::start(connection)?,
        })
    }
}

impl Storage for SqliteStorage {
    fn submit(&self, work: Work, done: Done) {
        self.writer.submit(work, done);
    }

    fn ready(&self) -> Result<(), StorageError> {
        self.writer.ready()
    }
}

#[cfg(test)]
mod tests;
