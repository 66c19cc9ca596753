//! What a service has seen of the trust lists, so that nothing older is accepted after a restart.

use crate::StorageError;

/// The memory against rollback: JSON under a key; the store does not look into it.
pub trait TrustMemoryRepository {
    /// Returns the JSON under a key.
    ///
    /// # Errors
    /// Only when the store fails.
    fn get(&mut self, key: &str) -> Result<Option<String>, StorageError>;

    /// Replaces the JSON under a key; whether it is newer is the caller's check.
    ///
    /// # Errors
    /// Only when the store fails.
    fn put(&mut self, key: &str, json: &str) -> Result<(), StorageError>;
}
