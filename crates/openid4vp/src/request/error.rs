//! Why a wallet does not answer a request.

use mahfada_jose::JwsError;
use mahfada_trust::{RegistrationError, TrustError};
use mahfada_x509::ChainError;

use crate::Excess;

/// Why a wallet does not answer a request; nothing is shown to the citizen as a question then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request is none, or is one that this profile does not answer.
    #[error("not a valid request: {0}")]
    Invalid(String),
    /// The header names no access certificate.
    #[error("the request names no access certificate")]
    ChainMissing,
    /// The chain of the access certificate cannot be read.
    #[error("the chain of the access certificate cannot be read")]
    Chain(#[source] ChainError),
    /// The access certificate is not trusted.
    #[error("the access certificate is not trusted")]
    Untrusted(#[source] TrustError),
    /// Type, algorithm or signature do not hold.
    #[error("the signature of the request does not hold")]
    Signature(#[source] JwsError),
    /// The client identifier is another one than in the link that led here.
    #[error("the request is that of another client than announced")]
    ClientIdMismatch,
    /// There is no nonce.
    #[error("the request has no nonce")]
    NonceMissing,
    /// The nonce is shorter than 128 bits in base64url.
    #[error("the nonce is too short")]
    NonceTooShort,
    /// The request does not repeat the nonce that the wallet sent.
    #[error("the request does not repeat the wallet's nonce")]
    WalletNonceMismatch,
    /// The answer would go to a host that the access certificate does not name.
    #[error("the answer would go to a host that is not the relying party's")]
    ResponseUriMismatch,
    /// The request has expired.
    #[error("the request has expired")]
    Expired,
    /// More time lies between `iat` and `exp` than a request may live, or `exp` is not after `iat`.
    #[error("the request is valid for longer than allowed, or not at all")]
    Lifetime,
    /// The request says that it was made after the present time.
    #[error("the request is not valid yet")]
    NotYetValid,
    /// The verifier understands none of the formats that its query names, or no encryption that the wallet speaks.
    #[error("the verifier does not understand the formats it asks for")]
    FormatsNotSupported,
    /// The request wants transaction data signed, which this wallet does not do.
    #[error("transaction data of this type are not supported")]
    TransactionData,
    /// There is no registration certificate.
    #[error("the request has no registration certificate")]
    RegistrationMissing,
    /// The registration certificate does not hold.
    #[error("the registration certificate does not hold")]
    Registration(#[source] RegistrationError),
    /// The query wants more than is registered.
    #[error("the query wants more than the relying party is registered for")]
    OverAsking(Vec<Excess>),
}

impl RequestError {
    pub(super) fn invalid(fault: &str) -> Self {
        Self::Invalid(fault.to_owned())
    }

    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) | Self::Signature(JwsError::Typ) => "invalid_request",
            Self::ChainMissing | Self::Chain(_) | Self::Untrusted(_) | Self::Signature(_) => "request_signature",
            Self::ClientIdMismatch => "client_id_mismatch",
            Self::NonceMissing => "nonce_missing",
            Self::NonceTooShort => "nonce_too_short",
            Self::WalletNonceMismatch => "wallet_nonce_mismatch",
            Self::ResponseUriMismatch => "response_uri_mismatch",
            Self::Expired => "request_expired",
            Self::Lifetime => "request_lifetime",
            Self::NotYetValid => "request_not_yet_valid",
            Self::FormatsNotSupported => "vp_formats_not_supported",
            Self::TransactionData => "invalid_transaction_data",
            Self::RegistrationMissing => "registration_missing",
            Self::Registration(error) => error.code(),
            Self::OverAsking(_) => "over_asking",
        }
    }

    /// Returns the error code that the verifier may be told (§8.5).
    #[must_use]
    pub const fn wire_error(&self) -> &'static str {
        match self {
            Self::FormatsNotSupported => "vp_formats_not_supported",
            Self::TransactionData => "invalid_transaction_data",
            Self::ChainMissing | Self::Chain(_) | Self::Untrusted(_) | Self::Signature(_) => "invalid_client",
            _ => "invalid_request",
        }
    }
}
