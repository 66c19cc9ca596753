//! The challenge that a chip signs: eight bytes that only the issuer can derive, bound to session, nonce and keys.

use std::fmt;

use mahfada_base::{UnixTime, base64url};
use mahfada_crypto::Mac;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The `typ` of the JWT that carries a [`CardChallenge`].
pub const CARD_CHALLENGE_TYP: &str = "ma-card-challenge+jwt";

// Frozen: the published test vectors depend on these bytes.
const CONTEXT: &[u8] = b"ma.idwallet/aa-challenge/v1\0";

/// Derives RND.IFD for Active Authentication (Doc 9303-11 §6.1) from the issuer's key.
///
/// It is HMAC-SHA-256 over context, session, nonce and key commitment, cut to the eight bytes that the chip accepts;
/// without the key nobody can search for two sessions with one challenge. It does not check that session and nonce
/// are fresh. The issuer makes both; neither may exceed 65 535 bytes.
#[must_use]
pub fn challenge(mac: &dyn Mac, key: &[u8], session: &str, nonce: &str, commitment: &[u8; 32]) -> [u8; 8] {
    let mut message = CONTEXT.to_vec();
    for text in [session, nonce] {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(text.as_bytes());
    }
    message.extend_from_slice(commitment);
    let tag = mac.hmac_sha256(key, &message);
    let mut rnd_ifd = [0; 8];
    rnd_ifd.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
    rnd_ifd
}

/// The claims of a card challenge: what the wallet reads from the card and has signed by it.
///
/// The type checks only its own shape; whoever receives it verifies the signature of the JWT, `iss`, `aud`, `exp`,
/// and that `commitment` is its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardChallenge {
    /// The credential issuer.
    pub iss: String,
    /// The wallet instance: the client identifier.
    pub aud: String,
    /// The time after which evidence comes too late.
    pub exp: UnixTime,
    /// The time of issuance.
    pub iat: UnixTime,
    /// The card session's identifier.
    pub session: String,
    /// The card session's nonce, repeated in the evidence.
    pub nonce: String,
    /// The key commitment of the wallet that the challenge was derived from.
    #[serde(with = "base64url_array")]
    pub commitment: [u8; 32],
    /// The eight bytes for INTERNAL AUTHENTICATE.
    #[serde(with = "base64url_array")]
    pub rnd_ifd: [u8; 8],
    /// The files that the issuer needs; nothing else is read.
    pub files: Vec<CardFile>,
}

/// A file of the eMRTD application, by the name that a challenge uses: `sod`, `dg1` … `dg16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardFile {
    /// The Document Security Object.
    Sod,
    /// A data group, 1 to 16.
    DataGroup(u8),
}

impl CardFile {
    /// Reads the name; anything but `sod` and `dg1` … `dg16` is `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "sod" {
            return Some(Self::Sod);
        }
        (1..=16).map(Self::DataGroup).find(|file| file.to_string() == name)
    }
}

impl fmt::Display for CardFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sod => f.write_str("sod"),
            Self::DataGroup(number) => write!(f, "dg{number}"),
        }
    }
}

impl Serialize for CardFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CardFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| de::Error::custom("not a file of the eMRTD application"))
    }
}

mod base64url_array {
    use super::{Deserialize, Deserializer, Serializer, base64url, de};

    pub(super) fn serialize<S: Serializer, const N: usize>(bytes: &[u8; N], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = base64url::decode(text).map_err(de::Error::custom)?;
        bytes
            .try_into()
            .map_err(|_| de::Error::custom(format_args!("not {N} bytes")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims() -> serde_json::Value {
        json!({
            "iss": "https://pid.example.ma", "aud": "wallet", "exp": 120, "iat": 0, "session": "s", "nonce": "n",
            "commitment": base64url::encode([7; 32]), "rnd_ifd": base64url::encode([1; 8]),
            "files": ["sod", "dg1", "dg16"]
        })
    }

    #[test]
    fn claims_round_trip() {
        let challenge: CardChallenge = serde_json::from_value(claims()).unwrap();
        assert_eq!(
            challenge.files,
            [CardFile::Sod, CardFile::DataGroup(1), CardFile::DataGroup(16)]
        );
        assert_eq!(serde_json::to_value(challenge).unwrap(), claims());
    }

    #[test]
    fn refuses_other_lengths_and_unknown_files() {
        for (member, value) in [
            ("rnd_ifd", json!(base64url::encode([1; 9]))),
            ("commitment", json!(base64url::encode([1; 31]))),
            ("files", json!(["dg0"])),
            ("files", json!(["dg17"])),
            ("files", json!(["dg01"])),
        ] {
            let mut claims = claims();
            claims[member] = value;
            assert!(serde_json::from_value::<CardChallenge>(claims).is_err(), "{member}");
        }
    }
}
