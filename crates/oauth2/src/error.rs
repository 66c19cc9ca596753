//! Error responses of OAuth 2.0 (RFC 6749 §5.2, RFC 6750 §3.1, RFC 9449 §12).

use std::fmt;

use mahfada_base::json::JsonError;
use serde::{Deserialize, Serialize};

use crate::object_from_slice;

macro_rules! error_codes {
    ($($(#[$meta:meta])* $variant:ident = $name:literal;)*) => {
        /// The `error` member of an error response.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$meta])* $variant,)*
            /// A code of another specification, kept as it came.
            Other(String),
        }

        impl ErrorCode {
            /// Returns the name on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl From<String> for ErrorCode {
            fn from(name: String) -> Self {
                match name.as_str() {
                    $($name => Self::$variant,)*
                    _ => Self::Other(name),
                }
            }
        }

        impl From<ErrorCode> for String {
            fn from(code: ErrorCode) -> Self {
                code.as_str().to_owned()
            }
        }

        #[cfg(test)]
        const NAMES: &[&str] = &[$($name),*];
    };
}

error_codes! {
    /// The request lacks a parameter, repeats one or is malformed.
    InvalidRequest = "invalid_request";
    /// The code, the transaction code or the refresh token is wrong, used or expired.
    InvalidGrant = "invalid_grant";
    /// The client is unknown or did not authenticate.
    InvalidClient = "invalid_client";
    /// The client may not use this grant.
    UnauthorizedClient = "unauthorized_client";
    /// The grant type is not offered.
    UnsupportedGrantType = "unsupported_grant_type";
    /// The response type is not offered.
    UnsupportedResponseType = "unsupported_response_type";
    /// The scope is unknown.
    InvalidScope = "invalid_scope";
    /// The authorization details are unknown or malformed (RFC 9396 §5).
    InvalidAuthorizationDetails = "invalid_authorization_details";
    /// The DPoP proof is missing or did not verify (RFC 9449 §5).
    InvalidDpopProof = "invalid_dpop_proof";
    /// The DPoP proof must carry the nonce of this response (RFC 9449 §8).
    UseDpopNonce = "use_dpop_nonce";
    /// More is needed before a code is given (authorization challenge).
    InsufficientAuthorization = "insufficient_authorization";
    /// The `auth_session` is unknown or over (authorization challenge).
    InvalidSession = "invalid_session";
    /// The owner or the policy refused.
    AccessDenied = "access_denied";
    /// The access token is missing, malformed, expired, or bound to another key.
    InvalidToken = "invalid_token";
    /// The access token does not cover what was asked.
    InsufficientScope = "insufficient_scope";
    /// The server failed.
    ServerError = "server_error";
    /// The server is overloaded or under maintenance.
    TemporarilyUnavailable = "temporarily_unavailable";
}

impl ErrorCode {
    /// Returns the HTTP status at authorization server endpoints.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken | Self::InsufficientAuthorization => 401,
            Self::InsufficientScope => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }

    /// Returns the HTTP status at resources, where a bad DPoP proof is a failed authentication (RFC 9449 §7.1).
    #[must_use]
    pub const fn status_at_resource(&self) -> u16 {
        match self {
            Self::InvalidDpopProof | Self::UseDpopNonce => 401,
            other => other.status(),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{error}{}", error_description.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
pub struct OAuthError {
    /// What went wrong, for programs.
    pub error: ErrorCode,
    /// What went wrong, for developers; no personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

impl OAuthError {
    /// Makes an error without description.
    #[must_use]
    pub const fn new(error: ErrorCode) -> Self {
        Self {
            error,
            error_description: None,
        }
    }

    /// Makes an error with a description, of which characters outside RFC 6749 §5.2 are dropped.
    #[must_use]
    pub fn described(error: ErrorCode, description: &str) -> Self {
        let allowed = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        Self {
            error,
            error_description: Some(description.chars().filter(allowed).collect()),
        }
    }

    /// Returns the HTTP status at authorization server endpoints.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.error.status()
    }

    /// Reads an error response.
    ///
    /// # Errors
    /// [`JsonError`] when the body is none.
    pub fn parse(body: &[u8]) -> Result<Self, JsonError> {
        object_from_slice(body)
    }

    /// Writes the response body.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Writes the `WWW-Authenticate` value for a DPoP-bound resource (RFC 9449 §7.1).
    #[must_use]
    pub fn www_authenticate(&self) -> String {
        format!(r#"DPoP error="{}", algs="ES256""#, self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back_and_unknown_ones_are_kept() {
        for name in NAMES {
            let code = ErrorCode::from((*name).to_owned());
            assert!(!matches!(code, ErrorCode::Other(_)), "{name}");
            assert_eq!(code.as_str(), *name);
        }
        assert_eq!(ErrorCode::from("slow_down".to_owned()).as_str(), "slow_down");
    }

    #[test]
    fn statuses_follow_the_specifications() {
        for (code, server, resource) in [
            (ErrorCode::InvalidDpopProof, 400, 401),
            (ErrorCode::UseDpopNonce, 400, 401),
            (ErrorCode::InvalidGrant, 400, 400),
            (ErrorCode::InvalidClient, 401, 401),
            (ErrorCode::InvalidToken, 401, 401),
            (ErrorCode::InsufficientAuthorization, 401, 401),
            (ErrorCode::InsufficientScope, 403, 403),
            (ErrorCode::ServerError, 500, 500),
            (ErrorCode::TemporarilyUnavailable, 503, 503),
        ] {
            assert_eq!((code.status(), code.status_at_resource()), (server, resource), "{code}");
        }
    }

    #[test]
    fn reads_and_writes_with_unknown_members_and_refuses_repeated_ones() {
        let error = OAuthError::parse(br#"{"error":"invalid_grant","error_uri":"x"}"#).unwrap();
        assert_eq!(error, OAuthError::new(ErrorCode::InvalidGrant));
        assert_eq!(error.to_json(), r#"{"error":"invalid_grant"}"#);
        OAuthError::parse(br#"{"error":"a","error":"b"}"#).unwrap_err();
        OAuthError::parse(br#"["invalid_grant"]"#).unwrap_err();
    }

    #[test]
    fn descriptions_cannot_break_out_of_their_quotes() {
        let error = OAuthError::described(ErrorCode::InvalidRequest, "a\"b\\c\r\nd é");
        assert_eq!(error.error_description.as_deref(), Some("abcd "));
        assert_eq!(error.to_string(), "invalid_request: abcd ");
    }
}
