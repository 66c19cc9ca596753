//! The file of cases. What it expects of a case is not even read.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use mahfada_base::{Seconds, UnixTime};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::EidCheckError;

/// The most bytes of a file of cases.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A file of cases.
#[derive(Debug, Deserialize)]
pub(super) struct Vectors {
    pub(super) server_hmac_key: Hex,
    #[serde(default)]
    pub(super) policy: Policy,
    #[serde(default)]
    pub(super) anchors: Vec<String>,
    #[serde(default)]
    pub(super) links: Vec<String>,
    #[serde(default)]
    pub(super) crls: Vec<String>,
    pub(super) cases: Vec<Case>,
}

/// What the issuer of the file demands.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Policy {
    pub(super) require_country: Option<String>,
    pub(super) now: Option<Instant>,
    pub(super) require_crl: Option<bool>,
    pub(super) challenge_ttl_s: Option<Seconds>,
    pub(super) session_ttl_s: Option<Seconds>,
}

/// One card session as it was recorded.
#[derive(Debug, Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) sod: Hex,
    pub(super) dgs: DataGroups,
    pub(super) rnd_ifd: Option<Hex>,
    pub(super) aa_response: Option<Hex>,
    pub(super) wallet_jkt: Hex,
    pub(super) session: String,
    pub(super) c_nonce: String,
    pub(super) now: Option<Instant>,
    pub(super) challenge_issued_at: Option<Instant>,
    pub(super) ef_com: Option<Hex>,
    pub(super) anchors: Option<Vec<String>>,
    pub(super) links: Option<Vec<String>>,
    pub(super) crls: Option<Vec<String>>,
    pub(super) after: Option<String>,
}

/// Bytes in hexadecimal.
#[derive(Debug)]
pub(super) struct Hex(pub(super) Vec<u8>);

/// The files of the card by number, each named once.
#[derive(Debug)]
pub(super) struct DataGroups(pub(super) BTreeMap<u8, Vec<u8>>);

/// A time in RFC 3339 or in Unix seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant(pub(super) UnixTime);

impl Vectors {
    pub(super) fn read(path: &Path) -> Result<Self, EidCheckError> {
        let unreadable = |error| EidCheckError::Unreadable(path.to_owned(), error);
        if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES {
            return Err(EidCheckError::TooLong(path.to_owned()));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        // Not through `mahfada_base::json`, whose limit of length is meant for messages; the members that count are
        // members of structures here, so that a repeated one is refused all the same.
        serde_json::from_slice(&bytes).map_err(|error| EidCheckError::Malformed(path.to_owned(), error))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode_hex(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom("not hexadecimal"))
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect()
}

impl<'de> Deserialize<'de> for DataGroups {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Groups)
    }
}

struct Groups;

impl<'de> Visitor<'de> for Groups {
    type Value = DataGroups;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("data groups by number")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<DataGroups, A::Error> {
        let mut groups = BTreeMap::new();
        while let Some((name, Hex(file))) = members.next_entry::<String, Hex>()? {
            let number = name
                .parse()
                .map_err(|_| A::Error::custom("not the number of a data group"))?;
            if groups.insert(number, file).is_some() {
                return Err(A::Error::custom("a data group is named twice"));
            }
        }
        Ok(DataGroups(groups))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Seconds(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Seconds(seconds) => Some(UnixTime::new(seconds)),
            Written::Text(text) => UnixTime::from_rfc3339(&text),
        }
        .map(Self)
        .ok_or_else(|| D::Error::custom("not a time"))
    }
}
