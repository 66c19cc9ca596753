//! Why a list was not accepted and why nobody was trusted.

use std::error::Error;

use mahfada_jose::JwsError;
use mahfada_x509::ChainError;

/// Why a list of trusted entities was refused; the one accepted before stays in force until it expires.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The text is no signed list of this shape.
    #[error("not a list of trusted entities")]
    Malformed(#[source] Box<dyn Error + Send + Sync>),
    /// The list's own type, or the type of one of its services, is not that of the wanted role.
    #[error("the list is kept for another role")]
    Role,
    /// No signer that the root names for the role has signed the list.
    #[error("the list is not signed by a signer of this role")]
    Signer(#[source] Option<ChainError>),
    /// The signature over the list does not hold.
    #[error("the signature of the list does not hold")]
    Signature(#[source] JwsError),
    /// The signer's certificate does not name the territory and the operator of the list.
    #[error("the signer's certificate names another country or organization than the list")]
    SignerName,
    /// The list says that it was issued after the present time.
    #[error("the list is not issued yet")]
    NotYetIssued,
    /// `NextUpdate` has passed.
    #[error("the list has expired")]
    Expired,
    /// `NextUpdate` is farther from the date of issue than the scheme allows.
    #[error("the list claims to be good for longer than allowed")]
    Period,
    /// A newer list of the role has been seen before.
    #[error("the list has a lower sequence number than one already seen")]
    Rollback,
    /// Another list of the role with the same sequence number has been seen before.
    #[error("two lists have the same sequence number")]
    Fork,
    /// The root document itself has expired.
    #[error("the root document has expired")]
    RootExpired,
}

impl ListError {
    pub(crate) fn malformed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Malformed(source.into())
    }

    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "list_malformed",
            Self::Role => "list_role",
            Self::Signer(_) | Self::SignerName => "list_signer",
            Self::Signature(_) => "list_signature",
            Self::NotYetIssued => "list_not_yet_issued",
            Self::Expired => "list_expired",
            Self::Period => "list_period",
            Self::Rollback => "list_rollback",
            Self::Fork => "list_fork",
            Self::RootExpired => "root_expired",
        }
    }
}

/// Why a chain of certificates is not trusted in a role.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The chain itself does not hold.
    #[error("the certificate chain does not hold")]
    Chain(#[source] ChainError),
    /// No entity of the list stands behind the chain.
    #[error("nobody on the list stands behind the certificate")]
    UnknownEntity,
    /// The entity is known, but not for this use.
    #[error("the entity is not entitled to this")]
    NotEntitled,
    /// The entity is known, and a service of it under the authority is suspended or withdrawn, or none is granted yet.
    #[error("the service of the entity is suspended or withdrawn")]
    Suspended,
    /// No list of the role has been accepted.
    #[error("there is no list for this role")]
    ListUnavailable,
    /// The list of the role, or the root document, has expired.
    #[error("the list for this role has expired")]
    ListExpired,
}

impl TrustError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Chain(error) => error.code(),
            Self::UnknownEntity => "untrusted",
            Self::NotEntitled => "not_entitled",
            Self::Suspended => "suspended",
            Self::ListUnavailable => "list_unavailable",
            Self::ListExpired => "list_expired",
        }
    }
}
