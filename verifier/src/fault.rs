//! What goes wrong on our side; the peer learns no more than that.

use mahfada_crypto::{KeyError, RandomError};
use mahfada_jose::SignError;
use mahfada_openid4vp::DcqlError;
use mahfada_storage::StorageError;
use mahfada_web::fault;
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
    /// A value could not be sealed.
    #[error("a value could not be sealed")]
    Seal(#[from] SealError),
    /// A stored value does not open.
    #[error("a stored value does not open")]
    Open(#[from] OpenError),
    /// A stored value is not what this program writes.
    #[error("a stored value is not what this program writes")]
    Stored,
    /// A stored query is none.
    #[error("a stored query is none")]
    Query(#[from] DcqlError),
    /// The agency of a stored presentation is no longer configured.
    #[error("the agency is no longer configured")]
    AgencyGone,
    /// An address could not be built from the public URL.
    #[error("an address could not be built")]
    Address,
}

/// The error is dropped: it quotes the value that it did not expect, which may be a claim of a person.
impl From<serde_json::Error> for Fault {
    fn from(_: serde_json::Error) -> Self {
        Self::Stored
    }
}

impl fault::Fault for Fault {
    fn code(&self) -> &'static str {
        match self {
            Self::Storage(error) => error.code(),
            Self::Random(_) => "random_unavailable",
            Self::Key(_) | Self::Sign(_) => "signer_unavailable",
            Self::Seal(_) | Self::Open(_) | Self::Stored | Self::Query(_) => "sealed_value",
            Self::AgencyGone => "agency_gone",
            Self::Address => "address",
        }
    }

    fn is_passing(&self) -> bool {
        matches!(self, Self::Storage(error) if fault::is_passing(error))
    }
}

impl Fault {
    /// Logs the failure, where a page answers it and not a problem.
    pub(crate) fn log(&self) {
        use fault::Fault as _;
        let detail = fault::chain(self);
        tracing::error!(code = self.code(), %detail, "a page failed on our side");
    }
}
