//! Points on named curves, and ECDSA over them with any hash (FIPS 186-5 §6.4.2, BSI TR-03111 §4.2.1).

use p256::elliptic_curve::group::Curve as _;
use p256::elliptic_curve::ops::{Invert as _, MulByGeneratorVartime as _, Reduce};
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, NonZeroScalar, ProjectivePoint, PublicKey, Scalar,
};

use super::Curve;
use super::curve::BrainpoolP512r1;
use crate::{InvalidSignature, KeyError};

/// Calls a function for the curve that a value names.
macro_rules! on_curve {
    ($curve:expr, $function:ident($($argument:expr),*)) => {
        match $curve {
            Curve::P256 => $function::<p256::NistP256>($($argument),*),
            Curve::P384 => $function::<p384::NistP384>($($argument),*),
            Curve::P521 => $function::<p521::NistP521>($($argument),*),
            Curve::BrainpoolP256r1 => $function::<bp256::BrainpoolP256r1>($($argument),*),
            Curve::BrainpoolP384r1 => $function::<bp384::BrainpoolP384r1>($($argument),*),
            Curve::BrainpoolP512r1 => $function::<BrainpoolP512r1>($($argument),*),
        }
    };
}
pub(super) use on_curve;

/// A point on a named curve, checked to lie on it and not to be the neutral element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcPublicKey {
    curve: Curve,
    sec1: Vec<u8>,
}

impl EcPublicKey {
    /// Reads `04 || x || y` and checks that the point lies on the curve.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when it does not, or when it is in another form.
    pub fn new(curve: Curve, sec1_uncompressed: &[u8]) -> Result<Self, KeyError> {
        // Compressed points are shorter; of the longer forms the curve crates read the uncompressed one alone.
        if sec1_uncompressed.len() != 1 + 2 * curve.field_len() {
            return Err(KeyError::Malformed);
        }
        if on_curve!(curve, is_point(sec1_uncompressed)) {
            Ok(Self {
                curve,
                sec1: sec1_uncompressed.to_vec(),
            })
        } else {
            Err(KeyError::Malformed)
        }
    }

    /// Returns the curve.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// Returns `04 || x || y`.
    #[must_use]
    pub fn sec1(&self) -> &[u8] {
        &self.sec1
    }

    /// Verifies `r` and `s` over a digest; numbers of another length than `order_len` are refused.
    pub(super) fn verify(&self, digest: &[u8], r: &[u8], s: &[u8]) -> Result<(), InvalidSignature> {
        let valid = on_curve!(self.curve, is_signature(&self.sec1, digest, r, s));
        if valid == Some(true) {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }
}

fn is_point<C>(sec1: &[u8]) -> bool
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    point::<C>(sec1).is_some()
}

pub(super) fn point<C>(sec1: &[u8]) -> Option<ProjectivePoint<C>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    PublicKey::<C>::from_sec1_bytes(sec1)
        .ok()
        .map(|key| key.to_projective())
}

/// Verifies; `None` when a number is out of `1..n` or the point is none.
fn is_signature<C>(sec1: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> Option<bool>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = point::<C>(sec1)?;
    let (r, s) = (scalar::<C>(r)?, scalar::<C>(s)?);
    let inverse = *s.invert_vartime();
    let (u1, u2) = (leftmost_bits::<C>(digest) * inverse, *r * inverse);
    let sum = ProjectivePoint::<C>::mul_by_generator_and_mul_add_vartime(&u1, &u2, &key).to_affine();
    // The neutral element has no x-coordinate; the library gives it zero, which no r equals.
    Some(*r == <Scalar<C> as Reduce<FieldBytes<C>>>::reduce(&sum.x()))
}

pub(super) fn scalar<C: CurveArithmetic>(bytes: &[u8]) -> Option<NonZeroScalar<C>> {
    NonZeroScalar::<C>::from_repr(bytes.try_into().ok()?).into_option()
}

/// Takes as many bits of the digest as the order has (FIPS 186-5 §6.4.2 step 2).
///
/// Bytes are enough: the order of P-521 alone has a number of bits that is no multiple of eight, and it is longer than
/// every digest.
fn leftmost_bits<C: CurveArithmetic>(digest: &[u8]) -> Scalar<C> {
    let mut bytes = FieldBytes::<C>::default();
    let padding = bytes.len().saturating_sub(digest.len());
    bytes
        .iter_mut()
        .skip(padding)
        .zip(digest)
        .for_each(|(to, from)| *to = *from);
    <Scalar<C> as Reduce<FieldBytes<C>>>::reduce(&bytes)
}
