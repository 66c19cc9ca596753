//! Why an authorization is refused, for the log and on the wire.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use mahfada_eid::EvidenceError;
use mahfada_jose::{JwkError, JwsError};
use mahfada_oauth2::{AuthorizationChallengeError, ErrorCode, OAuthError};
use mahfada_web::body::BodyError;
use mahfada_web::dpop::DpopRefusal;
use mahfada_web::fault::Fault as _;
use mahfada_web::protocol;
use mahfada_web::rate_limit::RateLimited;

use crate::fault::Fault;

/// The ways in which this endpoint refuses.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Request(#[from] AuthorizationChallengeError),
    #[error(transparent)]
    Dpop(#[from] DpopRefusal),
    #[error("the DPoP proof was used before")]
    DpopReplayed,
    #[error("no configuration of this name that is issued by card")]
    UnknownConfiguration,
    #[error("no configuration of this scope that is issued by card")]
    UnknownScope,
    #[error("no such session")]
    SessionUnknown,
    #[error("the session has ended")]
    SessionExpired,
    #[error("the session was answered before")]
    SessionSpent,
    #[error("another key than the one the session is bound to")]
    BindingMismatch,
    #[error("the wallet's key is not usable")]
    WalletKey(#[source] JwkError),
    #[error("the evidence is not signed by the wallet's key")]
    EvidenceSignature(#[source] JwsError),
    #[error("the evidence cannot be read")]
    EvidenceMalformed(#[source] EvidenceError),
    #[error("the evidence belongs to another session")]
    EvidenceSession,
    #[error("the evidence was not made in this session")]
    EvidenceTime,
    #[error("the card was refused")]
    Card(&'static str),
    #[error(transparent)]
    Limited(#[from] RateLimited),
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
            Self::UnknownConfiguration => "unknown_credential_configuration",
            Self::UnknownScope => "unknown_scope",
            Self::SessionUnknown => "session_unknown",
            Self::SessionExpired => "challenge_expired",
            Self::SessionSpent => "session_consumed",
            Self::BindingMismatch => "binding_mismatch",
            Self::WalletKey(error) => error.code(),
            Self::EvidenceSignature(_) => "evidence_signature",
            Self::EvidenceMalformed(error) => error.code(),
            Self::EvidenceSession => "evidence_session",
            Self::EvidenceTime => "evidence_time",
            Self::Card(code) => code,
            Self::Limited(_) => "rate_limited",
            Self::Fault(fault) => fault.code(),
        }
    }

    pub(super) fn to_response(&self) -> HttpResponse {
        let error = self.to_oauth();
        let Self::Limited(limited) = self else {
            return protocol::oauth_error(&error);
        };
        let mut answer = protocol::json(StatusCode::TOO_MANY_REQUESTS, &error);
        limited.announce(&mut answer);
        answer
    }

    fn to_oauth(&self) -> OAuthError {
        let error = match self {
            Self::Body(_) => ErrorCode::InvalidRequest,
            Self::Request(error) => error.to_oauth().error,
            Self::Dpop(_) | Self::DpopReplayed | Self::WalletKey(_) => ErrorCode::InvalidDpopProof,
            Self::UnknownConfiguration => ErrorCode::InvalidAuthorizationDetails,
            Self::UnknownScope => ErrorCode::InvalidScope,
            Self::SessionUnknown | Self::SessionExpired | Self::SessionSpent => ErrorCode::InvalidSession,
            // The card's owner has to know what is wrong with the card, so the code is the description.
            Self::BindingMismatch
            | Self::EvidenceSignature(_)
            | Self::EvidenceMalformed(_)
            | Self::EvidenceSession
            | Self::EvidenceTime
            | Self::Card(_) => ErrorCode::AccessDenied,
            Self::Limited(_) => ErrorCode::TemporarilyUnavailable,
            Self::Fault(fault) => return fault.to_oauth(),
        };
        OAuthError::described(error, self.code())
    }
}
