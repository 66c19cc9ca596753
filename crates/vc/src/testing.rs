//! Keys, randomness and shorthands of the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ed25519_dalek::Signer as _;
use mahfada_base::UnixTime;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{PublicKey, Random, RandomError, SignError, Signature, SignatureAlgorithm, Signer};
use serde_json::{Value, json};

use crate::multikey::{decode_base58, to_multibase};
use crate::{
    Contexts, CredentialError, ProofPurpose, UnverifiedCredential, Verification, VerificationMethod, VerifiedCredential,
};

/// Counts through a xorshift sequence: the same bytes in every run.
#[derive(Debug)]
pub(crate) struct SeededRandom(AtomicU64);

impl SeededRandom {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        for byte in buffer {
            let mut x = self.0.load(Ordering::SeqCst);
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            self.0.store(x, Ordering::SeqCst);
            *byte = x.to_le_bytes()[3];
        }
        Ok(())
    }
}

pub(crate) fn p256_signer() -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(7)).unwrap()
}

/// Signs with Ed25519, which no provider does: only verification of peers needs it.
#[derive(Debug)]
pub(crate) struct Ed25519Signer(ed25519_dalek::SigningKey, PublicKey);

impl Ed25519Signer {
    /// Reads a `privateKeyMultibase` of the vectors.
    pub(crate) fn from_multibase(text: &str) -> Self {
        let bytes = decode_base58(text).unwrap();
        let key = ed25519_dalek::SigningKey::from_bytes(bytes[2..].try_into().unwrap());
        let public = PROVIDER.keys.ed25519_public(key.verifying_key().as_bytes()).unwrap();
        Self(key, public)
    }
}

impl Signer for Ed25519Signer {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::EdDsa
    }

    fn public_key(&self) -> &PublicKey {
        &self.1
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        Ok(Signature(self.0.sign(message).to_bytes().to_vec()))
    }
}

/// Signs with P-384, which no provider does either.
#[derive(Debug)]
pub(crate) struct P384Signer(p384::ecdsa::SigningKey, PublicKey);

impl P384Signer {
    pub(crate) fn from_multibase(text: &str) -> Self {
        let bytes = decode_base58(text).unwrap();
        let key = p384::ecdsa::SigningKey::from_slice(&bytes[2..]).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let public = PROVIDER
            .keys
            .p384_public(point.x().unwrap(), point.y().unwrap())
            .unwrap();
        Self(key, public)
    }
}

impl Signer for P384Signer {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::Es384
    }

    fn public_key(&self) -> &PublicKey {
        &self.1
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        use p384::ecdsa::signature::Signer as _;
        let signature: p384::ecdsa::Signature = self.0.sign(message);
        Ok(Signature(signature.to_bytes().to_vec()))
    }
}

pub(crate) fn method_url(key: &PublicKey) -> String {
    let name = to_multibase(key).unwrap();
    format!("did:key:{name}#{name}")
}

pub(crate) fn method(key: &PublicKey, controller: &str) -> VerificationMethod {
    VerificationMethod {
        id: method_url(key),
        controller: controller.to_owned(),
        public_key: key.clone(),
        purposes: vec![ProofPurpose::AssertionMethod],
    }
}

pub(crate) fn at(text: &str) -> UnixTime {
    UnixTime::from_rfc3339(text).unwrap()
}

pub(crate) fn verify(
    secured: &Value,
    methods: &[VerificationMethod],
    contexts: &Contexts,
    now: &str,
) -> Result<VerifiedCredential, CredentialError> {
    UnverifiedCredential::parse(secured.to_string().as_bytes())?.verify(&Verification {
        provider: &PROVIDER,
        contexts,
        methods,
        now: at(now),
    })
}

/// A diploma in the terms of the citizenship context, with nested nodes and an array.
pub(crate) fn diploma(issuer: &str) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/citizenship/v4rc1"],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "PermanentResidentCardCredential"],
        "issuer": {"id": issuer, "name": {"@value": "جامعة محمد الخامس", "@language": "ar", "@direction": "rtl"}},
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": {
            "type": ["PermanentResident", "Person"],
            "givenName": "أمينة",
            "familyName": "العلوي",
            "birthCountry": "المغرب",
            "birthDate": "1985-04-12",
            "permanentResidentCard": {"type": ["PermanentResidentCard"], "identifier": "83627465", "lprNumber": "999-999-999"}
        }
    })
}
