//! DG14: what the chip can do and with which keys (Doc 9303-11 §9.2).

use mahfada_crypto::document::{DocumentKey, EcPublicKey, HashAlgorithm, MessagingCipher};

use super::asn1::{INTEGER, OID, SEQUENCE, SET, positive_integer, small_integer};
use super::key;
use super::refusal::{Refusal, refusal};
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

// Cards have fewer than ten.
const MOST_ENTRIES: usize = 64;

/// What a verifier needs of DG14.
#[derive(Debug, Default)]
pub(super) struct SecurityInfos<'a> {
    /// The hash of Active Authentication with an elliptic-curve key, when an entry names a known one.
    pub(super) active_authentication_hash: Option<HashAlgorithm>,
    /// The chip's first public key for Chip Authentication, as `SubjectPublicKeyInfo`.
    pub(super) chip_authentication_key: Option<&'a [u8]>,
    infos: Vec<Info<'a>>,
    keys: Vec<PublicKeyInfo<'a>>,
}

/// `ChipAuthenticationInfo`.
#[derive(Debug)]
struct Info<'a> {
    protocol: &'a [u8],
    key_id: Option<&'a [u8]>,
}

/// `ChipAuthenticationPublicKeyInfo`.
#[derive(Debug)]
struct PublicKeyInfo<'a> {
    protocol: &'a [u8],
    key: Tlv<'a>,
    key_id: Option<&'a [u8]>,
}

/// A chip authentication that card and server can do.
#[derive(Clone, Debug)]
pub(super) struct ChipAuthenticationChoice {
    pub(super) key: EcPublicKey,
    pub(super) cipher: MessagingCipher,
    pub(super) protocol: Vec<u8>,
    pub(super) key_id: Option<Vec<u8>>,
}

impl<'a> SecurityInfos<'a> {
    pub(super) fn parse(dg14: &'a [u8]) -> Result<Self, Refusal> {
        Self::read(dg14).map_err(|_| refusal("dg14_malformed", "DG14 is malformed"))
    }

    fn read(dg14: &'a [u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(Tlv::only_of(SET, Tlv::only_of(0x6E, dg14)?)?);
        let mut infos = Self::default();
        let mut entries = 0..MOST_ENTRIES;
        while !reader.is_empty() {
            entries.next().ok_or(TlvError::Length)?;
            let mut info = Reader::new(reader.expect(SEQUENCE)?);
            let protocol = info.expect(OID)?;
            if protocol == oid::ACTIVE_AUTHENTICATION {
                small_integer(info.expect(INTEGER)?)?;
                infos.active_authentication_hash = plain_ecdsa(info.expect(OID)?);
            } else if protocol.starts_with(oid::CHIP_AUTHENTICATION_KEY) {
                let key = info.element(SEQUENCE)?;
                let key_id = key_id(&mut info)?;
                infos.chip_authentication_key.get_or_insert(key.raw);
                infos.keys.push(PublicKeyInfo { protocol, key, key_id });
            } else if protocol.starts_with(oid::CHIP_AUTHENTICATION) {
                small_integer(info.expect(INTEGER)?)?;
                let key_id = key_id(&mut info)?;
                infos.infos.push(Info { protocol, key_id });
            }
        }
        Ok(infos)
    }

    /// Picks the strongest chip authentication, or says why none of the chip's can be done; `None` when it has none.
    pub(super) fn chip_authentication(&self, allow_legacy: bool) -> Option<Result<ChipAuthenticationChoice, Refusal>> {
        let mut unusable = None;
        let mut best: Option<ChipAuthenticationChoice> = None;
        for entry in &self.keys {
            match self.choice(entry, allow_legacy) {
                Ok(choice) if best.as_ref().is_none_or(|best| best.cipher < choice.cipher) => best = Some(choice),
                Ok(_) => {}
                Err(refusal) => unusable = Some(refusal),
            }
        }
        best.map(Ok).or_else(|| unusable.map(Err))
    }

    fn choice(&self, entry: &PublicKeyInfo<'_>, allow_legacy: bool) -> Result<ChipAuthenticationChoice, Refusal> {
        let unsupported = refusal(
            "chip_authentication_unsupported",
            "the chip's kind of chip authentication is not supported",
        );
        if entry.protocol != oid::CHIP_AUTHENTICATION_KEY_ECDH {
            return Err(unsupported);
        }
        let key = match key::parse(entry.key) {
            Ok(DocumentKey::Ec(key)) => key,
            Ok(_) => return Err(unsupported),
            Err(unusable) => return Err(unusable.refusal()),
        };
        let (protocol, cipher) = self.protocol(entry).ok_or(unsupported)?;
        if cipher == MessagingCipher::TripleDes && !allow_legacy {
            return Err(refusal("weak_cipher", "the chip authenticates itself with 3DES only"));
        }
        Ok(ChipAuthenticationChoice {
            key,
            cipher,
            protocol,
            key_id: entry.key_id.map(<[u8]>::to_vec),
        })
    }

    // Doc 9303-11 §9.2.5: the identifiers match when there are several; without any entry old chips mean 3DES.
    fn protocol(&self, entry: &PublicKeyInfo<'_>) -> Option<(Vec<u8>, MessagingCipher)> {
        if self.infos.is_empty() {
            let protocol = [oid::CHIP_AUTHENTICATION_ECDH, &[1]].concat();
            return Some((protocol, MessagingCipher::TripleDes));
        }
        self.infos
            .iter()
            .filter(|info| info.key_id.is_none() || entry.key_id.is_none() || info.key_id == entry.key_id)
            .filter_map(|info| Some((info.protocol.to_vec(), cipher(info.protocol)?)))
            .max_by_key(|(_, cipher)| *cipher)
    }
}

fn key_id<'a>(info: &mut Reader<'a>) -> Result<Option<&'a [u8]>, TlvError> {
    let content = info.optional(INTEGER)?;
    info.finish()?;
    match content {
        Some([0]) => Ok(Some(&[0])),
        other => other.map(positive_integer).transpose(),
    }
}

fn cipher(protocol: &[u8]) -> Option<MessagingCipher> {
    match protocol.strip_prefix(oid::CHIP_AUTHENTICATION_ECDH)? {
        [1] => Some(MessagingCipher::TripleDes),
        [2] => Some(MessagingCipher::Aes128),
        [3] => Some(MessagingCipher::Aes192),
        [4] => Some(MessagingCipher::Aes256),
        _ => None,
    }
}

fn plain_ecdsa(algorithm: &[u8]) -> Option<HashAlgorithm> {
    match algorithm.strip_prefix(oid::ECDSA_PLAIN)? {
        [1] => Some(HashAlgorithm::Sha1),
        [2] => Some(HashAlgorithm::Sha224),
        [3] => Some(HashAlgorithm::Sha256),
        [4] => Some(HashAlgorithm::Sha384),
        [5] => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}
