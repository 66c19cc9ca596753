//! ecdsa-rdfc-2019 and eddsa-rdfc-2022: one signature over the whole document (ECDSA §3.2, `EdDSA` §3.2).

use mahfada_crypto::{CryptoProvider, PublicKey, SignatureAlgorithm, Signer};
use serde_json::{Map, Value};

use crate::error::ProofError;
use crate::json_ld::Contexts;
use crate::multikey::{decode_base58, encode_base58};
use crate::proof::{Cryptosuite, ProofOptions, UnverifiedProof, canonical_text, hash_bytes, hash_options};
use crate::rdf::HashAlgorithm;

/// What every signing takes: the key, the pinned contexts and the algorithms.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The key, which may live in an HSM.
    pub signer: &'a dyn Signer,
    /// The pinned contexts.
    pub contexts: &'a Contexts,
    /// The algorithms.
    pub provider: &'a CryptoProvider,
}

/// Signs a document as a whole and returns it with its proof; a proof that it has already makes a proof set.
///
/// The suite follows from the key. It does not check the data model nor who may sign.
///
/// # Errors
/// [`ProofError`] when the document cannot be signed without losing something, or the key is out of reach.
pub fn sign(document: &Value, options: &ProofOptions, signing: &Signing<'_>) -> Result<Value, ProofError> {
    let suite = match signing.signer.algorithm() {
        SignatureAlgorithm::Es256 | SignatureAlgorithm::Es384 => Cryptosuite::EcdsaRdfc2019,
        SignatureAlgorithm::EdDsa => Cryptosuite::EddsaRdfc2022,
    };
    let mut members = document.as_object().ok_or(ProofError::Malformed)?.clone();
    let earlier = members.remove("proof");
    let mut proof = options.to_members(suite);
    let key = signing.signer.public_key();
    let message = signed_bytes(&members, &proof, hash_of(key), signing.contexts, signing.provider)?;
    let signature = signing.signer.sign(&message)?;
    proof.insert("proofValue".to_owned(), encode_base58(&signature.0).into());
    let proof = Value::Object(proof);
    let proofs = match earlier {
        None => proof,
        Some(Value::Array(mut set)) => {
            set.push(proof);
            Value::Array(set)
        }
        Some(single) => Value::Array(vec![single, proof]),
    };
    members.insert("proof".to_owned(), proofs);
    Ok(Value::Object(members))
}

/// Verifies the signature of a whole-document proof over a document without its proofs.
pub(crate) fn verify(
    document: &Map<String, Value>,
    proof: &UnverifiedProof,
    key: &PublicKey,
    contexts: &Contexts,
    provider: &CryptoProvider,
) -> Result<(), ProofError> {
    let algorithm = proof.suite.algorithm(key).ok_or(ProofError::KeyKind)?;
    let signature = decode_base58(&proof.value).ok_or(ProofError::Value)?;
    if signature.len() != algorithm.signature_len() {
        return Err(ProofError::Value);
    }
    let message = signed_bytes(document, &proof.options, hash_of(key), contexts, provider)?;
    provider
        .signatures
        .verify(algorithm, key, &message, &signature)
        .map_err(|_| ProofError::Signature)
}

/// Returns the hash of the proof options, and after it the hash of the document.
pub(crate) fn signed_bytes(
    document: &Map<String, Value>,
    options: &Map<String, Value>,
    hash: HashAlgorithm,
    contexts: &Contexts,
    provider: &CryptoProvider,
) -> Result<Vec<u8>, ProofError> {
    let mut bytes = hash_options(options, document, hash, contexts, provider)?;
    let text = canonical_text(document, hash, contexts, provider)?;
    bytes.extend(hash_bytes(text.as_bytes(), hash, provider));
    Ok(bytes)
}

const fn hash_of(key: &PublicKey) -> HashAlgorithm {
    match key {
        PublicKey::P384(_) => HashAlgorithm::Sha384,
        _ => HashAlgorithm::Sha256,
    }
}
