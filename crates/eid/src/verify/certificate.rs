//! Certificates of country signing authorities and document signers (Doc 9303-12 §7), read on the raw bytes.
//!
//! The reader tolerates what real authorities get wrong (negative serial numbers, missing extensions) and keeps the
//! signed bytes as received: a signature is never checked over a re-encoding.

use mahfada_base::UnixTime;
use mahfada_crypto::document::{self, DocumentAlgorithm, DocumentKey};

use super::algorithm::AlgorithmIdentifier;
use super::asn1::{BIT_STRING, INTEGER, Name, SEQUENCE, small_integer, time, whole_bytes};
use super::extension::Extensions;
use super::key::{self, UnusableKey};
use super::refusal::Refusal;
use crate::tlv::{Reader, Tlv, TlvError};

/// A certificate whose signature nobody has checked yet.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    tbs: Vec<u8>,
    pub(super) version: u8,
    /// The content bytes of the serial number as received.
    pub(super) serial: Vec<u8>,
    pub(super) issuer: Name,
    pub(super) subject: Name,
    pub(super) not_before: UnixTime,
    pub(super) not_after: UnixTime,
    pub(super) spki: Vec<u8>,
    /// The public key, or why it cannot be used.
    pub(super) key: Result<DocumentKey, UnusableKey>,
    pub(super) extensions: Extensions,
    pub(super) algorithm: Option<DocumentAlgorithm>,
    signature: Vec<u8>,
}

impl Certificate {
    pub(super) fn parse(der: &[u8]) -> Result<Self, TlvError> {
        let signed = Signed::parse(der)?;
        let mut tbs = Reader::new(signed.tbs.value);
        let version = match tbs.optional(0xA0)? {
            Some(explicit) => small_integer(Tlv::only_of(INTEGER, explicit)?)?,
            None => 0,
        };
        let serial = tbs.expect(INTEGER)?.to_vec();
        signed.require_algorithm(tbs.next()?)?;
        let issuer = Name::parse(tbs.element(SEQUENCE)?)?;
        let mut validity = Reader::new(tbs.expect(SEQUENCE)?);
        let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
        validity.finish()?;
        let subject = Name::parse(tbs.element(SEQUENCE)?)?;
        let spki = tbs.element(SEQUENCE)?;
        tbs.optional(0x81)?;
        tbs.optional(0x82)?;
        let extensions = match tbs.optional(0xA3)? {
            Some(explicit) => Extensions::parse(Tlv::only_of(SEQUENCE, explicit)?)?,
            None => Extensions::default(),
        };
        tbs.finish()?;
        Ok(Self {
            tbs: signed.tbs.raw.to_vec(),
            version,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            spki: spki.raw.to_vec(),
            key: key::parse(spki),
            extensions,
            algorithm: signed.algorithm.signature(None),
            signature: signed.signature.to_vec(),
        })
    }

    /// Returns the public key.
    pub(super) fn require_key(&self) -> Result<&DocumentKey, Refusal> {
        self.key.as_ref().map_err(|unusable| unusable.refusal())
    }

    /// Tells whether the key made this certificate's signature.
    pub(super) fn is_signed_by(&self, key: &DocumentKey) -> bool {
        self.algorithm
            .is_some_and(|algorithm| document::verify(key, &algorithm, &self.tbs, &self.signature).is_ok())
    }

    /// Tells whether the issuer's name and key identifier are those of `authority`; without identifiers the name decides.
    pub(super) fn names_as_issuer(&self, authority: &Self) -> bool {
        let keys = (
            &self.extensions.authority_key_identifier,
            &authority.extensions.subject_key_identifier,
        );
        self.issuer.matches(&authority.subject)
            && match keys {
                (Some(wanted), Some(found)) => wanted == found,
                (Some(_), None) => false,
                (None, _) => true,
            }
    }

    /// Tells whether a time lies in the validity period.
    pub(super) fn is_valid_at(&self, time: UnixTime) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }
}

/// `SEQUENCE { tbs, algorithm, signature }`, the shape that certificates and revocation lists share.
pub(super) struct Signed<'a> {
    pub(super) tbs: Tlv<'a>,
    pub(super) algorithm: AlgorithmIdentifier<'a>,
    pub(super) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(Tlv::only_of(SEQUENCE, der)?);
        let tbs = reader.element(SEQUENCE)?;
        let algorithm = AlgorithmIdentifier::parse(reader.next()?)?;
        let signature = whole_bytes(reader.expect(BIT_STRING)?)?;
        reader.finish()?;
        Ok(Self {
            tbs,
            algorithm,
            signature,
        })
    }

    /// Requires the signed algorithm to be the unsigned one, byte for byte (RFC 5280 §4.1.1.2).
    pub(super) fn require_algorithm(&self, inner: Tlv<'_>) -> Result<(), TlvError> {
        if inner.raw == self.algorithm.raw {
            Ok(())
        } else {
            Err(TlvError::Unexpected)
        }
    }
}
