//! The public key infrastructure of the test card: a country signing authority and what it signs.

use std::sync::Arc;

use mahfada_base::UnixTime;
use mahfada_crypto::{PublicKey, Random, RandomError, Signer, pure};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::der::{algorithm, bits, ecdsa_signature, generalized_time, integer, octets, oid, sequence, set, time, tlv};
use crate::oid as id;

/// A deterministic source of bytes: the same seed gives the same keys everywhere.
#[derive(Debug)]
pub(super) struct SeededRandom(std::sync::Mutex<ChaCha20Rng>);

impl SeededRandom {
    pub(super) fn new(label: &str, seed: u64) -> Self {
        let mut input = label.as_bytes().to_vec();
        input.extend_from_slice(&seed.to_be_bytes());
        Self(std::sync::Mutex::new(ChaCha20Rng::from_seed(
            pure::PROVIDER.digest.sha256(&input),
        )))
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        self.0.lock().map_err(|_| RandomError)?.fill_bytes(buffer);
        Ok(())
    }
}

/// Makes the P-256 key that belongs to a label and a seed.
#[expect(
    clippy::expect_used,
    reason = "a seeded source never fails, and only tests and the demo call this"
)]
pub(super) fn key(label: &str, seed: u64) -> Arc<dyn Signer> {
    pure::PROVIDER
        .keys
        .generate_es256(&SeededRandom::new(label, seed))
        .expect("a seeded source gives bytes")
}

#[expect(
    clippy::expect_used,
    reason = "a key in memory always signs, and only tests and the demo call this"
)]
pub(super) fn sign(signer: &dyn Signer, message: &[u8]) -> Vec<u8> {
    signer.sign(message).expect("a key in memory signs").0
}

fn point(signer: &dyn Signer) -> Vec<u8> {
    match signer.public_key() {
        PublicKey::P256(key) => key.sec1().to_vec(),
        _ => Vec::new(),
    }
}

/// How a key names its curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CurveEncoding {
    /// By its object identifier.
    #[default]
    Named,
    /// By the parameters of P-256, spelled out.
    Explicit,
    /// By parameters with another generator, for which anybody can find a private key (CVE-2020-0601).
    AlteredGenerator,
    /// By parameters with another cofactor.
    AlteredCofactor,
}

/// Writes the `SubjectPublicKeyInfo` of a key.
pub(super) fn subject_public_key_info(signer: &dyn Signer, encoding: CurveEncoding) -> Vec<u8> {
    let parameters = match encoding {
        CurveEncoding::Named => oid(id::P256),
        other => explicit_p256(other),
    };
    sequence(&[
        &sequence(&[&oid(id::EC_PUBLIC_KEY), &parameters]),
        &bits(&point(signer)),
    ])
}

fn explicit_p256(encoding: CurveEncoding) -> Vec<u8> {
    let curve = mahfada_crypto::document::Curve::P256.parameters();
    let mut generator = [&[4], curve.gx, curve.gy].concat();
    if let (CurveEncoding::AlteredGenerator, Some(last)) = (encoding, generator.last_mut()) {
        *last ^= 1;
    }
    let cofactor = if encoding == CurveEncoding::AlteredCofactor {
        2
    } else {
        curve.h
    };
    sequence(&[
        &integer(&[1]),
        &sequence(&[&oid(id::PRIME_FIELD), &integer(curve.p)]),
        &sequence(&[&octets(curve.a), &octets(curve.b)]),
        &octets(&generator),
        &integer(curve.n),
        &integer(&[cofactor]),
    ])
}

pub(super) fn name(country: &str, common_name: &str) -> Vec<u8> {
    let part = |kind: &[u8], tag: u32, text: &str| set(&[&sequence(&[&oid(kind), &tlv(tag, text.as_bytes())])]);
    sequence(&[
        &part(id::COUNTRY, 0x13, country),
        &part(id::ORGANIZATION, 0x0C, "Gov"),
        &part(id::COMMON_NAME, 0x0C, common_name),
    ])
}

fn extension(kind: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[0x01, 0x01, 0xFF] } else { &[] };
    sequence(&[&oid(kind), critical, &octets(value)])
}

/// A signed structure: `SEQUENCE { tbs, ecdsa-with-SHA256, signature }`.
fn signed(tbs: &[u8], signer: &dyn Signer) -> Vec<u8> {
    let signature = ecdsa_signature(&sign(signer, tbs));
    sequence(&[tbs, &algorithm(id::ECDSA_SHA256), &bits(&signature)])
}

/// A country signing authority whose key comes from a seed; its name always says that it is a test.
#[derive(Debug)]
pub struct TestAuthority {
    key: Arc<dyn Signer>,
    country: String,
    not_before: UnixTime,
    not_after: UnixTime,
}

/// What a document signer's certificate says.
#[derive(Debug)]
pub(super) struct SignerCertificate<'a> {
    pub(super) key: &'a dyn Signer,
    pub(super) serial: &'a [u8],
    pub(super) not_before: UnixTime,
    pub(super) not_after: UnixTime,
    pub(super) encoding: CurveEncoding,
    pub(super) authority_key_identifier: bool,
    pub(super) extended_key_usage: Option<&'a [u8]>,
}

