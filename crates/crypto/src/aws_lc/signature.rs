//! ECDSA and Ed25519.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED, ED25519, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey, VerificationAlgorithm,
};

use super::parsed;
use crate::{
    InvalidSignature, KeyError, P256PublicKey, PublicKey, SignError, Signature, SignatureAlgorithm, SignatureVerifier,
    Signer,
};

#[derive(Debug)]
pub(super) struct AwsLcVerifier;

impl SignatureVerifier for AwsLcVerifier {
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let (algorithm, key): (&'static dyn VerificationAlgorithm, &[u8]) = match (algorithm, key) {
            (SignatureAlgorithm::Es256, PublicKey::P256(key)) => {
                let key = parsed::p256(key.sec1()).map_err(|_| InvalidSignature)?;
                return key.verify_sig(message, signature).map_err(|_| InvalidSignature);
            }
            (SignatureAlgorithm::Es384, PublicKey::P384(key)) => (&ECDSA_P384_SHA384_FIXED, key.as_slice()),
            (SignatureAlgorithm::EdDsa, PublicKey::Ed25519(key)) => {
                crate::ed25519::check_commitment(signature)?;
                (&ED25519, key)
            }
            _ => return Err(InvalidSignature),
        };
        UnparsedPublicKey::new(algorithm, key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }
}

/// Signs in software with a key pair of AWS-LC.
#[derive(Debug)]
pub(super) struct Es256Signer {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl Es256Signer {
    pub(super) fn new(pair: EcdsaKeyPair) -> Result<Self, KeyError> {
        let sec1 = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Malformed)?;
        Ok(Self {
            pair,
            public: PublicKey::P256(P256PublicKey::from_checked_point(sec1)),
        })
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
        let signature = self
            .pair
            .sign(&SystemRandom::new(), message)
            .map_err(|cause| SignError(Some(Box::new(cause))))?;
        Ok(Signature(signature.as_ref().to_vec()))
    }
}
