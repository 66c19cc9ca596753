//! The proofs of one request, judged together: all or none (TI-18, TI-19).

use std::collections::BTreeSet;

use mahfada_base::UnixTime;
use mahfada_crypto::CryptoProvider;
use mahfada_jose::Jwk;

use super::{ProofError, ProofExpectation, UnverifiedProof, VerifiedProof};

/// The `jwt` proofs of a credential request as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedProofs(Vec<String>);

/// Proofs that verified: at least one, with distinct keys and one nonce.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedProofs {
    proofs: Vec<VerifiedProof>,
    nonce: String,
}

impl UnverifiedProofs {
    /// Takes compact JWS texts as they are.
    #[must_use]
    pub const fn new(jwts: Vec<String>) -> Self {
        Self(jwts)
    }

    /// Returns the texts.
    #[must_use]
    pub fn jwts(&self) -> &[String] {
        &self.0
    }

    /// Verifies all proofs, or refuses all: 1 to `batch_size` of them, by distinct keys, with the same nonce.
    ///
    /// `batch_size` is 1 for an issuer that does not advertise batches.
    ///
    /// # Errors
    /// [`ProofError`] naming the first fault.
    pub fn verify_all(
        &self,
        expect: &ProofExpectation<'_>,
        batch_size: usize,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedProofs, ProofError> {
        // Counted before anything is verified, so that a long list costs nothing.
        if self.0.is_empty() || self.0.len() > batch_size {
            return Err(ProofError::BatchSize);
        }
        let proofs = self
            .0
            .iter()
            .map(|text| UnverifiedProof::parse(text)?.verify(expect, now, provider))
            .collect::<Result<Vec<_>, _>>()?;
        let nonce = proofs.first().ok_or(ProofError::BatchSize)?.nonce.clone();
        if proofs.iter().any(|proof| proof.nonce != nonce) {
            return Err(ProofError::NonceMismatch);
        }
        if proofs
            .iter()
            .map(|proof| proof.thumbprint)
            .collect::<BTreeSet<_>>()
            .len()
            != proofs.len()
        {
            return Err(ProofError::DuplicateKey);
        }
        Ok(VerifiedProofs { proofs, nonce })
    }
}

impl VerifiedProofs {
    /// Returns the proofs in the order of the request.
    #[must_use]
    pub fn proofs(&self) -> &[VerifiedProof] {
        &self.proofs
    }

    /// Returns the keys in the order of the request: one credential each.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Jwk> {
        self.proofs.iter().map(VerifiedProof::key)
    }

    /// Returns the nonce of all proofs: to be verified and spent once per request (decision D5).
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }
}
