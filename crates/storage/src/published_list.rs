//! What the trust registry has published: signed lists and root documents.

use mahfada_base::UnixTime;

use crate::{ListSlug, StorageError};

/// One edition of a signed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedList {
    /// The list.
    pub slug: ListSlug,
    /// The edition, counted from 1 without gaps.
    pub sequence: u64,
    /// The signed list in compact form.
    pub jws: String,
    /// When the next edition is due.
    pub next_update: UnixTime,
}

/// One version of the root document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootVersion {
    /// The version, counted from 1 without gaps.
    pub version: u64,
    /// The signed document as published.
    pub bytes: Vec<u8>,
}

/// The published lists and root documents; what is published never changes.
pub trait PublishedListRepository {
    /// Publishes the next edition of a list.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the sequence is not the last one plus 1.
    fn publish(&mut self, list: &PublishedList) -> Result<(), StorageError>;

    /// Returns the last edition of a list.
    ///
    /// # Errors
    /// Only when the store fails.
    fn latest(&mut self, slug: &ListSlug) -> Result<Option<PublishedList>, StorageError>;

    /// Publishes the next version of the root document.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the version is not the last one plus 1.
    fn publish_root(&mut self, root: &RootVersion) -> Result<(), StorageError>;

    /// Returns a version of the root document.
    ///
    /// # Errors
    /// Only when the store fails.
    fn root(&mut self, version: u64) -> Result<Option<RootVersion>, StorageError>;

    /// Returns the last version of the root document.
    ///
    /// # Errors
    /// Only when the store fails.
    fn latest_root(&mut self) -> Result<Option<RootVersion>, StorageError>;
}
