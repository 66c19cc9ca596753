//! ECDSA signatures as certificates carry them: DER instead of fixed length (RFC 5480, RFC 5758).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384};
use der::asn1::UintRef;
use der::{Decode as _, Sequence};
use mahfada_crypto::SignatureAlgorithm;

#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// Finds the algorithm; RSA, Ed25519 and SHA-1 sign no certificate here.
pub(crate) fn algorithm(oid: ObjectIdentifier) -> Option<SignatureAlgorithm> {
    match oid {
        ECDSA_WITH_SHA_256 => Some(SignatureAlgorithm::Es256),
        ECDSA_WITH_SHA_384 => Some(SignatureAlgorithm::Es384),
        _ => None,
    }
}

/// Turns the DER form into `r || s`; `None` when it is not strict DER or a number is too long.
pub(crate) fn to_fixed(algorithm: SignatureAlgorithm, der: &[u8]) -> Option<Vec<u8>> {
    let value = EcdsaSigValue::from_der(der).ok()?;
    let half = algorithm.signature_len() / 2;
    let mut fixed = Vec::with_capacity(half.saturating_mul(2));
    for number in [value.r.as_bytes(), value.s.as_bytes()] {
        let padding = half.checked_sub(number.len())?;
        fixed.extend(std::iter::repeat_n(0, padding));
        fixed.extend_from_slice(number);
    }
    Some(fixed)
}

/// Turns `r || s` into the DER form; `None` when it cannot be one.
#[cfg(any(feature = "issue", test))]
pub(crate) fn to_der(fixed: &[u8]) -> Option<Vec<u8>> {
    use der::Encode as _;
    let (r, s) = fixed.split_at_checked(fixed.len() / 2)?;
    EcdsaSigValue {
        r: UintRef::new(r).ok()?,
        s: UintRef::new(s).ok()?,
    }
    .to_der()
    .ok()
}
