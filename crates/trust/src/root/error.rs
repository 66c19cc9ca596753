//! Why a root document was refused or could not be signed.

use std::error::Error;

use mahfada_crypto::SignError;

/// Why a root document was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// The bytes are no root document.
    #[error("not a root document")]
    Malformed(#[source] Box<dyn Error + Send + Sync>),
    /// Too few different officers have signed.
    #[error("too few officers have signed the root document")]
    Threshold,
    /// A signature under an officer's key does not hold.
    #[error("a signature of the root document does not hold")]
    Signature,
    /// The document is not the next version.
    #[error("the root document is not the next version")]
    Version,
    /// The document says that it was issued after the present time.
    #[error("the root document is not issued yet")]
    NotYetIssued,
    /// The document has expired.
    #[error("the root document has expired")]
    Expired,
    /// The remembered documents do not descend from the pinned one.
    #[error("the remembered root documents do not descend from the pinned one")]
    Descent(#[source] Option<Box<Self>>),
}

impl RootError {
    pub(crate) fn malformed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Malformed(source.into())
    }

    pub(super) fn descent(source: Self) -> Self {
        Self::Descent(Some(Box::new(source)))
    }

    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "root_malformed",
            Self::Threshold => "root_threshold",
            Self::Signature => "root_signature",
            Self::Version => "root_version",
            Self::NotYetIssued => "root_not_yet_issued",
            Self::Expired => "root_expired",
            Self::Descent(_) => "root_descent",
        }
    }
}

/// Why a root document could not be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootSignError {
    /// The document is one that no reader would accept.
    #[error("no reader would accept the document")]
    Document(#[from] RootError),
    /// The document cannot be written as JSON.
    #[error("the document cannot be written")]
    Encode(#[from] serde_json::Error),
    /// A key is out of reach.
    #[error("the document could not be signed")]
    Sign(#[from] SignError),
}
