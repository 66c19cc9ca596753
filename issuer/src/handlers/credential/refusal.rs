//! Why no credential is issued, for the log and on the wire.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use mahfada_oauth2::{ErrorCode, OAuthError};
use mahfada_openid4vci::{CredentialError, CredentialErrorCode, CredentialRequestError, NonceError, ProofError};
use mahfada_web::body::BodyError;
use mahfada_web::dpop::{AuthorizationError, DpopRefusal, Scheme};
use mahfada_web::fault::Fault as _;
use mahfada_web::protocol::{self, AcceptedSchemes};

use crate::credential_issuer::CredentialIssuer;
use crate::fault::Fault;

/// The ways in which this endpoint refuses.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Authorization(#[from] AuthorizationError),
    #[error(transparent)]
    Dpop(#[from] DpopRefusal),
    #[error("the access token is unknown, expired or revoked")]
    Token,
    #[error("the access token is bound to another key")]
    TokenBinding,
    #[error("the DPoP proof was used before")]
    DpopReplayed,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Request(#[from] CredentialRequestError),
    #[error("no such configuration")]
    UnknownConfiguration,
    #[error("no such credential identifier")]
    UnknownIdentifier,
    #[error("the token response named an identifier, so the request has to")]
    IdentifierNeeded,
    #[error("the token is for another configuration")]
    OtherConfiguration,
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error(transparent)]
    Nonce(#[from] NonceError),
    #[error("the nonce was used before")]
    NonceReplayed,
    #[error("the keys are not the ones the wallet committed to")]
    KeysNotCommitted,
    #[error("the source has no such credential to give")]
    Denied(&'static str),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Refusal {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Authorization(error) => error.code(),
            Self::Dpop(error) => error.code(),
            Self::Token => "token_unusable",
            Self::TokenBinding => "binding_mismatch",
            Self::DpopReplayed => "dpop_replayed",
            Self::Body(error) => error.code(),
            Self::Request(error) => error.code(),
            Self::UnknownConfiguration => "unknown_credential_configuration",
            Self::UnknownIdentifier => "unknown_credential_identifier",
            Self::IdentifierNeeded => "identifier_needed",
            Self::OtherConfiguration => "configuration_not_granted",
            Self::Proof(error) => error.code(),
            Self::Nonce(error) => error.code(),
            Self::NonceReplayed => "nonce_replayed",
            Self::KeysNotCommitted => "keys_not_committed",
            Self::Denied(code) => code,
            Self::Fault(fault) => fault.code(),
        }
    }

    /// Makes the answer to a request that sent a token of this scheme, or none.
    pub(super) fn to_response(&self, issuer: &CredentialIssuer, sent: Option<Scheme>) -> HttpResponse {
        let accepted = if issuer.config.anonymous_access {
            AcceptedSchemes::DpopAndBearer
        } else {
            AcceptedSchemes::Dpop
        };
        let resource = |error| protocol::resource_refusal(&OAuthError::described(error, self.code()), accepted, sent);
        let of = |error| CredentialError::described(error, self.code());
        let error = match self {
            Self::Authorization(error) => return resource(OAuthError::from(*error).error),
            Self::Dpop(_) | Self::DpopReplayed => {
                return resource(ErrorCode::InvalidDpopProof);
            }
            Self::Token | Self::TokenBinding => {
                return resource(ErrorCode::InvalidToken);
            }
            Self::OtherConfiguration => {
                return resource(ErrorCode::InsufficientScope);
            }
            Self::Fault(fault) => return protocol::oauth_error(&fault.to_oauth()),
            Self::Body(_) | Self::IdentifierNeeded => of(CredentialErrorCode::InvalidCredentialRequest),
            Self::Request(error) => of(error.to_response().error),
            Self::UnknownConfiguration => of(CredentialErrorCode::UnknownCredentialConfiguration),
            Self::UnknownIdentifier => of(CredentialErrorCode::UnknownCredentialIdentifier),
            Self::Nonce(_) | Self::NonceReplayed => of(CredentialErrorCode::InvalidNonce),
            Self::Proof(_) | Self::KeysNotCommitted => of(CredentialErrorCode::InvalidProof),
            Self::Denied(_) => of(CredentialErrorCode::CredentialRequestDenied),
        };
        protocol::json(StatusCode::BAD_REQUEST, &error)
    }
}
