//! Key proofs of type `jwt` (OID4VCI Appendix F.1, F.4).

use mahfada_base::{CLOCK_SKEW, Seconds, UnixTime};
use mahfada_crypto::{CryptoProvider, SignatureAlgorithm, Thumbprint};
use mahfada_jose::{Expectation, Jwk, JwkError, JwsBuilder, JwsError, SignError, SigningInput, UnverifiedJws};
use serde_json::{Map, Value};

use crate::{C_NONCE_LIFETIME, CredentialError, CredentialErrorCode};

pub use batch::{UnverifiedProofs, VerifiedProofs};

mod batch;
#[cfg(test)]
mod tests;

/// The media type of a key proof (OID4VCI Appendix F.1).
pub const PROOF_TYP: &str = "openid4vci-proof+jwt";

const MAX_AGE: Seconds = C_NONCE_LIFETIME;

/// Why the proofs of a credential request were refused; on the wire each is `invalid_proof`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The proof is no JWS, or its type, algorithm, key or signature is not acceptable.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// The header names its key in no way, or in more than one, or by a name instead of a value.
    #[error("a proof carries exactly one jwk, and neither kid nor x5c")]
    KeyAmbiguous,
    /// The key in the header is not usable.
    #[error(transparent)]
    Jwk(#[from] JwkError),
    /// `aud` is not the issuer's identifier as one text.
    #[error("the proof is for another issuer")]
    Audience,
    /// `nonce` is missing or empty.
    #[error("the proof carries no c_nonce")]
    NonceMissing,
    /// `nonce` is another than expected, or the proofs of one request carry different ones.
    #[error("the proof carries another c_nonce")]
    NonceMismatch,
    /// `iat` is missing, in the future, or older than a `c_nonce` can be.
    #[error("the proof was not made just now")]
    Iat,
    /// `exp` is past or `nbf` is to come.
    #[error("the proof is outside the time that it states itself")]
    Lifetime,
    /// `iss` is another client, or present although the access was anonymous.
    #[error("the proof names another client")]
    Issuer,
    /// There are more proofs than the issuer takes at once, or none.
    #[error("the number of proofs is not between 1 and the batch size")]
    BatchSize,
    /// Two proofs are by the same key.
    #[error("two proofs are by the same key")]
    DuplicateKey,
}

impl ProofError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Jws(JwsError::SignatureFormat) => "sig",
            Self::Jws(error) => error.code(),
            Self::KeyAmbiguous => "key_ambiguous",
            Self::Jwk(error) => error.code(),
            Self::Audience => "aud",
            Self::NonceMissing => "nonce_missing",
            Self::NonceMismatch => "nonce_mismatch",
            Self::Iat => "iat",
            Self::Lifetime => "lifetime",
            Self::Issuer => "iss",
            Self::BatchSize => "batch_size",
            Self::DuplicateKey => "dup_key",
        }
    }

    /// Returns the error response.
    #[must_use]
    pub fn to_response(&self) -> CredentialError {
        CredentialError::described(CredentialErrorCode::InvalidProof, &self.to_string())
    }
}

/// Writes what the credential's key signs to prove itself (OID4VCI Appendix F.1).
///
/// `aud` is the issuer's identifier. `iss` is the client, and stays out when the access is anonymous. There is no form
/// without nonce: a wallet that cannot get one stops (TW-15).
///
/// # Errors
/// [`SignError`] when the claims cannot be written.
pub fn proof_signing_input(
    jwk: &Jwk,
    aud: &str,
    iat: UnixTime,
    nonce: &str,
    iss: Option<&str>,
) -> Result<SigningInput, SignError> {
    let mut claims = Map::new();
    claims.insert("aud".to_owned(), aud.into());
    claims.insert("iat".to_owned(), iat.seconds().into());
    claims.insert("nonce".to_owned(), nonce.into());
    if let Some(client) = iss {
        claims.insert("iss".to_owned(), client.into());
    }
    JwsBuilder::new(PROOF_TYP)
        .jwk(jwk)
        .signing_input(SignatureAlgorithm::Es256, &claims)
}

/// What is expected of the nonce of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NonceRule<'a> {
    /// There is one; the caller verifies it as [`crate::UnverifiedCNonce`] before anything is issued.
    Present,
    /// It is exactly this text.
    Equals(&'a str),
}

