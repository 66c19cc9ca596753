//! What goes wrong on our side; the peer learns no more than that.

use actix_web::http::StatusCode;
use mahfada_crypto::{KeyError, RandomError};
use mahfada_jose::SignError;
use mahfada_oauth2::{ErrorCode, OAuthError};
use mahfada_openid4vp::DcqlError;
use mahfada_storage::StorageError;
use mahfada_web::problem::Problem;
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
    Stored(#[from] serde_json::Error),
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

impl Fault {
    /// Returns the stable code for the log.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Storage(error) => error.code(),
            Self::Random(_) => "random_unavailable",
            Self::Key(_) | Self::Sign(_) => "signer_unavailable",
            Self::Seal(_) | Self::Open(_) | Self::Stored(_) | Self::Query(_) => "sealed_value",
            Self::AgencyGone => "agency_gone",
            Self::Address => "address",
        }
    }

    /// Tells whether asking again may help.
    const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Storage(StorageError::Busy | StorageError::Full | StorageError::Unavailable(_))
        )
    }

    /// Logs the failure once and returns what a wallet is answered.
    pub(crate) fn to_oauth(&self) -> OAuthError {
        self.log();
        OAuthError::new(if self.is_passing() {
            ErrorCode::TemporarilyUnavailable
        } else {
            ErrorCode::ServerError
        })
    }

    /// Logs the failure once and returns what the management port answers.
    pub(crate) fn to_problem(&self) -> Problem {
        self.log();
        if self.is_passing() {
            return Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                self.code(),
                "the store is not available",
            );
        }
        Problem::internal()
    }

    fn log(&self) {
        let detail = chain(self);
        tracing::error!(code = self.code(), %detail, "request failed on our side");
    }
}

/// Writes an error and its causes on one line; none of ours carries personal data.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
