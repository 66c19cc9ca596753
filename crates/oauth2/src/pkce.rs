//! Proof Key for Code Exchange (RFC 7636), method S256 alone.

use std::fmt;

use mahfada_base::{Secret, base64url};
use mahfada_crypto::{Digest, Random, RandomError};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// The only challenge method spoken here: `plain` protects nothing (RFC 9700 §2.1.1).
pub const CODE_CHALLENGE_METHOD: &str = "S256";

/// The secret that the client keeps until it redeems the code.
#[derive(Clone)]
pub struct CodeVerifier(Secret<String>);

/// The hash of a [`CodeVerifier`], sent with the first request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge([u8; 32]);

/// Why a verifier or a challenge is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PkceError {
    /// The verifier is not 43 to 128 unreserved characters.
    #[error("a code verifier is 43 to 128 unreserved characters")]
    Verifier,
    /// The challenge is not the base64url form of 32 bytes.
    #[error("a code challenge is 32 bytes in base64url")]
    Challenge,
    /// The method is another than S256.
    #[error("the code challenge method is S256")]
    Method,
}

impl PkceError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Verifier => "code_verifier",
            Self::Challenge => "code_challenge",
            Self::Method => "code_challenge_method",
        }
    }
}

impl CodeVerifier {
    /// Draws a verifier of 256 bits (RFC 7636 §4.1).
    ///
    /// # Errors
    /// [`RandomError`] when the source fails.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = [0; 32];
        random.fill(&mut bytes)?;
        Ok(Self(Secret::new(base64url::encode(bytes))))
    }

    /// Reads a verifier from a token request (RFC 7636 §4.1).
    ///
    /// # Errors
    /// [`PkceError::Verifier`] for a wrong length or character.
    pub fn parse(text: &str) -> Result<Self, PkceError> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=128).contains(&text.len()) || !text.bytes().all(unreserved) {
            return Err(PkceError::Verifier);
        }
        Ok(Self(Secret::new(text.to_owned())))
    }

    /// Returns the text that the token request carries.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(…)")
    }
}

impl CodeChallenge {
    /// Hashes a verifier (RFC 7636 §4.2, S256).
    #[must_use]
    pub fn s256(verifier: &CodeVerifier, digest: &dyn Digest) -> Self {
        Self(digest.sha256(verifier.as_str().as_bytes()))
    }

    /// Reads the `code_challenge` parameter.
    ///
    /// # Errors
    /// [`PkceError::Challenge`] when it is not 32 bytes in canonical base64url.
    pub fn parse(text: &str) -> Result<Self, PkceError> {
        let bytes = base64url::decode(text).map_err(|_| PkceError::Challenge)?;
        bytes.try_into().map(Self).map_err(|_| PkceError::Challenge)
    }

    /// Tells, in constant time, whether the verifier is the one behind this challenge (RFC 7636 §4.6).
    #[must_use]
    pub fn matches(&self, verifier: &CodeVerifier, digest: &dyn Digest) -> bool {
        self.0.ct_eq(&Self::s256(verifier, digest).0).into()
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(self.0))
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = PkceError;

    fn try_from(text: String) -> Result<Self, PkceError> {
        Self::parse(&text)
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.to_string()
    }
}

#[cfg(test)]
mod tests {
    use mahfada_crypto::pure::PROVIDER;

    use super::*;

    #[test]
    fn computes_the_example_of_rfc_7636() {
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let challenge = CodeChallenge::s256(&verifier, PROVIDER.digest);
        assert_eq!(challenge.to_string(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(challenge.matches(&verifier, PROVIDER.digest));
    }

    #[test]
    fn another_verifier_does_not_match() {
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        let other = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl").unwrap();
        assert!(!challenge.matches(&other, PROVIDER.digest));
        // The `plain` downgrade: the challenge itself as verifier.
        let plain = CodeVerifier::parse(&challenge.to_string()).unwrap();
        assert!(!challenge.matches(&plain, PROVIDER.digest));
    }

    #[test]
    fn refuses_verifiers_of_wrong_length_or_characters() {
        for text in [&"a".repeat(42), &"a".repeat(129), &"é".repeat(30), &" ".repeat(43)] {
            assert_eq!(CodeVerifier::parse(text).unwrap_err().code(), "code_verifier", "{text}");
        }
        CodeVerifier::parse(&"~".repeat(128)).unwrap();
    }

    #[test]
    fn refuses_challenges_that_are_no_hash() {
        for text in ["", "AAAA", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="] {
            assert_eq!(
                CodeChallenge::parse(text).unwrap_err().code(),
                "code_challenge",
                "{text}"
            );
        }
    }
}
