//! The field of brainpoolP512r1.

use p256::elliptic_curve::bigint::U512;
use p256::elliptic_curve::ff::PrimeField;
use p256::elliptic_curve::ops::BatchInvert;
use p256::elliptic_curve::subtle::{Choice, ConstantTimeEq, CtOption};

const MODULUS: &str = "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330871\
     7d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3";

primefield::monty_field_params! {
    name: FieldParams,
    modulus: MODULUS,
    uint: U512,
    byte_order: primefield::ByteOrder::BigEndian,
    multiplicative_generator: 2,
    doc: "Montgomery parameters of the field"
}

primefield::monty_field_element! {
    name: FieldElement,
    params: FieldParams,
    uint: U512,
    doc: "An element of the field"
}

primefield::monty_field_arithmetic! {
    name: FieldElement,
    params: FieldParams,
    uint: U512
}

impl BatchInvert for FieldElement {}
