//! Base and derived proof values: a three-byte header and CBOR (ECDSA §3.5.2, §3.5.7 and after).

use std::collections::BTreeMap;

use mahfada_base::{Secret, base64url};

use crate::cbor::{Reader, Writer};
use crate::error::ProofError;
use crate::multikey::decode_base64url;

const BASE_HEADER: [u8; 3] = [0xd9, 0x5d, 0x00];
const DERIVED_HEADER: [u8; 3] = [0xd9, 0x5d, 0x01];

pub(crate) const SIGNATURE_LEN: usize = 64;
const PUBLIC_KEY_LEN: usize = 35;
pub(crate) const LABEL_LEN: usize = 32;

/// What the issuer gives to the holder.
#[derive(Debug)]
pub(crate) struct BaseProof {
    pub(crate) base_signature: Vec<u8>,
    /// The key made for this proof, in binary multikey form.
    pub(crate) public_key: Vec<u8>,
    pub(crate) hmac_key: Secret<[u8; 32]>,
    /// One signature per statement that is not mandatory, in the order of the statements.
    pub(crate) signatures: Vec<Vec<u8>>,
    pub(crate) mandatory_pointers: Vec<String>,
}

/// What the holder shows.
#[derive(Debug)]
pub(crate) struct DerivedProof {
    pub(crate) base_signature: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) signatures: Vec<Vec<u8>>,
    /// The issuer's label for each canonical number.
    pub(crate) labels: BTreeMap<u32, [u8; LABEL_LEN]>,
    /// The places of the mandatory statements, ascending.
    pub(crate) mandatory: Vec<usize>,
}

impl BaseProof {
    pub(crate) fn parse(text: &str) -> Result<Self, ProofError> {
        let bytes = open(text, BASE_HEADER, DERIVED_HEADER)?;
        Self::read(bytes.get(3..).unwrap_or_default()).ok_or(ProofError::Value)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.array().filter(|count| *count == 5)?;
        let (base_signature, public_key) = read_heads(&mut reader)?;
        let hmac_key = Secret::new(<[u8; 32]>::try_from(reader.bytes()?).ok()?);
        let signatures = read_signatures(&mut reader)?;
        let count = reader.array()?;
        let mandatory_pointers = (0..count)
            .map(|_| Some(reader.text()?.to_owned()))
            .collect::<Option<_>>()?;
        reader.is_at_end().then_some(Self {
            base_signature,
            public_key,
            hmac_key,
            signatures,
            mandatory_pointers,
        })
    }

    pub(crate) fn to_text(&self) -> String {
        let mut writer = Writer::new(&BASE_HEADER);
        writer.array(5);
        writer.bytes(&self.base_signature);
        writer.bytes(&self.public_key);
        writer.bytes(self.hmac_key.expose());
        write_signatures(&mut writer, &self.signatures);
        writer.array(self.mandatory_pointers.len());
        for pointer in &self.mandatory_pointers {
            writer.text(pointer);
        }
        close(writer)
    }
}

impl DerivedProof {
    pub(crate) fn parse(text: &str) -> Result<Self, ProofError> {
        let bytes = open(text, DERIVED_HEADER, BASE_HEADER)?;
        Self::read(bytes.get(3..).unwrap_or_default()).ok_or(ProofError::Value)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.array().filter(|count| *count == 5)?;
        let (base_signature, public_key) = read_heads(&mut reader)?;
        let signatures = read_signatures(&mut reader)?;
        let labels = read_labels(&mut reader)?;
        let count = reader.array()?;
        let mandatory: Vec<usize> = (0..count)
            .map(|_| usize::try_from(reader.unsigned()?).ok())
            .collect::<Option<_>>()?;
        let ascending = mandatory.is_sorted_by(|a, b| a < b);
        (ascending && reader.is_at_end()).then_some(Self {
            base_signature,
            public_key,
            signatures,
            labels,
            mandatory,
        })
    }

    pub(crate) fn to_text(&self) -> String {
        let mut writer = Writer::new(&DERIVED_HEADER);
        writer.array(5);
        writer.bytes(&self.base_signature);
        writer.bytes(&self.public_key);
        write_signatures(&mut writer, &self.signatures);
        writer.map(self.labels.len());
        for (number, label) in &self.labels {
            writer.unsigned(*number as usize);
            writer.bytes(label);
        }
        writer.array(self.mandatory.len());
        for place in &self.mandatory {
            writer.unsigned(*place);
        }
        close(writer)
    }
}

/// Decodes the text and tells a proof of the other form from one that is none.
fn open(text: &str, header: [u8; 3], other: [u8; 3]) -> Result<Vec<u8>, ProofError> {
    let bytes = decode_base64url(text).ok_or(ProofError::Value)?;
    if bytes.starts_with(&header) {
        Ok(bytes)
    } else if bytes.starts_with(&other) {
        Err(ProofError::Header)
    } else {
        Err(ProofError::Value)
    }
}

fn close(writer: Writer) -> String {
    format!("u{}", base64url::encode(writer.into_bytes()))
}

fn read_heads(reader: &mut Reader<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let signature = reader.bytes().filter(|bytes| bytes.len() == SIGNATURE_LEN)?;
    let key = reader.bytes().filter(|bytes| bytes.len() == PUBLIC_KEY_LEN)?;
    Some((signature.to_vec(), key.to_vec()))
}

fn read_signatures(reader: &mut Reader<'_>) -> Option<Vec<Vec<u8>>> {
    let count = reader.array()?;
    (0..count)
        .map(|_| Some(reader.bytes().filter(|bytes| bytes.len() == SIGNATURE_LEN)?.to_vec()))
        .collect()
}

fn write_signatures(writer: &mut Writer, signatures: &[Vec<u8>]) {
    writer.array(signatures.len());
    for signature in signatures {
        writer.bytes(signature);
    }
}

/// Reads the label map: a key twice, or one label for two nodes, would merge nodes that the issuer kept apart.
fn read_labels(reader: &mut Reader<'_>) -> Option<BTreeMap<u32, [u8; LABEL_LEN]>> {
    let count = reader.map()?;
    let mut labels = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..count {
        let number = u32::try_from(reader.unsigned()?).ok()?;
        let label = <[u8; LABEL_LEN]>::try_from(reader.bytes()?).ok()?;
        if !seen.insert(label) || labels.insert(number, label).is_some() {
            return None;
        }
    }
    Some(labels)
}
