//! Why a unit of work was not granted.

use std::error::Error;
use std::sync::Arc;

use thiserror::Error;

/// Why a unit of work has no result.
///
/// With every reason but [`Undecided`](Self::Undecided) none of its effects are kept. One failed commit answers every work that waited for it, so the error can be cloned.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The store cannot be reached, had stopped before the work ran, or the work itself broke off.
    #[error("storage is unavailable")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
    /// The store was lost while it made the work durable: the work has happened whole or not at all, and only a look at
    /// the store after a restart tells which.
    #[error("storage was lost before it could tell what happened")]
    Undecided(#[source] Arc<dyn Error + Send + Sync>),
    /// The disk or the quota is full; reading goes on, and writing too once there is room.
    #[error("storage is full")]
    Full,
    /// Others hold the store, or too much work waits; asking again is safe.
    #[error("storage is busy")]
    Busy,
    /// A stored value cannot have been written by this program.
    #[error("stored value in {table}.{column} is inconsistent")]
    Inconsistent {
        /// The table the value stands in.
        table: &'static str,
        /// The column the value stands in.
        column: &'static str,
    },
    /// A revocation would have been taken back.
    #[error("a revocation cannot be taken back")]
    Irreversible,
    /// The change contradicts what is stored: an id taken twice, a sequence that skips, an unknown row.
    #[error("the change contradicts what is stored")]
    Conflict,
}

impl StorageError {
    /// Makes the error for a store that cannot be reached.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(Arc::from(source.into()))
    }

    /// Makes the error for a work that the store was lost over.
    pub fn undecided(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Undecided(Arc::from(source.into()))
    }

    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "storage_unavailable",
            Self::Undecided(_) => "storage_undecided",
            Self::Full => "storage_full",
            Self::Busy => "storage_busy",
            Self::Inconsistent { .. } => "storage_inconsistent",
            Self::Irreversible => "irreversible",
            Self::Conflict => "storage_conflict",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unavailable_keeps_its_source() {
        let error = StorageError::unavailable("disk gone");
        assert_eq!(error.code(), "storage_unavailable");
        assert_eq!(error.source().unwrap().to_string(), "disk gone");
    }
}
