//! Why a message of the authorization challenge endpoint is refused.

use mahfada_base::json::JsonError;

use crate::{ErrorCode, FormError, OAuthError, PkceError};

/// Why a message of the authorization challenge endpoint was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationChallengeError {
    /// The form is malformed, repeats, lacks or contradicts a parameter.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The challenge or its method is not acceptable.
    #[error(transparent)]
    Pkce(#[from] PkceError),
    /// `authorization_details` is not one object of type `openid_credential` with a configuration.
    #[error("authorization_details is not one openid_credential with a configuration")]
    AuthorizationDetails,
    /// The response body is neither a challenge, a code nor an error.
    #[error("malformed response: {0}")]
    Response(#[source] JsonError),
    /// The server wants an interaction that this system does not know.
    #[error("unknown interaction")]
    Interaction,
    /// The server refused.
    #[error(transparent)]
    Refused(OAuthError),
}

impl AuthorizationChallengeError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(error) => error.code(),
            Self::Pkce(error) => error.code(),
            Self::AuthorizationDetails => "authorization_details",
            Self::Response(_) => "challenge_response_malformed",
            Self::Interaction => "unknown_interaction",
            Self::Refused(_) => "authorization_refused",
        }
    }

    /// Returns the error response for a refused request.
    #[must_use]
    pub fn to_oauth(&self) -> OAuthError {
        let error = match self {
            Self::AuthorizationDetails => ErrorCode::InvalidAuthorizationDetails,
            _ => ErrorCode::InvalidRequest,
        };
        OAuthError::described(error, &self.to_string())
    }
}
