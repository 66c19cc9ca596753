//! What a wallet brings back from the card: the payload of the evidence JWS, bounded before anything reads it.

use std::collections::BTreeMap;
use std::fmt;

use mahfada_base::{UnixTime, base64url, json};
use serde::{Deserialize, Serialize};

/// The `typ` of the JWS that carries a [`CardEvidence`].
pub const CARD_EVIDENCE_TYP: &str = "ma-card-evidence+jwt";
/// The most bytes that EF.SOD may have.
pub const MAX_SOD_BYTES: usize = 64 * 1024;
/// The most bytes that one data group may have.
pub const MAX_DATA_GROUP_BYTES: usize = 256 * 1024;

/// The payload of the evidence JWS: the files as the card gave them, nothing of it verified.
///
/// As JSON, `sod`, the members of `dgs` and `aa` are base64url. The limit of `mahfada_base::json` on a whole
/// document holds on top of the limits per file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct CardEvidence {
    /// The card session's identifier.
    pub session: String,
    /// The card session's nonce.
    pub nonce: String,
    /// The time of signature by the wallet's clock.
    pub iat: UnixTime,
    /// EF.SOD, at most 64 KiB.
    pub sod: Vec<u8>,
    /// The data groups read, by number (1 to 16), at most 256 KiB each.
    pub dgs: BTreeMap<u8, Vec<u8>>,
    /// The chip's answer to the challenge.
    pub aa: Option<Vec<u8>>,
}

/// Why bytes are no card evidence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The document is not the JSON of card evidence, or a file exceeds its limit.
    #[error("not card evidence")]
    Malformed(#[source] json::JsonError),
}

impl EvidenceError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(json::JsonError::TooLong { .. }) => "evidence_too_large",
            Self::Malformed(_) => "evidence_malformed",
        }
    }
}

impl CardEvidence {
    /// Reads the payload of an evidence JWS within the limits; it verifies nothing in it.
    ///
    /// # Errors
    /// [`EvidenceError`] when the JSON is malformed, a file number is none, or a file is too long.
    pub fn parse(payload: &[u8]) -> Result<Self, EvidenceError> {
        json::from_slice(payload).map_err(EvidenceError::Malformed)
    }
}

impl fmt::Debug for CardEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardEvidence")
            .field("session", &self.session)
            .field("files", &self.dgs.keys())
            .field("aa", &self.aa.is_some())
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    session: String,
    nonce: String,
    iat: UnixTime,
    sod: String,
    dgs: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aa: Option<String>,
}

impl From<CardEvidence> for Wire {
    fn from(evidence: CardEvidence) -> Self {
        let dgs = evidence
            .dgs
            .iter()
            .map(|(number, file)| (number.to_string(), base64url::encode(file)));
        Self {
            session: evidence.session,
            nonce: evidence.nonce,
            iat: evidence.iat,
            sod: base64url::encode(&evidence.sod),
            dgs: dgs.collect(),
            aa: evidence.aa.as_ref().map(base64url::encode),
        }
    }
}

impl TryFrom<Wire> for CardEvidence {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, &'static str> {
        let mut dgs = BTreeMap::new();
        for (name, file) in wire.dgs {
            let number = (1..=16)
                .find(|number: &u8| number.to_string() == name)
                .ok_or("not a data group number")?;
            if matches!(number, 3 | 4) {
                return Err("fingerprints and irises are never asked for");
            }
            dgs.insert(number, bounded(&file, MAX_DATA_GROUP_BYTES)?);
        }
        Ok(Self {
            session: wire.session,
            nonce: wire.nonce,
            iat: wire.iat,
            sod: bounded(&wire.sod, MAX_SOD_BYTES)?,
            dgs,
            aa: wire.aa.as_deref().map(|aa| bounded(aa, MAX_ANSWER_BYTES)).transpose()?,
        })
    }
}

// RSA-8192 would give 1024 bytes.
const MAX_ANSWER_BYTES: usize = 1024;

fn bounded(text: &str, limit: usize) -> Result<Vec<u8>, &'static str> {
    let bytes = base64url::decode(text).map_err(|_| "not canonical base64url")?;
    if bytes.len() > limit {
        Err("a file exceeds its limit")
    } else {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> CardEvidence {
        CardEvidence {
            session: "s".to_owned(),
            nonce: "n".to_owned(),
            iat: UnixTime::new(5),
            sod: vec![0x77, 0],
            dgs: BTreeMap::from([(1, vec![0x61, 0]), (15, vec![0x6F, 0])]),
            aa: Some(vec![1, 2, 3]),
        }
    }

    #[test]
    fn evidence_round_trips_as_json() {
        let json = serde_json::to_value(evidence()).unwrap();
        assert_eq!(json["dgs"]["15"], "bwA");
        assert_eq!(CardEvidence::parse(json.to_string().as_bytes()).unwrap(), evidence());
    }

    #[test]
    fn refuses_files_over_their_limit_and_numbers_that_are_none() {
        let mut long_sod = evidence();
        long_sod.sod = vec![0; MAX_SOD_BYTES + 1];
        let mut long_group = evidence();
        long_group.dgs.insert(2, vec![0; MAX_DATA_GROUP_BYTES + 1]);
        let mut number = evidence();
        number.dgs.insert(17, Vec::new());
        let [mut fingers, mut irises] = [evidence(), evidence()];
        fingers.dgs.insert(3, vec![0x63, 0]);
        irises.dgs.insert(4, vec![0x76, 0]);
        for bad in [long_sod, long_group, number, fingers, irises] {
            let payload = serde_json::to_vec(&bad).unwrap();
            assert_eq!(CardEvidence::parse(&payload).unwrap_err().code(), "evidence_malformed");
        }
        let huge = vec![b' '; json::MAX_BYTES + 1];
        assert_eq!(CardEvidence::parse(&huge).unwrap_err().code(), "evidence_too_large");
    }

    #[test]
    fn refuses_a_repeated_file() {
        let payload = br#"{"session":"s","nonce":"n","iat":1,"sod":"","dgs":{"1":"AA","1":"AQ"}}"#;
        assert_eq!(CardEvidence::parse(payload).unwrap_err().code(), "evidence_malformed");
    }

    #[test]
    fn debug_shows_no_file() {
        assert!(!format!("{:?}", evidence()).contains("97"));
    }
}
