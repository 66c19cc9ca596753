//! The hash of disclosures and of `sd_hash` (RFC 9901 §4.1.1).

use mahfada_base::base64url;
use mahfada_crypto::Digest;
use serde_json::{Map, Value};

use crate::ProcessError;

/// The member that names the hash algorithm, at the top level only.
pub(crate) const SD_ALG: &str = "_sd_alg";

/// A hash algorithm that `_sd_alg` may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// `sha-256`, also meant when nothing is named.
    #[default]
    Sha256,
    /// `sha-384`.
    Sha384,
    /// `sha-512`.
    Sha512,
}

impl HashAlgorithm {
    /// Returns the name in the IANA registry of named information hash algorithms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// Reads `_sd_alg` from the payload of an issuer-signed JWT; a missing member means SHA-256.
    ///
    /// # Errors
    /// [`ProcessError::HashAlgorithm`] when the member names anything else (RFC 9901 §7.1 step 2).
    pub(crate) fn of_payload(payload: &Map<String, Value>) -> Result<Self, ProcessError> {
        let Some(named) = payload.get(SD_ALG) else {
            return Ok(Self::default());
        };
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|algorithm| named.as_str() == Some(algorithm.name()))
            .ok_or(ProcessError::HashAlgorithm)
    }

    /// Hashes the text and returns the digest as base64url, as `_sd` and `sd_hash` carry it.
    #[must_use]
    pub fn digest(self, text: &str, digest: &dyn Digest) -> String {
        match self {
            Self::Sha256 => base64url::encode(digest.sha256(text.as_bytes())),
            Self::Sha384 => base64url::encode(digest.sha384(text.as_bytes())),
            Self::Sha512 => base64url::encode(digest.sha512(text.as_bytes())),
        }
    }
}
