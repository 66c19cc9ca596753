//! `SubjectPublicKeyInfo`: RSA keys, and points on named curves or on curves spelled out exactly like a named one.

use mahfada_crypto::document::{Curve, CurveParameters, DocumentKey, EcPublicKey, RsaPublicKey};

use super::algorithm::AlgorithmIdentifier;
use super::asn1::{BIT_STRING, INTEGER, OCTET_STRING, OID, SEQUENCE, positive_integer, small_integer, whole_bytes};
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

/// Reads a public key.
///
/// Explicit curve parameters count only when field, coefficients, generator, order and cofactor are those of a known
/// curve: with a generator of the signer's choice anybody can sign (CVE-2020-0601).
pub(super) fn parse(spki: Tlv<'_>) -> Result<DocumentKey, TlvError> {
    if spki.tag != SEQUENCE {
        return Err(TlvError::Unexpected);
    }
    let mut reader = Reader::new(spki.value);
    let algorithm = AlgorithmIdentifier::parse(reader.next()?)?;
    let bits = whole_bytes(reader.expect(BIT_STRING)?)?;
    reader.finish()?;
    if algorithm.is(oid::RSA_ENCRYPTION) || algorithm.is(oid::RSA_PSS) {
        return rsa(bits);
    }
    if !algorithm.is(oid::EC_PUBLIC_KEY) {
        return Err(TlvError::Unexpected);
    }
    let curve = curve(algorithm.parameters().ok_or(TlvError::Unexpected)?)?.ok_or(TlvError::Unexpected)?;
    EcPublicKey::new(curve, bits)
        .map(DocumentKey::Ec)
        .map_err(|_| TlvError::Unexpected)
}

fn rsa(bits: &[u8]) -> Result<DocumentKey, TlvError> {
    let mut reader = Reader::new(Tlv::only_of(SEQUENCE, bits)?);
    let modulus = positive_integer(reader.expect(INTEGER)?)?;
    let exponent = positive_integer(reader.expect(INTEGER)?)?;
    reader.finish()?;
    RsaPublicKey::new(modulus, exponent)
        .map(DocumentKey::Rsa)
        .map_err(|_| TlvError::Unexpected)
}

fn curve(parameters: Tlv<'_>) -> Result<Option<Curve>, TlvError> {
    match parameters.tag {
        OID => Ok(named(parameters.value)),
        SEQUENCE => {
            let explicit = Explicit::parse(parameters.value)?;
            Ok(Curve::ALL.into_iter().find(|curve| explicit.equals(curve.parameters())))
        }
        _ => Err(TlvError::Unexpected),
    }
}

const fn named(oid: &[u8]) -> Option<Curve> {
    match oid {
        oid::P256 => Some(Curve::P256),
        oid::P384 => Some(Curve::P384),
        oid::P521 => Some(Curve::P521),
        oid::BRAINPOOL_P256R1 => Some(Curve::BrainpoolP256r1),
        oid::BRAINPOOL_P384R1 => Some(Curve::BrainpoolP384r1),
        _ => None,
    }
}

/// `ECParameters` of a prime field (RFC 3279 §2.3.5).
struct Explicit<'a> {
    prime: &'a [u8],
    a: &'a [u8],
    b: &'a [u8],
    generator: &'a [u8],
    order: &'a [u8],
    cofactor: Option<u8>,
}

impl<'a> Explicit<'a> {
    fn parse(content: &'a [u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(content);
        small_integer(reader.expect(INTEGER)?)?;
        let mut field = Reader::new(reader.expect(SEQUENCE)?);
        if field.expect(OID)? != oid::PRIME_FIELD {
            return Err(TlvError::Unexpected);
        }
        let prime = positive_integer(field.expect(INTEGER)?)?;
        field.finish()?;
        let mut coefficients = Reader::new(reader.expect(SEQUENCE)?);
        let (a, b) = (coefficients.expect(OCTET_STRING)?, coefficients.expect(OCTET_STRING)?);
        coefficients.optional(BIT_STRING)?;
        coefficients.finish()?;
        let generator = reader.expect(OCTET_STRING)?;
        let order = positive_integer(reader.expect(INTEGER)?)?;
        let cofactor = reader.optional(INTEGER)?.map(small_integer).transpose()?;
        reader.finish()?;
        Ok(Self {
            prime,
            a,
            b,
            generator,
            order,
            cofactor,
        })
    }

    fn equals(&self, curve: &CurveParameters) -> bool {
        equal(self.prime, curve.p)
            && equal(self.a, curve.a)
            && equal(self.b, curve.b)
            && equal(self.order, curve.n)
            && self.cofactor.is_none_or(|cofactor| cofactor == curve.h)
            && self.has_generator(curve)
    }

    fn has_generator(&self, curve: &CurveParameters) -> bool {
        match self.generator.split_first() {
            Some((4, point)) => point
                .split_at_checked(curve.gx.len())
                .is_some_and(|(x, y)| x == curve.gx && y == curve.gy),
            Some((2, x)) => x == curve.gx && curve.gy.last().is_some_and(|last| last & 1 == 0),
            Some((3, x)) => x == curve.gx && curve.gy.last().is_some_and(|last| last & 1 == 1),
            _ => false,
        }
    }
}

/// Compares two numbers without regard to leading zeros.
fn equal(left: &[u8], right: &[u8]) -> bool {
    let digits = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
    digits(left) == digits(right)
}
