//! The extensions of certificates that Doc 9303-12 §7.1 knows.

use std::collections::BTreeSet;

use mahfada_base::UnixTime;

use super::asn1::{
    BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, OID, PRINTABLE_STRING, SEQUENCE, SET, generalized_time, small_integer,
};
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

/// What the extensions of a certificate say.
#[derive(Clone, Debug, Default)]
pub(super) struct Extensions {
    pub(super) key_usage: Option<KeyUsage>,
    /// Whether the subject is an authority, when basic constraints are there.
    pub(super) authority: Option<bool>,
    pub(super) extended_key_usage: bool,
    /// Whether the extended key usage is that of a master list signer.
    pub(super) master_list_signer: bool,
    pub(super) subject_key_identifier: Option<Vec<u8>>,
    pub(super) authority_key_identifier: Option<Vec<u8>>,
    pub(super) private_key_usage: Option<(Option<UnixTime>, Option<UnixTime>)>,
    pub(super) document_types: Option<Vec<String>>,
    /// Whether an extension that must be understood is unknown.
    pub(super) unknown_critical: bool,
}

/// The key usage bits (RFC 5280 §4.2.1.3), the first bit highest.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyUsage {
    bits: u8,
    more: bool,
    pub(super) critical: bool,
}

impl KeyUsage {
    pub(super) const fn is_digital_signature_only(self) -> bool {
        self.bits == 0x80 && !self.more
    }

    pub(super) const fn signs_certificates(self) -> bool {
        self.bits & 0x04 != 0
    }

    pub(super) const fn signs_lists(self) -> bool {
        self.bits & 0x02 != 0
    }
}

impl Extensions {
    /// Reads the content of the sequence of extensions; a repeated one makes it malformed.
    pub(super) fn parse(content: &[u8]) -> Result<Self, TlvError> {
        let mut extensions = Self::default();
        let mut seen = BTreeSet::new();
        let mut reader = Reader::new(content);
        while !reader.is_empty() {
            let mut extension = Reader::new(reader.expect(SEQUENCE)?);
            let kind = extension.expect(OID)?;
            let critical = extension.optional(BOOLEAN)?.is_some_and(|value| value != [0]);
            let value = extension.expect(OCTET_STRING)?;
            extension.finish()?;
            if !seen.insert(kind) {
                return Err(TlvError::Unexpected);
            }
            extensions.add(kind, critical, value)?;
        }
        Ok(extensions)
    }

    fn add(&mut self, kind: &[u8], critical: bool, value: &[u8]) -> Result<(), TlvError> {
        match kind {
            oid::KEY_USAGE => self.key_usage = Some(key_usage(value, critical)?),
            oid::BASIC_CONSTRAINTS => {
                let authority = Reader::new(Tlv::only_of(SEQUENCE, value)?).optional(BOOLEAN)?;
                self.authority = Some(authority.is_some_and(|value| value != [0]));
            }
            oid::EXTENDED_KEY_USAGE => {
                self.extended_key_usage = true;
                self.master_list_signer = names_usage(value, oid::MASTER_LIST_SIGNER)?;
            }
            oid::SUBJECT_KEY_IDENTIFIER => {
                self.subject_key_identifier = Some(Tlv::only_of(OCTET_STRING, value)?.to_vec());
            }
            oid::AUTHORITY_KEY_IDENTIFIER => {
                let identifier = Reader::new(Tlv::only_of(SEQUENCE, value)?).optional(0x80)?;
                self.authority_key_identifier = identifier.map(<[u8]>::to_vec);
            }
            oid::PRIVATE_KEY_USAGE_PERIOD => self.private_key_usage = Some(usage_period(value)?),
            oid::DOCUMENT_TYPE_LIST => self.document_types = Some(document_types(value)?),
            oid::SUBJECT_ALT_NAME
            | oid::ISSUER_ALT_NAME
            | oid::CRL_DISTRIBUTION_POINTS
            | oid::CERTIFICATE_POLICIES
            | oid::NAME_CHANGE => {}
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }
}

fn names_usage(value: &[u8], wanted: &[u8]) -> Result<bool, TlvError> {
    let mut usages = Reader::new(Tlv::only_of(SEQUENCE, value)?);
    let mut found = false;
    while !usages.is_empty() {
        found |= usages.expect(OID)? == wanted;
    }
    Ok(found)
}

fn key_usage(value: &[u8], critical: bool) -> Result<KeyUsage, TlvError> {
    let content = Tlv::only_of(BIT_STRING, value)?;
    let (unused, bits) = content.split_first().ok_or(TlvError::Unexpected)?;
    let (first, more) = bits.split_first().ok_or(TlvError::Unexpected)?;
    if *unused > 7 {
        return Err(TlvError::Unexpected);
    }
    Ok(KeyUsage {
        bits: *first,
        more: more.iter().any(|byte| *byte != 0),
        critical,
    })
}

fn usage_period(value: &[u8]) -> Result<(Option<UnixTime>, Option<UnixTime>), TlvError> {
    let mut reader = Reader::new(Tlv::only_of(SEQUENCE, value)?);
    let time = |bytes: Option<&[u8]>| -> Result<Option<UnixTime>, TlvError> {
        let text = bytes
            .map(std::str::from_utf8)
            .transpose()
            .map_err(|_| TlvError::Unexpected)?;
        text.map(generalized_time).transpose()
    };
    let (start, end) = (time(reader.optional(0x80)?)?, time(reader.optional(0x81)?)?);
    reader.finish()?;
    Ok((start, end))
}

fn document_types(value: &[u8]) -> Result<Vec<String>, TlvError> {
    let mut reader = Reader::new(Tlv::only_of(SEQUENCE, value)?);
    small_integer(reader.expect(INTEGER)?)?;
    let mut types = Reader::new(reader.expect(SET)?);
    reader.finish()?;
    let mut list = Vec::new();
    while !types.is_empty() {
        list.push(String::from_utf8_lossy(types.expect(PRINTABLE_STRING)?).into_owned());
    }
    Ok(list)
}
