//! DG14: what the chip can do and with which keys (Doc 9303-11 §9.2).

use mahfada_crypto::document::HashAlgorithm;

use super::asn1::{INTEGER, OID, SEQUENCE, SET, small_integer};
use super::refusal::{Refusal, refusal};
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

/// What a verifier needs of DG14.
#[derive(Debug, Default)]
pub(super) struct SecurityInfos<'a> {
    /// The hash of Active Authentication with an elliptic-curve key, when an entry names a known one.
    pub(super) active_authentication_hash: Option<HashAlgorithm>,
    /// The chip's first public key for Chip Authentication, as `SubjectPublicKeyInfo`.
    pub(super) chip_authentication_key: Option<&'a [u8]>,
}

impl<'a> SecurityInfos<'a> {
    pub(super) fn parse(dg14: &'a [u8]) -> Result<Self, Refusal> {
        Self::read(dg14).map_err(|_| refusal("dg14_malformed", "DG14 is malformed"))
    }

    fn read(dg14: &'a [u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(Tlv::only_of(SET, Tlv::only_of(0x6E, dg14)?)?);
        let mut infos = Self::default();
        while !reader.is_empty() {
            let mut info = Reader::new(reader.expect(SEQUENCE)?);
            let protocol = info.expect(OID)?;
            if protocol == oid::ACTIVE_AUTHENTICATION {
                small_integer(info.expect(INTEGER)?)?;
                infos.active_authentication_hash = plain_ecdsa(info.expect(OID)?);
            } else if protocol.starts_with(oid::CHIP_AUTHENTICATION_KEY) && infos.chip_authentication_key.is_none() {
                infos.chip_authentication_key = Some(info.element(SEQUENCE)?.raw);
            }
        }
        Ok(infos)
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
