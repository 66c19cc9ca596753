//! Status lists: which indexes are taken and what they say.

use crate::{IssuerId, StatusListUri, StorageError};

/// A status list of an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusListRecord {
    /// The URI of the list, `sub` of its token.
    pub uri: StatusListUri,
    /// The credential issuer whose credentials the list covers.
    pub issuer: IssuerId,
    /// Bits per entry: 1, 2, 4 or 8.
    pub bits: u8,
    /// How many entries the list has.
    pub size: u32,
}

/// The status lists and their entries.
///
/// An entry that says 1 (invalid) says so for ever, whoever writes to the database.
pub trait StatusListRepository {
    /// Creates a list; creating the same list again changes nothing.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the URI stands for another list, or bits or size are not allowed.
    fn create(&mut self, list: &StatusListRecord) -> Result<(), StorageError>;

    /// Returns the lists of an issuer in the order of their creation.
    ///
    /// # Errors
    /// Only when the store fails.
    fn lists_of(&mut self, issuer: &IssuerId) -> Result<Vec<StatusListRecord>, StorageError>;

    /// Takes the first free index among random candidates, or none when all are taken or outside the list.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when there is no such list.
    fn allocate(&mut self, uri: &StatusListUri, candidates: &[u32]) -> Result<Option<u32>, StorageError>;

    /// Sets the value of a taken index.
    ///
    /// # Errors
    /// [`StorageError::Irreversible`] when the index says 1 and another value is set;
    /// [`StorageError::Conflict`] when the index is not taken or the value needs more bits than the list has.
    fn set(&mut self, uri: &StatusListUri, idx: u32, value: u8) -> Result<(), StorageError>;

    /// Returns every index with a value other than 0, in order.
    ///
    /// # Errors
    /// Only when the store fails.
    fn non_zero(&mut self, uri: &StatusListUri) -> Result<Vec<(u32, u8)>, StorageError>;

    /// Returns how many indexes are taken.
    ///
    /// # Errors
    /// Only when the store fails.
    fn allocated_count(&mut self, uri: &StatusListUri) -> Result<u32, StorageError>;

    /// Returns how many indexes are taken, for the measure of what is left; 0 when there is no such list.
    ///
    /// # Errors
    /// Only when the store fails.
    fn used(&mut self, uri: &StatusListUri) -> Result<u64, StorageError> {
        self.allocated_count(uri).map(u64::from)
    }
}
