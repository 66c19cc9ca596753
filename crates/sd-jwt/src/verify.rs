//! Verifies an SD-JWT (RFC 9901 §7.1).

use std::fmt;

use mahfada_base::{ClaimsPath, PathSegment, json};
use mahfada_crypto::{CryptoProvider, PublicKey};
use mahfada_jose::Expectation;
use serde_json::{Map, Value};

use crate::process::process;
use crate::{Disclosure, HashAlgorithm, SdJwtError, UnverifiedSdJwt};

/// An SD-JWT whose signature and disclosures hold.
///
/// Whether the signer may sign it, its times and its key binding are checked elsewhere.
#[derive(Clone)]
pub struct VerifiedSdJwt {
    text: String,
    key_binding: Option<String>,
    payload: Map<String, Value>,
    claims: Value,
    disclosures: Vec<(Disclosure, Vec<PathSegment>)>,
    undisclosed: usize,
    hash: HashAlgorithm,
}

impl UnverifiedSdJwt {
    /// Verifies the issuer's signature and puts the disclosures in their place (RFC 9901 §7.1 steps 1 to 5).
    ///
    /// It checks no time, no claim and no key binding, and not that the key is the right issuer's.
    ///
    /// # Errors
    /// [`SdJwtError`] with the first rule that is broken.
    pub fn verify(
        self,
        issuer_key: &PublicKey,
        expectation: &Expectation<'_>,
        provider: &CryptoProvider,
    ) -> Result<VerifiedSdJwt, SdJwtError> {
        let payload = self.unverified_payload();
        self.verify_parsed(payload, issuer_key, expectation, provider)
    }

    /// Parses the payload before anything vouches for it.
    pub(crate) fn unverified_payload(&self) -> Result<Map<String, Value>, SdJwtError> {
        match json::parse(self.jws.unverified_payload()) {
            Ok(Value::Object(payload)) => Ok(payload),
            _ => Err(SdJwtError::Payload),
        }
    }

    /// Verifies like [`Self::verify`]; `payload` is what [`Self::unverified_payload`] of this same SD-JWT returned.
    pub(crate) fn verify_parsed(
        self,
        payload: Result<Map<String, Value>, SdJwtError>,
        issuer_key: &PublicKey,
        expectation: &Expectation<'_>,
        provider: &CryptoProvider,
    ) -> Result<VerifiedSdJwt, SdJwtError> {
        let key_binding = self.key_binding().map(ToOwned::to_owned);
        self.jws.verify(issuer_key, expectation, provider)?;
        let payload = payload?;
        let hash = HashAlgorithm::of_payload(&payload)?;
        let digests: Vec<String> = self
            .disclosures
            .iter()
            .map(|disclosure| hash.digest(disclosure.encoded(), provider.digest))
            .collect();
        let processed = process(&payload, &self.disclosures, &digests)?;
        Ok(VerifiedSdJwt {
            text: self.text,
            key_binding,
            payload,
            claims: processed.claims,
            disclosures: self.disclosures.into_iter().zip(processed.places).collect(),
            undisclosed: processed.undisclosed,
            hash,
        })
    }
}

impl VerifiedSdJwt {
    /// Returns the processed payload: disclosed claims in place, no digests (RFC 9901 §7.1).
    #[must_use]
    pub const fn claims(&self) -> &Value {
        &self.claims
    }

    /// Returns the payload as signed, digests included.
    #[must_use]
    pub const fn signed_payload(&self) -> &Map<String, Value> {
        &self.payload
    }

    /// Returns the issuer-signed JWT and the disclosures with their tildes, without a key binding.
    #[must_use]
    pub fn as_issued(&self) -> &str {
        &self.text
    }

    /// Returns how many digests came without a disclosure: hidden claims and decoys, which look alike.
    #[must_use]
    pub const fn undisclosed_digests(&self) -> usize {
        self.undisclosed
    }

    /// Returns where the disclosures stand in the claims, in the order of the disclosures.
    #[must_use]
    pub fn disclosed_paths(&self) -> Vec<ClaimsPath> {
        self.disclosures
            .iter()
            .filter_map(|(_, place)| place.clone().try_into().ok())
            .collect()
    }

    /// Returns the hash algorithm of the disclosures, which is also that of `sd_hash`.
    #[must_use]
    pub const fn hash_algorithm(&self) -> HashAlgorithm {
        self.hash
    }

    pub(crate) fn disclosures(&self) -> &[(Disclosure, Vec<PathSegment>)] {
        &self.disclosures
    }

    pub(crate) fn key_binding(&self) -> Option<&str> {
        self.key_binding.as_deref()
    }
}

impl fmt::Debug for VerifiedSdJwt {
    /// Shows lengths and counts: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedSdJwt")
            .field("bytes", &self.text.len())
            .field("disclosures", &self.disclosures.len())
            .field("undisclosed", &self.undisclosed)
            .field("key_binding", &self.key_binding.is_some())
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}
