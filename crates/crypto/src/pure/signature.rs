//! ECDSA and Ed25519.

use std::fmt;

use p256::ecdsa::signature::{Signer as _, Verifier as _};

use super::keys::public_half;
use crate::{InvalidSignature, PublicKey, SignError, Signature, SignatureAlgorithm, SignatureVerifier, Signer};

#[derive(Debug)]
pub(super) struct PureVerifier;

impl SignatureVerifier for PureVerifier {
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        match (algorithm, key) {
            (SignatureAlgorithm::Es256, PublicKey::P256(key)) => verify_es256(key.sec1(), message, signature),
            (SignatureAlgorithm::Es384, PublicKey::P384(key)) => verify_es384(key.as_slice(), message, signature),
            (SignatureAlgorithm::EdDsa, PublicKey::Ed25519(key)) => verify_eddsa(key, message, signature),
            _ => Err(InvalidSignature),
        }
    }
}

fn verify_es256(sec1: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(sec1).map_err(|_| InvalidSignature)?;
    let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
    key.verify(message, &signature).map_err(|_| InvalidSignature)
}

fn verify_es384(sec1: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(sec1).map_err(|_| InvalidSignature)?;
    let signature = p384::ecdsa::Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
    key.verify(message, &signature).map_err(|_| InvalidSignature)
}

fn verify_eddsa(key: &[u8; 32], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| InvalidSignature)?;
    let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
    key.verify_strict(message, &signature).map_err(|_| InvalidSignature)
}

/// Signs with deterministic nonces (RFC 6979), so that signing needs no randomness.
pub(super) struct Es256Signer {
    key: p256::ecdsa::SigningKey,
    public: PublicKey,
}

impl Es256Signer {
    pub(super) fn new(key: &p256::SecretKey) -> Self {
        Self {
            key: key.into(),
            public: PublicKey::P256(public_half(key)),
        }
    }
}

impl fmt::Debug for Es256Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Es256Signer").field(&self.public).finish()
    }
}

impl Signer for Es256Signer {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::Es256
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        let signature: p256::ecdsa::Signature = self.key.try_sign(message).map_err(|_| SignError(None))?;
        Ok(Signature(signature.to_bytes().to_vec()))
    }
}
