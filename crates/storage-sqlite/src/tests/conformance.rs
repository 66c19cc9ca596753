//! Every rule of the contract, on a database file.

use std::sync::Arc;

use mahfada_storage::{Done, StatusEntriesDone, StatusListUri, Storage, StorageError, Work};

use super::directory::Directory;
use crate::SqliteStorage;

#[derive(Debug)]
struct InDirectory {
    storage: SqliteStorage,
    _directory: Directory,
}

impl Storage for InDirectory {
    fn submit(&self, work: Work, done: Done) {
        self.storage.submit(work, done);
    }

    fn status_entries(&self, uri: &StatusListUri, done: StatusEntriesDone) {
        self.storage.status_entries(uri, done);
    }

    fn submit_beside(&self, work: Work, done: Done) {
        self.storage.submit_beside(work, done);
    }

    fn ready(&self) -> Result<(), StorageError> {
        self.storage.ready()
    }
}

fn on_a_file() -> Arc<dyn Storage> {
    let directory = Directory::new();
    let storage = SqliteStorage::open(directory.database()).unwrap();
    Arc::new(InDirectory {
        storage,
        _directory: directory,
    })
}

fn in_memory() -> Arc<dyn Storage> {
    Arc::new(SqliteStorage::in_memory().unwrap())
}

mod file {
    use super::on_a_file;
    mahfada_storage::storage_conformance!(on_a_file);
}

mod memory {
    use super::in_memory;
    mahfada_storage::storage_conformance!(in_memory);
}
