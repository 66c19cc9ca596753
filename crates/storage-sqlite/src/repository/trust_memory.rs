//! The memory against rollback.

use mahfada_storage::{StorageError, TrustMemoryRepository};

use crate::unit::SqliteUnit;

const TABLE: &str = "trust_memory";

impl TrustMemoryRepository for SqliteUnit<'_> {
    fn get(&mut self, key: &str) -> Result<Option<String>, StorageError> {
        self.find(
            TABLE,
            "SELECT json FROM trust_memory WHERE key = ?1",
            [key],
            |columns| columns.get("json"),
        )
    }

    fn put(&mut self, key: &str, json: &str) -> Result<(), StorageError> {
        self.change(
            "INSERT INTO trust_memory (key, json) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET json = excluded.json",
            [key, json],
        )
        .map(drop)
    }
}
