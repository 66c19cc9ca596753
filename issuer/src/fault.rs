//! What goes wrong on our side; the peer learns no more than that.

use mahfada_crypto::{KeyError, RandomError};
use mahfada_jose::SignError;
use mahfada_storage::StorageError;
use mahfada_web::fault::is_passing;
use mahfada_web::sealing::{OpenError, SealError};

/// A failure that is the service's own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The store did not do the unit of work.
    #[error("the store failed")]
    Storage(#[from] StorageError),
    /// No random bytes were to be had.
    #[error("no random bytes")]
    Random(#[from] RandomError),
    /// A key could not be used.
    #[error("a key failed")]
    Key(#[from] KeyError),
    /// The signing key is out of reach.
    #[error("the signer failed")]
    Sign(#[from] SignError),
    /// A credential could not be built.
    #[error("the credential could not be built")]
    Build(#[from] mahfada_sd_jwt::SdJwtIssueError),
    /// The status list could not be made.
    #[error("the status list could not be made")]
    StatusList(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Every index of the status list is taken.
    #[error("the status list is full")]
    StatusListFull,
    /// A value could not be sealed.
    #[error("a value could not be sealed")]
    Seal(#[from] SealError),
    /// A stored value does not open.
    #[error("a stored value does not open")]
    Open(#[from] OpenError),
    /// A stored value is not what this program writes.
    #[error("a stored value is not what this program writes")]
    Stored,
    /// A link does not fit into a QR code.
    #[error("a link does not fit into a QR code")]
    Qr,
}

impl mahfada_web::fault::Fault for Fault {
    fn code(&self) -> &'static str {
        match self {
            Self::Storage(error) => error.code(),
            Self::Random(_) => "random_unavailable",
            Self::Key(_) | Self::Sign(_) => "signer_unavailable",
            Self::Build(error) => error.code(),
            Self::StatusList(_) => "status_list_failed",
            Self::StatusListFull => "status_list_full",
            Self::Seal(_) | Self::Open(_) | Self::Stored => "sealed_value",
            Self::Qr => "qr",
        }
    }

    fn is_passing(&self) -> bool {
        matches!(self, Self::Storage(error) if is_passing(error))
    }
}
