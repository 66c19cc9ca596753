//! Error responses of the credential endpoint (OID4VCI §8.3.1.2, §9.3).

use std::fmt;

use mahfada_base::json::JsonError;
use mahfada_oauth2::object_from_slice;
use serde::{Deserialize, Serialize};

macro_rules! credential_error_codes {
    ($($(#[$meta:meta])* $variant:ident = $name:literal;)*) => {
        /// The `error` member of a credential error response.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum CredentialErrorCode {
            $($(#[$meta])* $variant,)*
            /// A code of another specification, kept as it came.
            Other(String),
        }

        impl CredentialErrorCode {
            /// Returns the name on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl From<String> for CredentialErrorCode {
            fn from(name: String) -> Self {
                match name.as_str() {
                    $($name => Self::$variant,)*
                    _ => Self::Other(name),
                }
            }
        }

        #[cfg(test)]
        const NAMES: &[&str] = &[$($name),*];
    };
}

credential_error_codes! {
    /// The request is malformed, repeats or contradicts itself.
    InvalidCredentialRequest = "invalid_credential_request";
    /// The issuer has no such configuration.
    UnknownCredentialConfiguration = "unknown_credential_configuration";
    /// The token does not cover this data set.
    UnknownCredentialIdentifier = "unknown_credential_identifier";
    /// The proofs are missing, or one of them did not verify.
    InvalidProof = "invalid_proof";
    /// A proof carries a `c_nonce` that is not, or no longer, good: fetch a new one.
    InvalidNonce = "invalid_nonce";
    /// The encryption asked for is not offered.
    InvalidEncryptionParameters = "invalid_encryption_parameters";
    /// The issuer refuses for good; asking again does not help.
    CredentialRequestDenied = "credential_request_denied";
    /// The transaction is unknown or was collected (§9.3).
    InvalidTransactionId = "invalid_transaction_id";
}

impl From<CredentialErrorCode> for String {
    fn from(code: CredentialErrorCode) -> Self {
        code.as_str().to_owned()
    }
}

impl fmt::Display for CredentialErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error response of the credential endpoint; its status is 400.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{error}{}", error_description.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
pub struct CredentialError {
    /// What went wrong, for programs.
    pub error: CredentialErrorCode,
    /// What went wrong, for developers; no personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

impl CredentialError {
    /// The HTTP status of every credential error response (OID4VCI §8.3.1.2).
    pub const STATUS: u16 = 400;

    /// Makes an error without description.
    #[must_use]
    pub const fn new(error: CredentialErrorCode) -> Self {
        Self {
            error,
            error_description: None,
        }
    }

    /// Makes an error with a description, of which characters outside RFC 6749 §5.2 are dropped.
    #[must_use]
    pub fn described(error: CredentialErrorCode, description: &str) -> Self {
        let allowed = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        Self {
            error,
            error_description: Some(description.chars().filter(allowed).collect()),
        }
    }

    /// Reads an error response.
    ///
    /// # Errors
    /// [`JsonError`] when the body is none.
    pub fn parse(body: &[u8]) -> Result<Self, JsonError> {
        object_from_slice(body)
    }

    /// Writes the response body; send it with `Cache-Control: no-store`.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back_and_unknown_ones_are_kept() {
        assert_eq!(NAMES.len(), 8);
        for name in NAMES {
            let body = format!(r#"{{"error":"{name}"}}"#);
            let error = CredentialError::parse(body.as_bytes()).unwrap();
            assert!(!matches!(error.error, CredentialErrorCode::Other(_)), "{name}");
            assert_eq!(error.to_json(), body);
        }
        let other = CredentialError::parse(br#"{"error":"x","zz":[1]}"#).unwrap();
        assert_eq!(other.error, CredentialErrorCode::Other("x".to_owned()));
        CredentialError::parse(br#"{"error":"x","error":"y"}"#).unwrap_err();
    }
}
