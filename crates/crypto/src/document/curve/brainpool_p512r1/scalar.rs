//! The scalars of brainpoolP512r1.

use p256::elliptic_curve;
use p256::elliptic_curve::bigint::U512;
use p256::elliptic_curve::ff::PrimeField;
use p256::elliptic_curve::scalar::{FromUintUnchecked, IsHigh};
use p256::elliptic_curve::subtle::{Choice, ConstantTimeEq, ConstantTimeGreater, CtOption};
use primeorder::wnaf;

use super::{BrainpoolP512r1, ORDER};

primefield::monty_field_params! {
    name: ScalarParams,
    modulus: ORDER,
    uint: U512,
    byte_order: primefield::ByteOrder::BigEndian,
    multiplicative_generator: 7,
    doc: "Montgomery parameters of the scalars"
}

primefield::monty_field_element! {
    name: Scalar,
    params: ScalarParams,
    uint: U512,
    doc: "A scalar modulo the order"
}

primefield::monty_field_arithmetic! {
    name: Scalar,
    params: ScalarParams,
    uint: U512
}

primefield::monty_field_reduce! {
    name: Scalar,
    params: ScalarParams,
    uint: U512,
}

elliptic_curve::scalar_impls!(BrainpoolP512r1, Scalar);

wnaf::impl_wnaf_size_for_scalar!(Scalar);

impl AsRef<Self> for Scalar {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl FromUintUnchecked for Scalar {
    type Uint = U512;

    fn from_uint_unchecked(uint: U512) -> Self {
        Self::from_uint_unchecked(uint)
    }
}

impl IsHigh for Scalar {
    fn is_high(&self) -> Choice {
        const HALF: U512 = U512::from_be_hex(ORDER).shr_vartime(1);
        self.to_canonical().ct_gt(&HALF)
    }
}
