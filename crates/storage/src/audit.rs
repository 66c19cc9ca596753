//! The audit trail: ids, decisions and hashes, no claims (decision D14).

use mahfada_base::UnixTime;

use crate::{AuditSequence, StorageError};

/// What happened, as the service reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// When it happened.
    pub at: UnixTime,
    /// Who did it: an operator, a wallet instance, a job.
    pub actor: String,
    /// What was done, as a stable name.
    pub action: String,
    /// The id of what it was done to.
    pub object_id: String,
    /// How it ended, as a stable code.
    pub outcome: String,
    /// What an operator should know; no personal data.
    pub detail: String,
}

/// A record with its place in the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The place in the trail; places grow and are never used again.
    pub sequence: AuditSequence,
    /// What happened.
    pub record: AuditRecord,
}

/// The audit trail; entries are neither changed nor removed.
pub trait AuditRepository {
    /// Appends a record and returns its place.
    ///
    /// # Errors
    /// Only when the store fails.
    fn append(&mut self, record: &AuditRecord) -> Result<AuditSequence, StorageError>;

    /// Returns at most `limit` entries after a place, in order.
    ///
    /// # Errors
    /// Only when the store fails.
    fn list(&mut self, after: AuditSequence, limit: u32) -> Result<Vec<AuditEntry>, StorageError>;
}
