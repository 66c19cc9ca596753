//! Certificate revocation lists of country signing authorities (Doc 9303-12 §7.1.4).

use std::collections::BTreeSet;

use mahfada_base::{CLOCK_SKEW, UnixTime};
use mahfada_crypto::document::{self, DocumentAlgorithm, DocumentKey};

use super::asn1::{BOOLEAN, GENERALIZED_TIME, INTEGER, Name, OCTET_STRING, OID, SEQUENCE, UTC_TIME, time};
use super::certificate::{Certificate, Signed};
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

// Doc 9303-12 §7.1.4: a list is issued at least every 90 days.
const LONGEST_LIFE: i64 = 90 * 86_400;

/// A revocation list whose signature nobody has checked yet.
#[derive(Debug)]
pub(super) struct UnverifiedCrl {
    tbs: Vec<u8>,
    algorithm: Option<DocumentAlgorithm>,
    signature: Vec<u8>,
    list: RevocationList,
    understood: bool,
}

/// A revocation list that an authority of its issuer's name and country has signed.
#[derive(Clone, Debug)]
pub(super) struct RevocationList {
    issuer: Name,
    this_update: UnixTime,
    next_update: UnixTime,
    serials: BTreeSet<Vec<u8>>,
}

impl UnverifiedCrl {
    pub(super) fn parse(der: &[u8]) -> Result<Self, TlvError> {
        let signed = Signed::parse(der)?;
        let mut tbs = Reader::new(signed.tbs.value);
        tbs.optional(INTEGER)?;
        signed.require_algorithm(tbs.next()?)?;
        let issuer = Name::parse(tbs.element(SEQUENCE)?)?;
        let this_update = time(tbs.next()?)?;
        let longest = this_update.plus(LONGEST_LIFE);
        let next_update = match tbs.peek() {
            Some(UTC_TIME | GENERALIZED_TIME) => time(tbs.next()?)?.min(longest),
            _ => longest,
        };
        let mut understood = true;
        let serials = serials(tbs.optional(SEQUENCE)?.unwrap_or_default(), &mut understood)?;
        if let Some(explicit) = tbs.optional(0xA0)? {
            understood &= understands(Tlv::only_of(SEQUENCE, explicit)?)?;
        }
        tbs.finish()?;
        Ok(Self {
            tbs: signed.tbs.raw.to_vec(),
            algorithm: signed.algorithm.signature(None),
            signature: signed.signature.to_vec(),
            list: RevocationList {
                issuer,
                this_update,
                next_update,
                serials,
            },
            understood,
        })
    }

    /// Verifies the list against the authorities; after a rollover the newest key signs for the older ones too.
    pub(super) fn verify<'c>(
        self,
        authorities: impl IntoIterator<Item = &'c Certificate>,
    ) -> Result<RevocationList, &'static str> {
        if !self.understood {
            return Err("crl_critical_extension");
        }
        let signed = authorities.into_iter().any(|authority| {
            let usage = authority
                .extensions
                .key_usage
                .is_none_or(super::extension::KeyUsage::signs_lists);
            let key = authority
                .key
                .as_ref()
                .ok()
                .filter(|_| usage && authority.subject.matches(&self.list.issuer));
            key.is_some_and(|key| self.is_signed_by(key))
        });
        if signed {
            Ok(self.list)
        } else {
            Err("crl_signature_invalid")
        }
    }

    fn is_signed_by(&self, key: &DocumentKey) -> bool {
        self.algorithm
            .is_some_and(|algorithm| document::verify(key, &algorithm, &self.tbs, &self.signature).is_ok())
    }
}

impl RevocationList {
    pub(super) fn speaks_for(&self, certificate: &Certificate) -> bool {
        self.issuer.matches(&certificate.issuer)
    }

    pub(super) fn revokes(&self, certificate: &Certificate) -> bool {
        self.serials.contains(&certificate.serial)
    }

    pub(super) fn is_fresh_at(&self, now: UnixTime) -> bool {
        now.plus(CLOCK_SKEW) >= self.this_update && now <= self.next_update.plus(CLOCK_SKEW)
    }
}

fn serials(content: &[u8], understood: &mut bool) -> Result<BTreeSet<Vec<u8>>, TlvError> {
    let mut reader = Reader::new(content);
    let mut serials = BTreeSet::new();
    while !reader.is_empty() {
        let mut entry = Reader::new(reader.expect(SEQUENCE)?);
        serials.insert(entry.expect(INTEGER)?.to_vec());
        time(entry.next()?)?;
        if let Some(extensions) = entry.optional(SEQUENCE)? {
            *understood &= understands(extensions)?;
        }
        entry.finish()?;
    }
    Ok(serials)
}

/// Tells whether no extension is critical: those of delta and indirect lists are, and change what a list means.
fn understands(extensions: &[u8]) -> Result<bool, TlvError> {
    let mut reader = Reader::new(extensions);
    let mut understood = true;
    while !reader.is_empty() {
        let mut extension = Reader::new(reader.expect(SEQUENCE)?);
        let kind = extension.expect(OID)?;
        let critical = extension.optional(BOOLEAN)?.is_some_and(|value| value != [0]);
        extension.expect(OCTET_STRING)?;
        extension.finish()?;
        understood &= !critical || kind == oid::CRL_NUMBER || kind == oid::AUTHORITY_KEY_IDENTIFIER;
    }
    Ok(understood)
}
