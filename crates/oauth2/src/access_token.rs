//! Access tokens and how a request presents one (RFC 6750 §2.1, RFC 9449 §7.1).

use std::fmt;

use mahfada_base::Secret;
use mahfada_crypto::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ErrorCode, OAuthError};

/// An access token: opaque here, never printed.
#[derive(Clone)]
pub struct AccessToken(Secret<String>);

impl AccessToken {
    /// Takes the token text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Secret::new(text.into()))
    }

    /// Hands the token text out.
    #[must_use]
    pub const fn expose(&self) -> &String {
        self.0.expose()
    }

    /// Hashes the token: what a server stores and what `ath` carries (RFC 9449 §4.2).
    #[must_use]
    pub fn sha256(&self, digest: &dyn Digest) -> [u8; 32] {
        digest.sha256(self.0.expose().as_bytes())
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

impl Serialize for AccessToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for AccessToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// How an access token is to be presented; names compare without case (RFC 6749 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum TokenType {
    /// With a DPoP proof by the key that the token is bound to (RFC 9449).
    Dpop,
    /// By whoever holds it (RFC 6750).
    Bearer,
}

impl TokenType {
    /// Returns the name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dpop => "DPoP",
            Self::Bearer => "Bearer",
        }
    }

    /// Finds the type by its name in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Dpop, Self::Bearer]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(name))
    }
}

impl From<TokenType> for &'static str {
    fn from(kind: TokenType) -> Self {
        kind.as_str()
    }
}

impl TryFrom<String> for TokenType {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::from_name(&name).ok_or("unknown token type")
    }
}

/// An access token as the `Authorization` header carries it; nobody has looked it up yet.
#[derive(Clone, Debug)]
pub struct PresentedToken {
    scheme: TokenType,
    token: AccessToken,
}

/// Why no access token was taken from the headers; on the wire each is `invalid_token` with 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentedTokenError {
    /// There is no `Authorization` header.
    #[error("no access token")]
    Missing,
    /// There are two `Authorization` headers.
    #[error("more than one authorization header")]
    Repeated,
    /// The header is neither `DPoP` nor `Bearer` with one token68.
    #[error("malformed authorization header")]
    Malformed,
    /// The token is bound to a key, but was presented as a bearer token (RFC 9449 §7.2).
    #[error("a bound token was presented as a bearer token")]
    Downgrade,
}

impl PresentedTokenError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Repeated => "token_repeated",
            Self::Malformed => "token_malformed",
            Self::Downgrade => "bearer_downgrade",
        }
    }

    /// Returns the error response.
    #[must_use]
    pub fn to_oauth(&self) -> OAuthError {
        OAuthError::new(ErrorCode::InvalidToken)
    }
}

impl PresentedToken {
    /// Reads the values of all `Authorization` headers of a request; exactly one is allowed.
    ///
    /// It does not know whether the token exists.
    ///
    /// # Errors
    /// [`PresentedTokenError`] when there is none, more than one, or another scheme.
    pub fn from_headers(values: &[&str]) -> Result<Self, PresentedTokenError> {
        let value = match values {
            [] => return Err(PresentedTokenError::Missing),
            [value] => value,
            _ => return Err(PresentedTokenError::Repeated),
        };
        let (scheme, token) = value.split_once(' ').ok_or(PresentedTokenError::Malformed)?;
        let scheme = TokenType::from_name(scheme).ok_or(PresentedTokenError::Malformed)?;
        let token68 = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if token.is_empty() || token.len() > 4096 || !token.bytes().all(token68) {
            return Err(PresentedTokenError::Malformed);
        }
        Ok(Self {
            scheme,
            token: AccessToken::new(token),
        })
    }

    /// Requires the scheme `DPoP`: a bound token never counts as a bearer token (RFC 9449 §7.2).
    ///
    /// # Errors
    /// [`PresentedTokenError::Downgrade`] for `Bearer`.
    pub const fn require_dpop(&self) -> Result<(), PresentedTokenError> {
        match self.scheme {
            TokenType::Dpop => Ok(()),
            TokenType::Bearer => Err(PresentedTokenError::Downgrade),
        }
    }

    /// Returns the scheme of the header.
    #[must_use]
    pub const fn scheme(&self) -> TokenType {
        self.scheme
    }

    /// Returns the token.
    #[must_use]
    pub const fn token(&self) -> &AccessToken {
        &self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_exactly_one_header_of_a_known_scheme() {
        let long = format!("DPoP {}", "a".repeat(4097));
        for (values, code) in [
            (vec![], "token_missing"),
            (vec!["DPoP a", "DPoP a"], "token_repeated"),
            (vec!["DPoP a", "Bearer a"], "token_repeated"),
            (vec!["Basic a"], "token_malformed"),
            (vec!["DPoP"], "token_malformed"),
            (vec!["DPoP "], "token_malformed"),
            (vec!["DPoP a b"], "token_malformed"),
            (vec!["DPoP a,b"], "token_malformed"),
            (vec![long.as_str()], "token_malformed"),
        ] {
            let error = PresentedToken::from_headers(&values).unwrap_err();
            assert_eq!(error.code(), code, "{values:?}");
            assert_eq!(error.to_oauth().status(), 401);
        }
        for scheme in ["DPoP", "dpop", "DPOP"] {
            let presented = PresentedToken::from_headers(&[&format!("{scheme} t.o-k=")]).unwrap();
            assert_eq!(presented.token().expose(), "t.o-k=");
            assert_eq!(presented.require_dpop(), Ok(()));
        }
    }

    #[test]
    fn a_bound_token_is_refused_as_bearer() {
        let presented = PresentedToken::from_headers(&["Bearer abc"]).unwrap();
        assert_eq!(presented.require_dpop().unwrap_err().code(), "bearer_downgrade");
    }

    #[test]
    fn debug_shows_no_token() {
        let presented = PresentedToken::from_headers(&["DPoP hush"]).unwrap();
        assert!(!format!("{presented:?}").contains("hush"));
    }
}
