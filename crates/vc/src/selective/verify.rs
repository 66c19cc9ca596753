//! Verifies derived proofs (ECDSA §3.6.7 and §3.5.8), and base proofs for the holder who receives one.

use std::collections::{BTreeMap, BTreeSet};

use mahfada_crypto::{CryptoProvider, PublicKey, SignatureAlgorithm};
use serde_json::{Map, Value};

use super::proof_value::{BaseProof, DerivedProof, LABEL_LEN};
use super::statements::{Statements, base_message, blank_numbers, group, labelled, split};
use crate::error::ProofError;
use crate::json_ld::{BlankLabels, Contexts, Selection, select, to_rdf};
use crate::multikey;
use crate::proof::{UnverifiedProof, hash_options};
use crate::rdf::{HashAlgorithm, Quad, canonicalize};

/// Verifies what a holder shows: the issuer's signature over the mandatory statements, and one for each other.
pub(crate) fn verify_derived(
    document: &Map<String, Value>,
    proof: &UnverifiedProof,
    key: &PublicKey,
    contexts: &Contexts,
    provider: &CryptoProvider,
) -> Result<(), ProofError> {
    let value = DerivedProof::parse(&proof.value)?;
    let quads = to_rdf(document, &Selection::All, contexts, &mut BlankLabels::default())?;
    let lines = labelled(&quads, &issuer_labels(&quads, &value, provider)?);
    let mandatory: BTreeSet<usize> = value.mandatory.iter().copied().collect();
    if mandatory.last().is_some_and(|last| *last >= lines.len()) {
        return Err(ProofError::Value);
    }
    let signed = Signed {
        base_signature: &value.base_signature,
        public_key: &value.public_key,
        signatures: &value.signatures,
    };
    signed.verify(&split(&lines, &mandatory), document, proof, key, contexts, provider)
}

/// Verifies what an issuer gives to a holder; a verifier never accepts a base proof.
pub(crate) fn verify_base(
    document: &Value,
    proof: &UnverifiedProof,
    key: &PublicKey,
    contexts: &Contexts,
    provider: &CryptoProvider,
) -> Result<(), ProofError> {
    let value = BaseProof::parse(&proof.value)?;
    let members = document.as_object().ok_or(ProofError::Malformed)?;
    let mut all = Statements::of(members, value.hmac_key.expose(), contexts, provider)?;
    let selection = select(document, value.mandatory_pointers.iter().map(String::as_str))?;
    let mandatory = if value.mandatory_pointers.is_empty() {
        BTreeSet::new()
    } else {
        group(members, &selection, &mut all, contexts)?.places
    };
    let signed = Signed {
        base_signature: &value.base_signature,
        public_key: &value.public_key,
        signatures: &value.signatures,
    };
    signed.verify(&split(&all.lines, &mandatory), members, proof, key, contexts, provider)
}

struct Signed<'a> {
    base_signature: &'a [u8],
    public_key: &'a [u8],
    signatures: &'a [Vec<u8>],
}

impl Signed<'_> {
    /// Verifies all signatures over (mandatory, other) statements; there is exactly one for each other statement.
    fn verify(
        &self,
        (mandatory, others): &(Vec<&str>, Vec<&str>),
        document: &Map<String, Value>,
        proof: &UnverifiedProof,
        key: &PublicKey,
        contexts: &Contexts,
        provider: &CryptoProvider,
    ) -> Result<(), ProofError> {
        if proof.suite.algorithm(key).is_none() {
            return Err(ProofError::KeyKind);
        }
        if others.len() != self.signatures.len() {
            return Err(ProofError::Signature);
        }
        let statement_key = multikey::from_bytes(self.public_key, provider)?;
        let options_hash = hash_options(&proof.options, document, HashAlgorithm::Sha256, contexts, provider)?;
        let message = base_message(&options_hash, self.public_key, mandatory, provider);
        let verify = |key: &PublicKey, message: &[u8], signature: &[u8]| {
            provider
                .signatures
                .verify(SignatureAlgorithm::Es256, key, message, signature)
                .map_err(|_| ProofError::Signature)
        };
        verify(key, &message, self.base_signature)?;
        others
            .iter()
            .zip(self.signatures)
            .try_for_each(|(line, signature)| verify(&statement_key, line.as_bytes(), signature))
    }
}

/// Gives every blank node the issuer's label; the map must name exactly the nodes that are there.
fn issuer_labels(
    quads: &[Quad],
    value: &DerivedProof,
    provider: &CryptoProvider,
) -> Result<BTreeMap<u32, [u8; LABEL_LEN]>, ProofError> {
    let canonical = canonicalize(quads, HashAlgorithm::Sha256, provider.digest)?;
    let blanks = blank_numbers(quads);
    if blanks.len() != value.labels.len() {
        return Err(ProofError::Value);
    }
    blanks
        .into_iter()
        .map(|blank| {
            let number = canonical.get(blank).ok_or(ProofError::Value)?;
            let label = value.labels.get(&number).ok_or(ProofError::Value)?;
            Ok((blank, *label))
        })
        .collect()
}
