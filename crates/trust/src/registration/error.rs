//! Why a registration certificate was refused.

use mahfada_jose::JwsError;
use mahfada_x509::ChainError;

use crate::TrustError;

/// Why a registration certificate was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The text is no registration certificate.
    #[error("not a registration certificate")]
    Malformed(#[source] JwsError),
    /// The header names no certificate of the registrar.
    #[error("the registration certificate names no registrar")]
    ChainMissing,
    /// The registrar's chain cannot be read.
    #[error("the chain of the registrar cannot be read")]
    Chain(#[from] ChainError),
    /// The registrar is not trusted.
    #[error("the registrar is not trusted")]
    Untrusted(#[from] TrustError),
    /// Type, algorithm or signature do not hold.
    #[error("the signature of the registrar does not hold")]
    Signature(#[source] JwsError),
    /// The certificate is about another organization than the one that asks.
    #[error("the registration is that of another organization")]
    Subject,
    /// The certificate says that it was issued after the present time.
    #[error("the registration is not valid yet")]
    NotYetValid,
    /// The certificate has expired.
    #[error("the registration has expired")]
    Expired,
    /// The certificate claims to be good for longer than twelve months.
    #[error("the registration claims to be good for longer than allowed")]
    Period,
    /// The certificate names no purpose.
    #[error("the registration names no purpose")]
    PurposeMissing,
}

impl RegistrationError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "registration_malformed",
            Self::ChainMissing | Self::Chain(_) | Self::Untrusted(_) => "registration_untrusted",
            Self::Signature(_) => "registration_signature",
            Self::Subject => "registration_subject",
            Self::NotYetValid => "registration_not_yet_valid",
            Self::Expired => "registration_expired",
            Self::Period => "registration_period",
            Self::PurposeMissing => "registration_purpose",
        }
    }
}
