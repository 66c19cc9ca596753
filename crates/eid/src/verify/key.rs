//! `SubjectPublicKeyInfo`: RSA keys, and points on named curves or on curves spelled out exactly like a named one.

use mahfada_crypto::document::{Curve, CurveParameters, DocumentKey, EcPublicKey, RsaPublicKey};

use super::algorithm::AlgorithmIdentifier;
use super::asn1::{BIT_STRING, INTEGER, OCTET_STRING, OID, SEQUENCE, positive_integer, small_integer, whole_bytes};
use super::refusal::{Refusal, refusal};
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

/// Why a public key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnusableKey {
    /// The key is on a curve that is not known here.
    Curve,
    /// The key is malformed, of an unknown kind, or names a known field with other parameters.
    Key,
}

impl UnusableKey {
    pub(super) const fn refusal(self) -> Refusal {
        match self {
            Self::Curve => refusal("unsupported_curve", "a key is on a curve that is not supported"),
            Self::Key => refusal("unsupported_key", "a key is malformed or of an unknown kind"),
        }
    }
}

impl From<TlvError> for UnusableKey {
    fn from(_: TlvError) -> Self {
        Self::Key
    }
}

/// Reads a public key.
///
/// Explicit curve parameters count only when field, coefficients, generator, order and cofactor are those of a known
/// curve: with a generator of the signer's choice anybody can sign (CVE-2020-0601).
pub(super) fn parse(spki: Tlv<'_>) -> Result<DocumentKey, UnusableKey> {
    if spki.tag != SEQUENCE {
        return Err(UnusableKey::Key);
    }
    let mut reader = Reader::new(spki.value);
    let algorithm = AlgorithmIdentifier::parse(reader.next()?)?;
    let bits = whole_bytes(reader.expect(BIT_STRING)?)?;
    reader.finish()?;
    if algorithm.is(oid::RSA_ENCRYPTION) || algorithm.is(oid::RSA_PSS) {
        return Ok(rsa(bits)?);
    }
    if !algorithm.is(oid::EC_PUBLIC_KEY) {
        return Err(UnusableKey::Key);
    }
    let curve = curve(algorithm.parameters().ok_or(UnusableKey::Key)?)?;
    EcPublicKey::new(curve, bits)
        .map(DocumentKey::Ec)
        .map_err(|_| UnusableKey::Key)
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

fn curve(parameters: Tlv<'_>) -> Result<Curve, UnusableKey> {
    match parameters.tag {
        OID => named(parameters.value).ok_or(UnusableKey::Curve),
        SEQUENCE => {
            let explicit = Explicit::parse(parameters.value)?;
            let mut same_field = Curve::ALL
                .into_iter()
                .filter(|curve| equal(explicit.prime, curve.parameters().p))
                .peekable();
            if same_field.peek().is_none() {
                return Err(UnusableKey::Curve);
            }
            same_field
                .find(|curve| explicit.equals(curve.parameters()))
                .ok_or(UnusableKey::Key)
        }
        _ => Err(UnusableKey::Key),
    }
}

const fn named(oid: &[u8]) -> Option<Curve> {
    match oid {
        oid::P256 => Some(Curve::P256),
        oid::P384 => Some(Curve::P384),
        oid::P521 => Some(Curve::P521),
        oid::BRAINPOOL_P256R1 => Some(Curve::BrainpoolP256r1),
        oid::BRAINPOOL_P384R1 => Some(Curve::BrainpoolP384r1),
        oid::BRAINPOOL_P512R1 => Some(Curve::BrainpoolP512r1),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::der::{bits, integer, octets, oid as der_oid, sequence};

    fn with_parameters(parameters: &[u8]) -> Result<DocumentKey, UnusableKey> {
        let curve = Curve::P256.parameters();
        let point = [&[4], curve.gx, curve.gy].concat();
        let algorithm = sequence(&[&der_oid(oid::EC_PUBLIC_KEY), parameters]);
        parse(Tlv::only(&sequence(&[&algorithm, &bits(&point)])).unwrap())
    }

    fn explicit(curve: Curve, prime: &[u8]) -> Vec<u8> {
        let curve = curve.parameters();
        sequence(&[
            &integer(&[1]),
            &sequence(&[&der_oid(oid::PRIME_FIELD), &integer(prime)]),
            &sequence(&[&octets(curve.a), &octets(curve.b)]),
            &octets(&[&[4], curve.gx, curve.gy].concat()),
            &integer(curve.n),
            &integer(&[curve.h]),
        ])
    }

    #[test]
    fn an_unknown_curve_is_told_from_a_malformed_key() {
        // secp256k1 by name, and a field that no known curve has.
        let secp256k1 = der_oid(&[0x2B, 0x81, 0x04, 0x00, 0x0A]);
        assert_eq!(with_parameters(&secp256k1), Err(UnusableKey::Curve));
        let other_field = explicit(Curve::P256, &[0xFF; 28]);
        assert_eq!(with_parameters(&other_field), Err(UnusableKey::Curve));
        assert_eq!(UnusableKey::Curve.refusal().code, "unsupported_curve");
        let mixed = explicit(Curve::BrainpoolP256r1, Curve::P256.parameters().p);
        assert_eq!(with_parameters(&mixed), Err(UnusableKey::Key));
        assert_eq!(with_parameters(&der_oid(oid::BRAINPOOL_P256R1)), Err(UnusableKey::Key));
        with_parameters(&der_oid(oid::P256)).unwrap();
        with_parameters(&explicit(Curve::P256, Curve::P256.parameters().p)).unwrap();
    }

    #[test]
    fn every_curve_is_known_by_name() {
        for (name, curve) in [
            (oid::P256, Curve::P256),
            (oid::P384, Curve::P384),
            (oid::P521, Curve::P521),
            (oid::BRAINPOOL_P256R1, Curve::BrainpoolP256r1),
            (oid::BRAINPOOL_P384R1, Curve::BrainpoolP384r1),
            (oid::BRAINPOOL_P512R1, Curve::BrainpoolP512r1),
        ] {
            assert_eq!(named(name), Some(curve));
        }
    }
}
