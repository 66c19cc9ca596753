//! One error for the bindings of all flows.

use crate::{IssuanceError, PresentationError, StoreError, TrustUpdateError};

/// Why a flow ended, in the few kinds that an app tells apart; the code says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The app drove a flow wrongly: a fault of the app.
    #[error("the app made a mistake ({0})")]
    Usage(&'static str),
    /// The citizen said no.
    #[error("the citizen refused")]
    Declined,
    /// The other side answered, and refused.
    #[error("the other side refused ({0})")]
    Refused(&'static str),
    /// The other side is not who it should be, or said what cannot be relied on: nothing was shared or stored.
    #[error("the other side is not to be relied on ({0})")]
    Untrusted(&'static str),
    /// The other side cannot be reached or gave no usable answer; trying again may help.
    #[error("the other side gave no usable answer ({0})")]
    Unavailable(&'static str),
    /// The card could not be read; another tap may help.
    #[error("the card could not be read ({0})")]
    Card(&'static str),
    /// The store cannot be opened or is an older copy of itself.
    #[error("the store cannot be used ({0})")]
    Store(&'static str),
}

impl WalletError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Usage(code)
            | Self::Refused(code)
            | Self::Untrusted(code)
            | Self::Unavailable(code)
            | Self::Card(code)
            | Self::Store(code) => code,
        }
    }
}

impl From<&IssuanceError> for WalletError {
    fn from(error: &IssuanceError) -> Self {
        let code = error.code();
        match error {
            IssuanceError::OutOfOrder | IssuanceError::Keys | IssuanceError::SignatureFormat => Self::Usage(code),
            IssuanceError::Declined => Self::Declined,
            IssuanceError::Refused(_) => Self::Refused(code),
            IssuanceError::Card(_) => Self::Card(code),
            IssuanceError::Http(_) | IssuanceError::NonceUnavailable | IssuanceError::Random(_) => {
                Self::Unavailable(code)
            }
            _ => Self::Untrusted(code),
        }
    }
}

impl From<&PresentationError> for WalletError {
    fn from(error: &PresentationError) -> Self {
        let code = error.code();
        match error {
            PresentationError::OutOfOrder | PresentationError::SignatureFormat | PresentationError::Selection => {
                Self::Usage(code)
            }
            PresentationError::Http(_) | PresentationError::Random(_) => Self::Unavailable(code),
            _ => Self::Untrusted(code),
        }
    }
}

impl From<&TrustUpdateError> for WalletError {
    fn from(error: &TrustUpdateError) -> Self {
        let code = error.code();
        match error {
            TrustUpdateError::OutOfOrder => Self::Usage(code),
            TrustUpdateError::Http(_) => Self::Unavailable(code),
            _ => Self::Untrusted(code),
        }
    }
}

impl From<&StoreError> for WalletError {
    fn from(error: &StoreError) -> Self {
        Self::Store(error.code())
    }
}
