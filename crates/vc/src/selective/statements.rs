//! The statements of a document under HMAC labels, and which of them pointers select (ECDSA §3.4.2 to §3.4.15).

use std::collections::{BTreeMap, BTreeSet};

use mahfada_base::base64url;
use mahfada_crypto::CryptoProvider;
use serde_json::{Map, Value};

use super::proof_value::LABEL_LEN;
use crate::error::ProofError;
use crate::json_ld::{BlankLabels, Contexts, Selection, to_rdf};
use crate::rdf::{HashAlgorithm, Quad, canonicalize, statements};

/// All statements of a document, in the order that their signatures have.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) lines: Vec<String>,
    labels: BTreeMap<u32, [u8; LABEL_LEN]>,
    blanks: BlankLabels,
}

impl Statements {
    /// Canonicalizes a document and hides its canonical labels behind an HMAC, since their order tells of values.
    pub(crate) fn of(
        document: &Map<String, Value>,
        hmac_key: &[u8; 32],
        contexts: &Contexts,
        provider: &CryptoProvider,
    ) -> Result<Self, ProofError> {
        let mut blanks = BlankLabels::default();
        let quads = to_rdf(document, &Selection::All, contexts, &mut blanks)?;
        let canonical = canonicalize(&quads, HashAlgorithm::Sha256, provider.digest)?;
        let labels = blank_numbers(&quads)
            .into_iter()
            .filter_map(|blank| {
                let name = format!("c14n{}", canonical.get(blank)?);
                Some((blank, provider.mac.hmac_sha256(hmac_key, name.as_bytes())))
            })
            .collect();
        let lines = labelled(&quads, &labels);
        Ok(Self { lines, labels, blanks })
    }
}

/// One group of statements: what a selection of the document says.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) quads: Vec<Quad>,
    /// The places among all statements.
    pub(crate) places: BTreeSet<usize>,
}

/// Finds the statements that a selection of the document makes.
pub(crate) fn group(
    document: &Map<String, Value>,
    selection: &Selection,
    all: &mut Statements,
    contexts: &Contexts,
) -> Result<Group, ProofError> {
    let quads = to_rdf(document, selection, contexts, &mut all.blanks)?;
    let places = labelled(&quads, &all.labels)
        .iter()
        .map(|line| all.lines.binary_search(line).map_err(|_| ProofError::Pointer))
        .collect::<Result<_, _>>()?;
    Ok(Group { quads, places })
}

impl Statements {
    /// Returns the issuer's label of a blank node.
    pub(crate) fn label(&self, blank: u32) -> Option<[u8; LABEL_LEN]> {
        self.labels.get(&blank).copied()
    }
}

/// Returns the statements under labels of 32 bytes each, in code point order.
pub(crate) fn labelled(quads: &[Quad], labels: &BTreeMap<u32, [u8; LABEL_LEN]>) -> Vec<String> {
    let names: BTreeMap<u32, String> = labels
        .iter()
        .map(|(blank, label)| (*blank, format!("u{}", base64url::encode(label))))
        .collect();
    statements(quads, &|blank, out: &mut String| {
        if let Some(name) = names.get(&blank) {
            out.push_str(name);
        }
    })
}

/// Returns the blank nodes that the quads mention.
pub(crate) fn blank_numbers(quads: &[Quad]) -> BTreeSet<u32> {
    quads.iter().flat_map(Quad::blanks).map(|(_, blank)| blank).collect()
}

/// Returns the statements inside and outside a set of places, each in order.
pub(crate) fn split<'a>(lines: &'a [String], inside: &BTreeSet<usize>) -> (Vec<&'a str>, Vec<&'a str>) {
    let (mut chosen, mut others) = (Vec::new(), Vec::new());
    for (place, line) in lines.iter().enumerate() {
        let side = if inside.contains(&place) {
            &mut chosen
        } else {
            &mut others
        };
        side.push(line.as_str());
    }
    (chosen, others)
}

/// Returns what the base signature covers: proof hash, key of the proof, hash of the mandatory statements (§3.4.16).
pub(crate) fn base_message(
    options_hash: &[u8],
    public_key: &[u8],
    mandatory: &[&str],
    provider: &CryptoProvider,
) -> Vec<u8> {
    let mandatory_hash = provider.digest.sha256(mandatory.concat().as_bytes());
    [options_hash, public_key, &mandatory_hash].concat()
}
