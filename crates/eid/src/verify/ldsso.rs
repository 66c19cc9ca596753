//! The LDS security object: the signed hashes of the data groups (Doc 9303-10 §4.6.2.3).

use std::collections::BTreeMap;

use mahfada_crypto::Digest;
use mahfada_crypto::document::HashAlgorithm;

use super::algorithm::{self, AlgorithmIdentifier};
use super::asn1::{INTEGER, OCTET_STRING, PRINTABLE_STRING, SEQUENCE, small_integer};
use super::refusal::{Refusal, refusal, require};
use crate::tlv::{Reader, Tlv, TlvError};

/// The hashes by data group number.
#[derive(Debug)]
pub(super) struct LdsSecurityObject<'a> {
    pub(super) hash: HashAlgorithm,
    hashes: BTreeMap<u8, &'a [u8]>,
}

fn malformed(_: TlvError) -> Refusal {
    refusal("lds_malformed", "the LDS security object is malformed")
}

impl<'a> LdsSecurityObject<'a> {
    pub(super) fn parse(content: &'a [u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(Tlv::only_of(SEQUENCE, content).map_err(malformed)?);
        let version = reader
            .expect(INTEGER)
            .and_then(small_integer)
            .ok()
            .filter(|version| *version <= 1);
        let version = version.ok_or_else(|| refusal("lds_version_unsupported", "the LDS version is unknown"))?;
        let identifier = reader.next().and_then(AlgorithmIdentifier::parse).map_err(malformed)?;
        let hash = identifier
            .hash()
            .ok_or_else(|| refusal("unsupported_algorithm", "the hash algorithm is unknown"))?;
        let hashes = hashes(reader.expect(SEQUENCE).map_err(malformed)?, hash)?;
        if version == 1 {
            version_info(&mut reader).map_err(malformed)?;
        }
        reader.finish().map_err(malformed)?;
        Ok(Self { hash, hashes })
    }

    pub(super) fn lists(&self, number: u8) -> bool {
        self.hashes.contains_key(&number)
    }

    /// Requires every received data group to be listed with its hash.
    pub(super) fn check(&self, groups: &BTreeMap<u8, Vec<u8>>, digest: &dyn Digest) -> Result<(), Refusal> {
        for (number, file) in groups {
            let listed = self.hashes.get(number);
            let listed = listed.ok_or_else(|| refusal("dg_not_in_sod", "a data group is not in EF.SOD"))?;
            let computed = algorithm::hash(self.hash, file, digest);
            require(
                *listed == computed,
                "dg_hash_mismatch",
                "a data group is not the signed one",
            )?;
        }
        Ok(())
    }
}

fn hashes(content: &[u8], hash: HashAlgorithm) -> Result<BTreeMap<u8, &[u8]>, Refusal> {
    let mut reader = Reader::new(content);
    let mut hashes = BTreeMap::new();
    while !reader.is_empty() {
        let (number, value) = entry(reader.expect(SEQUENCE).map_err(malformed)?).map_err(malformed)?;
        require(
            value.len() == hash.output_len(),
            "dg_hash_length",
            "a hash has not the length of its algorithm",
        )?;
        require(
            (1..=16).contains(&number),
            "lds_malformed",
            "there is no such data group",
        )?;
        let first = hashes.insert(number, value).is_none();
        require(first, "duplicate_dg_hash", "a data group is listed twice")?;
    }
    require(
        hashes.len() >= 2,
        "lds_malformed",
        "fewer than two data groups are listed",
    )?;
    Ok(hashes)
}

fn entry(content: &[u8]) -> Result<(u8, &[u8]), TlvError> {
    let mut reader = Reader::new(content);
    let number = small_integer(reader.expect(INTEGER)?)?;
    let value = reader.expect(OCTET_STRING)?;
    reader.finish()?;
    Ok((number, value))
}

fn version_info(reader: &mut Reader<'_>) -> Result<(), TlvError> {
    let mut info = Reader::new(reader.expect(SEQUENCE)?);
    info.expect(PRINTABLE_STRING)?;
    info.expect(PRINTABLE_STRING)?;
    info.finish()
}
