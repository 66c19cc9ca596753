//! Why a DPoP proof is refused (RFC 9449 §4.3).

use mahfada_jose::{JwkError, JwsError};

use crate::{ErrorCode, OAuthError};

/// Why a DPoP proof was refused; on the wire each is `invalid_dpop_proof`, only [`DpopError::Key`] is `invalid_token`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DpopError {
    /// There is no `DPoP` header.
    #[error("no DPoP proof")]
    Missing,
    /// There is more than one `DPoP` header (RFC 9449 §4.3, check 1).
    #[error("more than one DPoP proof")]
    Repeated,
    /// The proof is no JWS, or its type, algorithm, key or signature is not acceptable (checks 2, 4 to 7).
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// The header's key is missing (check 3).
    #[error("the proof carries no key")]
    KeyMissing,
    /// The header's key is not usable.
    #[error(transparent)]
    Jwk(#[from] JwkError),
    /// `jti` is missing, empty or too long.
    #[error("jti is missing or malformed")]
    Jti,
    /// `htm` is missing or names another method (check 8).
    #[error("the proof is for another method")]
    Htm,
    /// `htu` is missing or names another URL (check 9).
    #[error("the proof is for another URL")]
    Htu,
    /// `iat` is missing, too old or in the future (check 11).
    #[error("the proof was not made just now")]
    Iat,
    /// `exp` is past or `nbf` is to come (RFC 7519 §4.1).
    #[error("the proof is outside the time that it states itself")]
    Lifetime,
    /// `ath` is missing or is not the hash of the token (check 12a).
    #[error("the proof is for another access token")]
    Ath,
    /// The token is bound to another key (check 12b).
    #[error("the token is bound to another key")]
    Key,
}

impl DpopError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "dpop_missing",
            Self::Repeated => "dpop_repeated",
            Self::Jws(JwsError::SignatureFormat) => "sig",
            Self::Jws(error) => error.code(),
            Self::KeyMissing => "jwk_missing",
            Self::Jwk(error) => error.code(),
            Self::Jti => "dpop_jti",
            Self::Htm => "dpop_htm",
            Self::Htu => "dpop_htu",
            Self::Iat => "dpop_iat",
            Self::Lifetime => "dpop_lifetime",
            Self::Ath => "dpop_ath",
            Self::Key => "dpop_key",
        }
    }

    /// Returns the error response; its status depends on the endpoint (see [`ErrorCode::status_at_resource`]).
    #[must_use]
    pub fn to_oauth(&self) -> OAuthError {
        let error = match self {
            Self::Key => ErrorCode::InvalidToken,
            _ => ErrorCode::InvalidDpopProof,
        };
        OAuthError::described(error, &self.to_string())
    }
}
