//! Why a code is not redeemed, for the log and on the wire.

use mahfada_oauth2::{ErrorCode, OAuthError, TokenError};
use mahfada_web::body::BodyError;
use mahfada_web::dpop::DpopRefusal;
use mahfada_web::fault::Fault as _;

use crate::fault::Fault;

/// The ways in which this endpoint refuses.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Request(#[from] TokenError),
    #[error(transparent)]
    Dpop(#[from] DpopRefusal),
    #[error("the DPoP proof was used before")]
    DpopReplayed,
    #[error("no such code")]
    CodeUnknown,
    #[error("the code has expired")]
    CodeExpired,
    #[error("the code was redeemed before")]
    CodeConsumed,
    #[error("the code was burnt by wrong transaction codes")]
    CodeLocked,
    #[error("the code belongs to another client")]
    OtherClient,
    #[error("the code belongs to another key")]
    OtherKey,
    #[error("the code verifier does not belong to the challenge")]
    Pkce,
    #[error("the offer asks for a transaction code")]
    TxCodeMissing,
    #[error("the offer has no transaction code")]
    TxCodeUnexpected,
    #[error("wrong transaction code, try {0}")]
    TxCodeWrong(u8),
    #[error("the authorization details ask for something else than the code is good for")]
    OtherDetails,
    #[error("the client has to name itself")]
    ClientMissing,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Refusal {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Body(error) => error.code(),
            Self::Request(error) => error.code(),
            Self::Dpop(error) => error.code(),
            Self::DpopReplayed => "dpop_replayed",
            Self::CodeUnknown => "code_unknown",
            Self::CodeExpired => "code_expired",
            Self::CodeConsumed => "code_consumed",
            Self::CodeLocked => "code_locked",
            Self::OtherClient => "client_mismatch",
            Self::OtherKey => "binding_mismatch",
            Self::Pkce => "pkce",
            Self::TxCodeMissing => "tx_code_missing",
            Self::TxCodeUnexpected => "tx_code_unexpected",
            Self::TxCodeWrong(_) => "tx_code_wrong",
            Self::OtherDetails => "details_not_granted",
            Self::ClientMissing => "client_missing",
            Self::Fault(fault) => fault.code(),
        }
    }

    /// The description is the stable code: only who holds the code of a grant learns more than that there is none.
    pub(super) fn to_oauth(&self) -> OAuthError {
        let error = match self {
            Self::Request(error) => error.to_oauth().error,
            Self::Fault(fault) => return fault.to_oauth(),
            Self::Dpop(_) | Self::DpopReplayed => ErrorCode::InvalidDpopProof,
            // OpenID4VCI §6.3
            Self::Body(_) | Self::TxCodeMissing | Self::TxCodeUnexpected => ErrorCode::InvalidRequest,
            // RFC 9396 §5 and §6
            Self::OtherDetails => ErrorCode::InvalidAuthorizationDetails,
            Self::ClientMissing => ErrorCode::InvalidClient,
            Self::CodeUnknown
            | Self::CodeExpired
            | Self::CodeConsumed
            | Self::CodeLocked
            | Self::OtherClient
            | Self::OtherKey
            | Self::Pkce
            | Self::TxCodeWrong(_) => ErrorCode::InvalidGrant,
        };
        OAuthError::described(error, self.code())
    }
}
