//! Signed messages in compact form (RFC 7515).

use std::fmt;

use mahfada_base::base64url;
use mahfada_base::json::{self, JsonError};
use mahfada_crypto::{CryptoProvider, PublicKey, SignatureAlgorithm};
use serde::de::DeserializeOwned;

use crate::JwkError;

pub use build::{JwsBuilder, SignError, SigningInput};
pub use header::JwsHeader;

mod build;
mod header;
mod range;
#[cfg(test)]
mod tests;

/// The most bytes that a compact JWS may have.
const MAX_BYTES: usize = 256 * 1024;

/// Why a JWS was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// The text is longer than 256 KiB.
    #[error("longer than a JWS may be")]
    TooLong,
    /// The text is not three parts of canonical base64url, or its header is not what RFC 7515 says.
    #[error("not a compact JWS")]
    Malformed,
    /// The header or the claims are not strict JSON or lack a member.
    #[error("not the JSON that was expected")]
    Json(#[from] JsonError),
    /// The algorithm is not one that is allowed here.
    #[error("the algorithm is not allowed")]
    AlgNotAllowed,
    /// The header asks for an extension (`crit`, `b64`).
    #[error("a header extension is not supported")]
    Extension,
    /// The header's `jwk` is no public key.
    #[error("the key in the header is not usable")]
    Jwk(#[from] JwkError),
    /// The type is not the expected one.
    #[error("not a message of the expected type")]
    Typ,
    /// The signature has the wrong length, or a number of it is out of range.
    #[error("not a signature of this algorithm")]
    SignatureFormat,
    /// The signature is not one of this key over this message.
    #[error("invalid signature")]
    Signature,
}

impl JwsError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_large",
            Self::Malformed | Self::Json(_) => "malformed",
            Self::AlgNotAllowed => "alg_not_allowed",
            Self::Extension => "crit",
            Self::Jwk(fault) => fault.code(),
            Self::Typ => "typ",
            Self::SignatureFormat => "sig_format",
            Self::Signature => "sig",
        }
    }
}

/// What the caller expects of a message before it looks at the signature.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// The media types of which the header names one, without `application/`; an empty list accepts none.
    pub typ: &'a [&'a str],
    /// The algorithms of which the header names one; an empty list accepts none.
    pub algorithms: &'a [SignatureAlgorithm],
}

impl<'a> Expectation<'a> {
    /// Expects one of the types, signed with ES256.
    #[must_use]
    pub const fn es256(typ: &'a [&'a str]) -> Self {
        Self {
            typ,
            algorithms: &[SignatureAlgorithm::Es256],
        }
    }
}

/// A JWS as it came: its form is checked, its signature is not.
#[derive(Clone, PartialEq)]
pub struct UnverifiedJws {
    header: JwsHeader,
    payload: Vec<u8>,
    signing_input: String,
    signature: Vec<u8>,
}

/// A JWS whose signature one key has made and whose type and algorithm were expected.
///
/// Who the key belongs to is the caller's knowledge; times and audiences are claims, and not checked here.
#[derive(Clone, PartialEq)]
pub struct VerifiedJws {
    header: JwsHeader,
    payload: Vec<u8>,
}

impl UnverifiedJws {
    /// Parses a compact JWS: three parts of canonical base64url, 256 KiB at most, a header of strict JSON with a known
    /// algorithm and without `crit` and `b64` (RFC 7515 §5.2).
    ///
    /// An ECDSA signature with an `s` in the upper half of the group's order is accepted: RFC 7518 §3.4 allows it, and
    /// deployed signers make it. So one message can have two valid signatures, and a signature identifies nothing.
    ///
    /// # Errors
    /// [`JwsError`] naming the first fault.
    pub fn parse(compact: &str) -> Result<Self, JwsError> {
        if compact.len() > MAX_BYTES {
            return Err(JwsError::TooLong);
        }
        let (signing_input, signature) = compact.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Malformed)?;
        let header = JwsHeader::parse(&decode(header)?)?;
        // A fourth part would leave a point in here, which is no base64url.
        let payload = decode(payload)?;
        let signature = decode(signature)?;
        if !range::fits(header.alg, &signature) {
            return Err(JwsError::SignatureFormat);
        }
        Ok(Self {
            header,
            payload,
            signing_input: signing_input.to_owned(),
            signature,
        })
    }

    /// Returns the header: unverified, to find the key with.
    #[must_use]
    pub const fn header(&self) -> &JwsHeader {
        &self.header
    }

    /// Returns the payload before anything vouches for it: for finding the key that should, and nothing else.
    #[must_use]
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Checks type and algorithm against the expectation, then the signature (RFC 8725 §3.1, §3.11).
    ///
    /// The algorithm must fit the key. It does not check who the key belongs to, nor any claim.
    ///
    /// # Errors
    /// [`JwsError::AlgNotAllowed`], [`JwsError::Typ`] or [`JwsError::Signature`].
    pub fn verify(
        self,
        key: &PublicKey,
        expect: &Expectation<'_>,
        provider: &CryptoProvider,
    ) -> Result<VerifiedJws, JwsError> {
        if !expect.algorithms.contains(&self.header.alg) {
            return Err(JwsError::AlgNotAllowed);
        }
        if !self
            .header
            .typ
            .as_deref()
            .is_some_and(|typ| expect.typ.iter().any(|name| same_type(typ, name)))
        {
            return Err(JwsError::Typ);
        }
        self.check_signature(key, provider)?;
        Ok(VerifiedJws {
            header: self.header,
            payload: self.payload,
        })
    }

    pub(crate) fn check_signature(&self, key: &PublicKey, provider: &CryptoProvider) -> Result<(), JwsError> {
        let algorithm = self.header.alg;
        if !fits_key(algorithm, key) {
            return Err(JwsError::AlgNotAllowed);
        }
        provider
            .signatures
            .verify(algorithm, key, self.signing_input.as_bytes(), &self.signature)
            .map_err(|_| JwsError::Signature)
    }
}

impl VerifiedJws {
    /// Returns the header.
    #[must_use]
    pub const fn header(&self) -> &JwsHeader {
        &self.header
    }

    /// Returns the payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Reads the payload as strict JSON; unknown members are ignored.
    ///
    /// # Errors
    /// [`JwsError::Json`] when it is not what the type needs.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        Ok(json::from_slice(&self.payload)?)
    }
}

impl fmt::Debug for UnverifiedJws {
    /// Shows the header and the length of the payload: payloads are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedJws")
            .field("header", &self.header)
            .field("payload_bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VerifiedJws {
    /// Shows the header and the length of the payload: payloads are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedJws")
            .field("header", &self.header)
            .field("payload_bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JwsError> {
    base64url::decode(part).map_err(|_| JwsError::Malformed)
}

const fn fits_key(algorithm: SignatureAlgorithm, key: &PublicKey) -> bool {
    matches!(
        (algorithm, key),
        (SignatureAlgorithm::Es256, PublicKey::P256(_))
            | (SignatureAlgorithm::Es384, PublicKey::P384(_))
            | (SignatureAlgorithm::EdDsa, PublicKey::Ed25519(_))
    )
}

/// Compares media types without regard to case; `application/` may be left out (RFC 7515 §4.1.9).
fn same_type(named: &str, expected: &str) -> bool {
    let short = match named.split_at_checked("application/".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") && !rest.contains('/') => rest,
        _ => named,
    };
    short.eq_ignore_ascii_case(expected)
}
