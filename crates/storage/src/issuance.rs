//! Issuances: which credential was issued, and where its status stands.

use mahfada_base::UnixTime;

use crate::{CardRef, ConfigurationId, IssuanceId, IssuerId, PersonRef, StatusListUri, StorageError};

/// The status of all copies of an issuance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuanceState {
    /// The copies are valid (0).
    Valid,
    /// The copies are suspended (2).
    Suspended,
    /// The copies are revoked (1), for ever.
    Revoked,
}

/// What a revocation found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeOutcome {
    /// The issuance was live and is revoked now.
    Revoked,
    /// The issuance had been revoked before.
    AlreadyRevoked,
    /// There is no such issuance.
    NotFound,
}

/// The place of one copy's status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusIndex {
    /// The list.
    pub uri: StatusListUri,
    /// The index in it.
    pub idx: u32,
}

/// One credential as it was issued, in one or more copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuance {
    /// The id.
    pub id: IssuanceId,
    /// The credential issuer.
    pub issuer: IssuerId,
    /// The configuration issued.
    pub configuration_id: ConfigurationId,
    /// The keyed reference to the card, if a card was read.
    pub card_ref: Option<CardRef>,
    /// The keyed reference to the person, if known.
    pub person_ref: Option<PersonRef>,
    /// The day of issuance; the store keeps the day only (decision D7).
    pub issued_on: UnixTime,
    /// The status of all copies.
    pub state: IssuanceState,
    /// The status index of each copy; each index belongs to one copy of one issuance.
    pub copies: Vec<StatusIndex>,
}

/// The issuances.
///
/// An issuance and its status indexes are written in one unit of work, before any signature leaves the issuer.
pub trait IssuanceRepository {
    /// Adds a valid issuance whose copies stand on taken indexes of value 0.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the id is taken, the state is another than valid, there is no copy,
    /// or an index is not taken, belongs to another issuance, or does not say 0.
    fn add(&mut self, issuance: &Issuance) -> Result<(), StorageError>;

    /// Finds an issuance.
    ///
    /// # Errors
    /// Only when the store fails.
    fn lookup(&mut self, id: &IssuanceId) -> Result<Option<Issuance>, StorageError>;

    /// Revokes an issuance: every copy's index says 1 in the same transaction.
    ///
    /// Whether the caller may revoke is the caller's check.
    ///
    /// # Errors
    /// Only when the store fails.
    fn revoke(&mut self, id: &IssuanceId) -> Result<RevokeOutcome, StorageError>;

    /// Suspends a valid issuance (every copy says 2) and returns whether it was valid.
    ///
    /// # Errors
    /// [`StorageError::Irreversible`] when it is revoked; [`StorageError::Conflict`] when there is no such
    /// issuance or a copy's list has one bit per entry.
    fn suspend(&mut self, id: &IssuanceId) -> Result<bool, StorageError>;

    /// Reinstates a suspended issuance (every copy says 0) and returns whether it was suspended.
    ///
    /// # Errors
    /// [`StorageError::Irreversible`] when it is revoked; [`StorageError::Conflict`] when there is no such issuance.
    fn reinstate(&mut self, id: &IssuanceId) -> Result<bool, StorageError>;

    /// Returns the issuances of an issuer, the newest first, at most `limit`.
    ///
    /// # Errors
    /// Only when the store fails.
    fn list_by_issuer(&mut self, issuer: &IssuerId, limit: u32) -> Result<Vec<Issuance>, StorageError>;

    /// Returns the issuances that came from a card and are not revoked, the oldest first.
    ///
    /// # Errors
    /// Only when the store fails.
    fn active_for_card(&mut self, card_ref: &CardRef) -> Result<Vec<Issuance>, StorageError>;
}
