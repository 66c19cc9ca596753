//! The embedded default store: SQLite on one writer thread with group commit.
//!
//! All works of a process go through one thread. It takes what waits (at most 64 works), runs each inside a savepoint
//! of one `BEGIN IMMEDIATE` transaction, commits once with a full sync of the write-ahead log, and only then answers.
//! Several processes may share one database file; SQLite's write lock orders them.
//!
//! What only asks (status lists, events, measures) is read by a second thread on a connection of its own. In the write-ahead log a commit becomes visible
//! to other connections after its sync, so this thread sees every durable commit and nothing else.
//!
//! A failed sync is final: after it nobody knows what the disk holds, so the store stops, says so in
//! [`ready`](mahfada_storage::Storage::ready), and the process has to start again.
//! A full disk is not: works fail with `Full` until there is room.
#![forbid(unsafe_code)]

mod batch;
mod columns;
mod connection;
mod error;
mod reader;
mod repository;
mod schema;
mod unit;
mod writer;

use std::path::Path;
use std::sync::mpsc::sync_channel;

use mahfada_storage::{Done, End, StatusEntriesDone, StatusListUri, Storage, StorageError, Work};

use crate::reader::Reader;
use crate::writer::Writer;

/// A store in one SQLite file; dropping it finishes the waiting works first.
#[derive(Debug)]
pub struct SqliteStorage {
    // Dropped first, so that nothing holds the log back when the writer empties it.
    reader: Option<Reader>,
    writer: Writer,
}

impl SqliteStorage {
    /// Opens the database at `path`, makes it (readable by its owner only) where there is none, and brings its
    /// schema up to date. The folder must exist and lie on a local file system.
    ///
    /// # Errors
    /// [`StorageError`] when the file cannot be opened or was written by a newer version of this crate.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        let writer = connection::open(path.as_ref())?;
        let reader = connection::open_beside(path.as_ref())?;
        Ok(Self {
            reader: Some(Reader::start(reader)?),
            writer: Writer::start(writer)?,
        })
    }

    /// Opens an empty store that is gone when it is dropped; for tests.
    ///
    /// # Errors
    /// [`StorageError`] when SQLite or the thread cannot start.
    pub fn in_memory() -> Result<Self, StorageError> {
        Ok(Self {
            reader: None,
            writer: Writer::start(connection::in_memory()?)?,
        })
    }
}

impl Storage for SqliteStorage {
    fn submit(&self, work: Work, done: Done) {
        self.writer.submit(work, done);
    }

    fn status_entries(&self, uri: &StatusListUri, done: StatusEntriesDone) {
        match &self.reader {
            Some(reader) => reader.ask(uri.clone(), done),
            // A database in memory has no second connection.
            None => self.read_in_turn(uri.clone(), done),
        }
    }

    fn submit_beside(&self, work: Work, done: Done) {
        match &self.reader {
            Some(reader) => reader.submit(work, done),
            None => self.writer.submit(undone(work), done),
        }
    }

    fn ready(&self) -> Result<(), StorageError> {
        self.writer.ready()?;
        self.reader.as_ref().map_or(Ok(()), Reader::ready)
    }
}

impl SqliteStorage {
    fn read_in_turn(&self, uri: StatusListUri, done: StatusEntriesDone) {
        let (sender, receiver) = sync_channel(1);
        let work: Work = Box::new(move |unit| {
            // The other end waits in `done` below, so sending cannot fail.
            drop(sender.send(unit.status_lists().non_zero(&uri)?));
            Ok(End::RejectRollback)
        });
        let answered: Done = Box::new(move |end| {
            let read = end.and_then(|_| receiver.try_recv().map_err(StorageError::unavailable));
            done(read);
        });
        self.writer.submit(work, answered);
    }
}

/// Makes of a work one that leaves no trace.
fn undone(work: Work) -> Work {
    Box::new(move |unit| work(unit).map(|_| End::RejectRollback))
}

#[cfg(test)]
mod tests;