/// What a proof must say.
#[derive(Clone, Copy, Debug)]
pub struct ProofExpectation<'a> {
    /// The issuer's identifier.
    pub audience: &'a str,
    /// What is expected of the nonce.
    pub nonce: NonceRule<'a>,
    /// The client of the access token; `None` when the access is anonymous, and then `iss` must be absent.
    pub client_id: Option<&'a str>,
}

/// A key proof as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct UnverifiedProof {
    jws: UnverifiedJws,
    jwk: Jwk,
}

/// A key proof that verified: whoever made it holds the key. Whether its nonce is good is not known yet under
/// [`NonceRule::Present`].
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedProof {
    jwk: Jwk,
    thumbprint: Thumbprint,
    nonce: String,
}

impl UnverifiedProof {
    /// Parses a proof and takes the public key from its header, where it must stand as `jwk` and only so.
    ///
    /// # Errors
    /// [`ProofError::Jws`] or [`ProofError::KeyAmbiguous`].
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let jws = UnverifiedJws::parse(text)?;
        let header = jws.header();
        if header.kid.is_some() || header.x5c.is_some() {
            return Err(ProofError::KeyAmbiguous);
        }
        let jwk = header.jwk.clone().ok_or(ProofError::KeyAmbiguous)?;
        Ok(Self { jws, jwk })
    }

    /// Checks algorithm, type, signature, client, audience, time and the presence of the nonce.
    ///
    /// # Errors
    /// [`ProofError`] naming the first fault.
    pub fn verify(
        self,
        expect: &ProofExpectation<'_>,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedProof, ProofError> {
        // The algorithm is judged before the key is touched (RFC 8725 §3.1).
        if self.jws.header().alg != SignatureAlgorithm::Es256 {
            return Err(JwsError::AlgNotAllowed.into());
        }
        let key = self.jwk.to_verification_key(provider)?;
        let jws = self.jws.verify(&key, &Expectation::es256(&[PROOF_TYP]), provider)?;
        let claims: Map<String, Value> = jws.claims()?;
        check_parties(&claims, expect)?;
        check_times(&claims, now)?;
        let nonce = claims
            .get("nonce")
            .and_then(Value::as_str)
            .filter(|nonce| !nonce.is_empty())
            .ok_or(ProofError::NonceMissing)?;
        if matches!(expect.nonce, NonceRule::Equals(expected) if expected != nonce) {
            return Err(ProofError::NonceMismatch);
        }
        Ok(VerifiedProof {
            thumbprint: self.jwk.thumbprint(provider.digest),
            nonce: nonce.to_owned(),
            jwk: self.jwk,
        })
    }
}

impl VerifiedProof {
    /// Returns the key, to be bound into a credential.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        &self.jwk
    }

    /// Returns the thumbprint of the key.
    #[must_use]
    pub const fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// Returns the nonce that the proof carries.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }
}

fn check_parties(claims: &Map<String, Value>, expect: &ProofExpectation<'_>) -> Result<(), ProofError> {
    if claims.get("aud").and_then(Value::as_str) != Some(expect.audience) {
        return Err(ProofError::Audience);
    }
    match (claims.get("iss"), expect.client_id) {
        (None, _) => Ok(()),
        (Some(Value::String(named)), Some(client)) if named == client => Ok(()),
        (Some(_), _) => Err(ProofError::Issuer),
    }
}

fn check_times(claims: &Map<String, Value>, now: UnixTime) -> Result<(), ProofError> {
    let time = |name| claims.get(name).map(|value| value.as_i64().map(UnixTime::new));
    let issued_at = time("iat").flatten().ok_or(ProofError::Iat)?;
    let age = now.since(issued_at);
    if age > MAX_AGE.saturating_add(CLOCK_SKEW) || age < -CLOCK_SKEW {
        return Err(ProofError::Iat);
    }
    let before_exp = time("exp").is_none_or(|exp| exp.is_some_and(|exp| now < exp.plus(CLOCK_SKEW)));
    let after_nbf = time("nbf").is_none_or(|nbf| nbf.is_some_and(|nbf| now >= nbf.minus(CLOCK_SKEW)));
    if before_exp && after_nbf {
        Ok(())
    } else {
        Err(ProofError::Lifetime)
    }
}
