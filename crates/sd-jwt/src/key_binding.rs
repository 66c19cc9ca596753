//! Verifies that the holder made this presentation, for this verifier, now (RFC 9901 §7.3).

use mahfada_base::{CLOCK_SKEW, Seconds, UnixTime};
use mahfada_crypto::{CryptoProvider, SignatureAlgorithm, Thumbprint};
use mahfada_jose::{Expectation, Jwk, JwsError, UnverifiedJws};
use serde::Deserialize;

use crate::VerifiedSdJwt;

#[cfg(test)]
mod tests;

/// The `typ` of a key binding JWT (RFC 9901 §4.3).
pub(crate) const KB_TYP: &str = "kb+jwt";

/// What a verifier expects of a key binding.
#[derive(Clone, Copy, Debug)]
pub struct KeyBindingExpectation<'a> {
    /// The verifier's full client identifier.
    pub audience: &'a str,
    /// The nonce of the request.
    pub nonce: &'a str,
    /// The greatest age of the key binding in seconds, clock skew not counted.
    pub max_age: Seconds,
}

/// A key binding that holds for one presentation.
#[derive(Clone, Debug)]
pub struct VerifiedKeyBinding {
    holder: Thumbprint,
    issued_at: UnixTime,
}

impl VerifiedKeyBinding {
    /// Returns the thumbprint of the holder's key (RFC 7638).
    #[must_use]
    pub const fn holder(&self) -> Thumbprint {
        self.holder
    }

    /// Returns when the holder says to have made the presentation.
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }
}

/// The algorithms that a holder may use (decision D11).
const ALGORITHMS: &[SignatureAlgorithm] = &[
    SignatureAlgorithm::Es256,
    SignatureAlgorithm::Es384,
    SignatureAlgorithm::EdDsa,
];

/// Why a key binding is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyBindingError {
    /// The presentation has no key binding.
    #[error("the presentation has no key binding")]
    Missing,
    /// The credential names no holder key in `cnf.jwk`.
    #[error("the credential is not bound to a key")]
    Confirmation,
    /// The key binding is no JWT of type `kb+jwt` with the claims required.
    #[error("not a key binding jwt")]
    Type(#[source] JwsError),
    /// The algorithm is not allowed.
    #[error("the algorithm of the key binding is not allowed")]
    Algorithm(#[source] JwsError),
    /// The signature is not the holder's.
    #[error("the key binding is not signed by the holder")]
    Signature(#[source] JwsError),
    /// It was made for another verifier.
    #[error("the key binding is for another audience")]
    Audience,
    /// It was made for another request.
    #[error("the key binding has another nonce")]
    Nonce,
    /// It was made too long ago, in the future, or is not valid now.
    #[error("the key binding is not of the present time")]
    IssuedAt,
    /// It was made over other disclosures.
    #[error("the key binding covers other disclosures")]
    SdHash,
}

impl KeyBindingError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "kb_missing",
            Self::Confirmation => "cnf",
            Self::Type(_) => "kb_typ",
            Self::Algorithm(_) => "alg_not_allowed",
            Self::Signature(_) => "kb_sig",
            Self::Audience => "kb_aud",
            Self::Nonce => "kb_nonce",
            Self::IssuedAt => "kb_iat",
            Self::SdHash => "sd_hash",
        }
    }
}

#[derive(Deserialize)]
struct KeyBindingClaims {
    aud: String,
    nonce: String,
    iat: UnixTime,
    sd_hash: String,
    exp: Option<UnixTime>,
    nbf: Option<UnixTime>,
}

impl VerifiedSdJwt {
    /// Verifies the key binding against the holder's key, the verifier and its request.
    ///
    /// A missing key binding is an error: whether one is required never depends on what was sent (RFC 9901 §9.5).
    ///
    /// # Errors
    /// [`KeyBindingError`] with the first rule that is broken.
    pub fn verify_key_binding(
        &self,
        holder: &Jwk,
        expectation: &KeyBindingExpectation<'_>,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedKeyBinding, KeyBindingError> {
        let text = self.key_binding().ok_or(KeyBindingError::Missing)?;
        let key = holder.to_verification_key(provider);
        let key = key.map_err(|_| KeyBindingError::Confirmation)?;
        let expected = Expectation {
            typ: &[KB_TYP],
            algorithms: ALGORITHMS,
        };
        let jws = UnverifiedJws::parse(text)
            .and_then(|jws| jws.verify(&key, &expected, provider))
            .map_err(refused)?;
        let claims: KeyBindingClaims = jws.claims().map_err(KeyBindingError::Type)?;
        if claims.aud != expectation.audience {
            return Err(KeyBindingError::Audience);
        }
        if claims.nonce != expectation.nonce {
            return Err(KeyBindingError::Nonce);
        }
        if !claims.is_current(expectation.max_age, now) {
            return Err(KeyBindingError::IssuedAt);
        }
        if claims.sd_hash != self.hash_algorithm().digest(self.as_issued(), provider.digest) {
            return Err(KeyBindingError::SdHash);
        }
        Ok(VerifiedKeyBinding {
            holder: holder.thumbprint(provider.digest),
            issued_at: claims.iat,
        })
    }
}

impl KeyBindingClaims {
    fn is_current(&self, max_age: Seconds, now: UnixTime) -> bool {
        let age = now.since(self.iat);
        (-CLOCK_SKEW..=max_age.saturating_add(CLOCK_SKEW)).contains(&age)
            && self.exp.is_none_or(|exp| now < exp.plus(CLOCK_SKEW))
            && self.nbf.is_none_or(|nbf| now >= nbf.minus(CLOCK_SKEW))
    }
}

fn refused(error: JwsError) -> KeyBindingError {
    match error {
        JwsError::AlgNotAllowed => KeyBindingError::Algorithm(error),
        JwsError::Signature | JwsError::SignatureFormat => KeyBindingError::Signature(error),
        _ => KeyBindingError::Type(error),
    }
}