impl TestAuthority {
    /// Makes the authority of a seed for a country (alpha-2), valid from three years before `now` for fifteen years.
    #[must_use]
    pub fn new(seed: u64, country: &str, now: UnixTime) -> Self {
        const YEAR: i64 = 365 * 86_400;
        Self {
            key: key("CSCA", seed),
            country: country.to_owned(),
            not_before: now.start_of_day().minus(3 * YEAR),
            not_after: now.start_of_day().plus(12 * YEAR),
        }
    }

    /// Returns the self-signed certificate as DER.
    #[must_use]
    pub fn certificate(&self) -> Vec<u8> {
        self.certify(self)
    }

    /// Returns the link certificate that carries trust from this authority's key to the successor's.
    #[must_use]
    pub fn link_to(&self, successor: &Self) -> Vec<u8> {
        self.certify(successor)
    }

    /// Returns a certificate revocation list that revokes the serial numbers.
    #[must_use]
    pub fn revocation_list(&self, serials: &[&[u8]], this_update: UnixTime, next_update: UnixTime) -> Vec<u8> {
        let entries: Vec<u8> = serials
            .iter()
            .flat_map(|serial| sequence(&[&integer(serial), &time(this_update)]))
            .collect();
        let revoked = if entries.is_empty() {
            Vec::new()
        } else {
            sequence(&[&entries])
        };
        let extensions = sequence(&[
            &self.authority_key_identifier(),
            &extension(id::CRL_NUMBER, false, &integer(&[1])),
        ]);
        let tbs = sequence(&[
            &integer(&[1]),
            &algorithm(id::ECDSA_SHA256),
            &self.name(),
            &time(this_update),
            &time(next_update),
            &revoked,
            &tlv(0xA0, &extensions),
        ]);
        signed(&tbs, self.key.as_ref())
    }

    pub(super) fn name(&self) -> Vec<u8> {
        name(&self.country, "CSCA-TEST-MAROC")
    }

    pub(super) fn issue(&self, certificate: &SignerCertificate<'_>) -> Vec<u8> {
        let usage_end = certificate.not_before.plus(90 * 86_400);
        let usage = [
            tlv(0x80, &generalized_time(certificate.not_before)),
            tlv(0x81, &generalized_time(usage_end)),
        ];
        let document_types = sequence(&[&integer(&[0]), &set(&[&tlv(0x13, b"I")])]);
        let mut extensions = vec![
            extension(id::KEY_USAGE, true, &[0x03, 0x02, 0x07, 0x80]),
            extension(id::PRIVATE_KEY_USAGE_PERIOD, false, &sequence(&[&usage.concat()])),
            extension(id::DOCUMENT_TYPE_LIST, false, &document_types),
            subject_key_identifier(certificate.key),
        ];
        if let Some(usage) = certificate.extended_key_usage {
            extensions.push(extension(id::EXTENDED_KEY_USAGE, true, &sequence(&[&oid(usage)])));
        }
        if certificate.authority_key_identifier {
            extensions.push(self.authority_key_identifier());
        }
        let subject = name(&self.country, "DS-CNIE-TEST");
        let validity = sequence(&[&time(certificate.not_before), &time(certificate.not_after)]);
        let spki = subject_public_key_info(certificate.key, certificate.encoding);
        self.sign_certificate(certificate.serial, &subject, &validity, &spki, &extensions.concat())
    }

    fn certify(&self, subject: &Self) -> Vec<u8> {
        let extensions = [
            extension(
                id::BASIC_CONSTRAINTS,
                true,
                &sequence(&[&[0x01, 0x01, 0xFF], &integer(&[0])]),
            ),
            extension(id::KEY_USAGE, true, &[0x03, 0x02, 0x01, 0x06]),
            subject_key_identifier(subject.key.as_ref()),
            self.authority_key_identifier(),
        ];
        let validity = sequence(&[&time(subject.not_before), &time(subject.not_after)]);
        let spki = subject_public_key_info(subject.key.as_ref(), CurveEncoding::Named);
        let serial = key_identifier(subject.key.as_ref());
        self.sign_certificate(&serial, &subject.name(), &validity, &spki, &extensions.concat())
    }

    fn sign_certificate(
        &self,
        serial: &[u8],
        subject: &[u8],
        validity: &[u8],
        spki: &[u8],
        extensions: &[u8],
    ) -> Vec<u8> {
        let tbs = sequence(&[
            &tlv(0xA0, &integer(&[2])),
            &integer(serial),
            &algorithm(id::ECDSA_SHA256),
            &self.name(),
            validity,
            subject,
            spki,
            &tlv(0xA3, &sequence(&[extensions])),
        ]);
        signed(&tbs, self.key.as_ref())
    }

    fn authority_key_identifier(&self) -> Vec<u8> {
        let value = sequence(&[&tlv(0x80, &key_identifier(self.key.as_ref()))]);
        extension(id::AUTHORITY_KEY_IDENTIFIER, false, &value)
    }
}

fn subject_key_identifier(key: &dyn Signer) -> Vec<u8> {
    extension(id::SUBJECT_KEY_IDENTIFIER, false, &octets(&key_identifier(key)))
}

fn key_identifier(key: &dyn Signer) -> Vec<u8> {
    pure::PROVIDER.digest.sha256(&point(key)).into_iter().take(20).collect()
}
