//! Derives what the holder shows from what the issuer signed (ECDSA §3.5.3 to §3.5.6 and §3.6.6).

use std::collections::{BTreeMap, BTreeSet};

use mahfada_crypto::CryptoProvider;
use serde_json::{Map, Value};

use super::proof_value::{BaseProof, DerivedProof, LABEL_LEN};
use super::statements::{Statements, blank_numbers, group};
use crate::error::ProofError;
use crate::json_ld::{Contexts, Selection, select};
use crate::proof::{Cryptosuite, UnverifiedProof};
use crate::rdf::{HashAlgorithm, Quad, canonicalize};

/// Returns the document with the mandatory statements, those that the pointers select, and a derived proof.
///
/// It does not verify the base proof; the holder does that once, when the credential comes in.
///
/// # Errors
/// [`ProofError`] when there is no base proof of ecdsa-sd-2023, it does not fit the document, a pointer points at
/// nothing, or nothing would be shown.
pub fn derive(
    secured: &Value,
    selective_pointers: &[&str],
    contexts: &Contexts,
    provider: &CryptoProvider,
) -> Result<Value, ProofError> {
    let mut members = secured.as_object().ok_or(ProofError::Malformed)?.clone();
    let proof = UnverifiedProof::parse(&members.remove("proof").ok_or(ProofError::Malformed)?)?;
    if proof.suite != Cryptosuite::EcdsaSd2023 {
        return Err(ProofError::Cryptosuite);
    }
    let base = BaseProof::parse(&proof.value)?;
    let document = Value::Object(members);
    let mandatory: Vec<&str> = base.mandatory_pointers.iter().map(String::as_str).collect();
    if mandatory.is_empty() && selective_pointers.is_empty() {
        return Err(ProofError::NothingSelected);
    }
    let shown = select(&document, mandatory.iter().chain(selective_pointers).copied())?;
    let kept = select(&document, mandatory.iter().copied())?;
    let members = document.as_object().ok_or(ProofError::Malformed)?;
    let kept = (!mandatory.is_empty()).then_some(&kept);
    let value = derived_value(members, &base, kept, &shown, contexts, provider)?;

    let Value::Object(mut revealed) = shown.reveal(&document) else {
        return Err(ProofError::Malformed);
    };
    let mut derived = proof.options;
    derived.insert("proofValue".to_owned(), value.to_text().into());
    revealed.insert("proof".to_owned(), Value::Object(derived));
    Ok(Value::Object(revealed))
}

fn derived_value(
    document: &Map<String, Value>,
    base: &BaseProof,
    kept: Option<&Selection>,
    shown: &Selection,
    contexts: &Contexts,
    provider: &CryptoProvider,
) -> Result<DerivedProof, ProofError> {
    let mut all = Statements::of(document, base.hmac_key.expose(), contexts, provider)?;
    let mandatory = match kept {
        Some(selection) => group(document, selection, &mut all, contexts)?.places,
        None => BTreeSet::new(),
    };
    let shown = group(document, shown, &mut all, contexts)?;
    // Statements and signatures must pair up, or signatures would be shown with the wrong statements.
    if all.lines.len() != base.signatures.len().saturating_add(mandatory.len()) {
        return Err(ProofError::Value);
    }
    let signatures = (0..all.lines.len())
        .filter(|place| !mandatory.contains(place))
        .zip(&base.signatures)
        .filter(|(place, _)| shown.places.contains(place))
        .map(|(_, signature)| signature.clone())
        .collect();
    Ok(DerivedProof {
        base_signature: base.base_signature.clone(),
        public_key: base.public_key.clone(),
        signatures,
        labels: label_map(&shown.quads, &all, provider)?,
        mandatory: shown
            .places
            .iter()
            .enumerate()
            .filter(|(_, place)| mandatory.contains(place))
            .map(|(relative, _)| relative)
            .collect(),
    })
}

/// Maps the canonical numbers that the verifier will find to the issuer's labels (ECDSA §3.5.4).
fn label_map(
    shown: &[Quad],
    all: &Statements,
    provider: &CryptoProvider,
) -> Result<BTreeMap<u32, [u8; LABEL_LEN]>, ProofError> {
    let canonical = canonicalize(shown, HashAlgorithm::Sha256, provider.digest)?;
    Ok(blank_numbers(shown)
        .into_iter()
        .filter_map(|blank| Some((canonical.get(blank)?, all.label(blank)?)))
        .collect())
}
