//! The DER of a certificate, part by part.

use std::net::IpAddr;

use const_oid::ObjectIdentifier;
use const_oid::db::{rfc4519, rfc5280, rfc5912, rfc8410};
use mahfada_base::UnixTime;
use mahfada_crypto::{CryptoProvider, PublicKey};

use super::SubjectName;
use crate::certificate::ORGANIZATION_IDENTIFIER;

pub(crate) const ECDSA_WITH_SHA_256: ObjectIdentifier = rfc5912::ECDSA_WITH_SHA_256;
pub(crate) const ECDSA_WITH_SHA_384: ObjectIdentifier = rfc5912::ECDSA_WITH_SHA_384;
/// `[0] EXPLICIT INTEGER 2`.
pub(crate) const VERSION_3: &[u8] = &[0xa0, 3, 0x02, 1, 2];
/// A `KeyUsage` bit string with digitalSignature alone.
pub(crate) const DIGITAL_SIGNATURE: &[u8] = &[0x03, 2, 7, 0x80];
/// A `KeyUsage` bit string with keyCertSign and cRLSign.
pub(crate) const KEY_CERT_SIGN_AND_CRL_SIGN: &[u8] = &[0x03, 2, 1, 0x06];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const TRUE: &[u8] = &[0x01, 1, 0xff];

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

pub(crate) fn bit_string(octets: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &[&[0], octets].concat())
}

pub(crate) fn algorithm(id: ObjectIdentifier) -> Vec<u8> {
    sequence(&[object_identifier(id)])
}

/// Writes a positive serial number of sixteen bytes (RFC 5280 §4.1.2.2).
pub(crate) fn serial(random: &[u8; 16]) -> Vec<u8> {
    let mut serial = *random;
    // Neither negative nor with a leading zero byte, whatever was drawn.
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    tlv(INTEGER, &serial)
}

pub(crate) fn name(subject: &SubjectName) -> Option<Vec<u8>> {
    let country = &subject.country;
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut parts = vec![attribute(rfc4519::C, PRINTABLE_STRING, country)?];
    parts.push(attribute(rfc4519::O, UTF8_STRING, &subject.organization)?);
    if let Some(identifier) = &subject.organization_identifier {
        parts.push(attribute(ORGANIZATION_IDENTIFIER, UTF8_STRING, identifier)?);
    }
    parts.push(attribute(rfc4519::CN, UTF8_STRING, &subject.common_name)?);
    Some(sequence(&parts))
}

fn attribute(id: ObjectIdentifier, tag: u8, text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return None;
    }
    Some(tlv(SET, &sequence(&[object_identifier(id), tlv(tag, text.as_bytes())])))
}

pub(crate) fn validity(not_before: UnixTime, not_after: UnixTime) -> Option<Vec<u8>> {
    if not_before > not_after {
        return None;
    }
    Some(sequence(&[time(not_before)?, time(not_after)?]))
}

/// Writes two-digit years up to 2049 and four-digit ones from 2050 (RFC 5280 §4.1.2.5).
fn time(time: UnixTime) -> Option<Vec<u8>> {
    let (year, _, _) = time.date();
    let digits: String = time
        .to_rfc3339()
        .chars()
        .filter(|character| character.is_ascii_digit() || *character == 'Z')
        .collect();
    match year {
        1970..=2049 => Some(tlv(UTC_TIME, digits.get(2..)?.as_bytes())),
        2050..=9999 => Some(tlv(GENERALIZED_TIME, digits.as_bytes())),
        _ => None,
    }
}

pub(crate) fn public_key(key: &PublicKey) -> Option<Vec<u8>> {
    let (algorithm, bits) = match key {
        PublicKey::P256(point) => (curve(rfc5912::SECP_256_R_1), point.sec1().as_slice()),
        PublicKey::P384(point) => (curve(rfc5912::SECP_384_R_1), point.as_slice()),
        PublicKey::Ed25519(bytes) => (algorithm(rfc8410::ID_ED_25519), bytes.as_slice()),
        _ => return None,
    };
    Some(sequence(&[algorithm, bit_string(bits)]))
}

fn curve(id: ObjectIdentifier) -> Vec<u8> {
    sequence(&[object_identifier(rfc5912::ID_EC_PUBLIC_KEY), object_identifier(id)])
}

/// Returns the leftmost 160 bits of the key's SHA-256 (RFC 7093 §2, method 1).
pub(crate) fn key_identifier(key: &PublicKey, provider: &CryptoProvider) -> Vec<u8> {
    let bits: &[u8] = match key {
        PublicKey::P256(point) => point.sec1(),
        PublicKey::P384(point) => point.as_slice(),
        PublicKey::Ed25519(bytes) => bytes,
        _ => &[],
    };
    provider.digest.sha256(bits).into_iter().take(20).collect()
}

pub(crate) fn extensions(list: &[Vec<u8>]) -> Vec<u8> {
    tlv(0xa3, &sequence(list))
}

pub(crate) fn extension(id: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { TRUE.to_vec() } else { Vec::new() };
    sequence(&[object_identifier(id), critical, tlv(OCTET_STRING, value)])
}

pub(crate) fn subject_key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension(
        rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER,
        false,
        &tlv(OCTET_STRING, identifier),
    )
}

pub(crate) fn authority_key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension(
        rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER,
        false,
        &sequence(&[tlv(0x80, identifier)]),
    )
}

pub(crate) fn basic_constraints(path_len: Option<u8>) -> Vec<u8> {
    let limit = path_len.map_or_else(Vec::new, |limit| {
        if limit > 0x7f {
            tlv(INTEGER, &[0, limit])
        } else {
            tlv(INTEGER, &[limit])
        }
    });
    extension(
        rfc5280::ID_CE_BASIC_CONSTRAINTS,
        true,
        &sequence(&[TRUE.to_vec(), limit]),
    )
}

pub(crate) fn key_usage(bits: &[u8]) -> Vec<u8> {
    extension(rfc5280::ID_CE_KEY_USAGE, true, bits)
}

pub(crate) fn extended_key_usage(purpose: &[u8]) -> Vec<u8> {
    extension(
        rfc5280::ID_CE_EXT_KEY_USAGE,
        false,
        &sequence(&[tlv(OBJECT_IDENTIFIER, purpose)]),
    )
}

pub(crate) fn subject_alt_name(dns_names: &[String], ip_addresses: &[IpAddr]) -> Option<Vec<u8>> {
    let mut names = Vec::new();
    for name in dns_names {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        names.push(tlv(0x82, name.as_bytes()));
    }
    names.extend(ip_addresses.iter().map(|address| match address {
        IpAddr::V4(address) => tlv(0x87, &address.octets()),
        IpAddr::V6(address) => tlv(0x87, &address.octets()),
    }));
    Some(extension(rfc5280::ID_CE_SUBJECT_ALT_NAME, false, &sequence(&names)))
}

fn object_identifier(id: ObjectIdentifier) -> Vec<u8> {
    tlv(OBJECT_IDENTIFIER, id.as_bytes())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length
        .iter()
        .skip_while(|byte| **byte == 0)
        .copied()
        .collect::<Vec<_>>();
    let mut out = vec![tag];
    match (significant.as_slice(), u8::try_from(significant.len())) {
        ([], _) => out.push(0),
        ([short], _) if *short < 0x80 => out.push(*short),
        (long, count) => {
            out.push(0x80 | count.unwrap_or_default());
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}
