//! RSA public keys and the bare operation (RFC 8017 §5).

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};

use crate::KeyError;

const MIN_BITS: usize = 1024;
const MAX_BITS: usize = 8192;

/// An RSA public key of 1024 to 8192 bits.
///
/// Whether its size is enough for a use is the caller's decision.
#[derive(Clone)]
pub struct RsaPublicKey {
    modulus: Vec<u8>,
    exponent: u64,
    montgomery: BoxedMontyParams,
}

/// Why the RSA operation could not be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RawRsaError {
    /// The input is not as long as the modulus.
    #[error("the input is not as long as the modulus")]
    Length,
    /// The input is zero or not below the modulus.
    #[error("the input is zero or not below the modulus")]
    Range,
}

impl RsaPublicKey {
    /// Reads a modulus and an exponent, both big-endian; leading zeros do not count.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the modulus is even or not of 1024 to 8192 bits, or when the exponent is even,
    /// below 3 or longer than 64 bits.
    pub fn new(modulus_be: &[u8], exponent_be: &[u8]) -> Result<Self, KeyError> {
        let modulus = without_leading_zeros(modulus_be);
        if !(MIN_BITS..=MAX_BITS).contains(&bits(modulus)) {
            return Err(KeyError::Malformed);
        }
        let exponent = without_leading_zeros(exponent_be);
        if exponent.len() > 8 {
            return Err(KeyError::Malformed);
        }
        let exponent = exponent.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        if exponent < 3 || exponent & 1 == 0 {
            return Err(KeyError::Malformed);
        }
        let odd = Option::<Odd<_>>::from(Odd::new(BoxedUint::from_be_slice_vartime(modulus)));
        let montgomery = BoxedMontyParams::new_vartime(odd.ok_or(KeyError::Malformed)?);
        Ok(Self {
            modulus: modulus.to_vec(),
            exponent,
            montgomery,
        })
    }

    /// Returns the length of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        bits(&self.modulus)
    }

    /// Returns the length of the modulus in bytes.
    #[must_use]
    pub const fn modulus_len(&self) -> usize {
        self.modulus.len()
    }

    /// Returns the modulus, big-endian, without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// Returns the exponent.
    #[must_use]
    pub const fn exponent(&self) -> u64 {
        self.exponent
    }

    /// Computes `s^e mod n` as `modulus_len` bytes; it checks no padding.
    ///
    /// # Errors
    /// [`RawRsaError`] unless the input has the length of the modulus and `0 < s < n`.
    pub fn raw(&self, s: &[u8]) -> Result<Vec<u8>, RawRsaError> {
        if s.len() != self.modulus.len() {
            return Err(RawRsaError::Length);
        }
        if s >= self.modulus.as_slice() || s.iter().all(|byte| *byte == 0) {
            return Err(RawRsaError::Range);
        }
        let precision = self.montgomery.bits_precision();
        let base = BoxedUint::from_be_slice(s, precision).map_err(|_| RawRsaError::Length)?;
        let base = BoxedMontyForm::new(base, &self.montgomery);
        // Square and multiply from the second-highest bit down: exponent and input are public.
        let mut power = base.clone();
        for bit in (0..self.exponent.ilog2()).rev() {
            power = power.square();
            if self.exponent >> bit & 1 == 1 {
                power = power.mul(&base);
            }
        }
        Ok(self.at_modulus_length(&power.retrieve()))
    }

    /// Computes `n - f` as `modulus_len` bytes (ISO/IEC 9796-2, where `min(f, n - f)` is signed).
    ///
    /// Longer inputs count with their last `modulus_len` bytes; the result wraps when `f` exceeds the modulus.
    #[must_use]
    pub fn complement(&self, f: &[u8]) -> Vec<u8> {
        let mut borrow = 0;
        let subtrahend = f.iter().rev().copied().chain(std::iter::repeat(0));
        let mut difference: Vec<u8> = self
            .modulus
            .iter()
            .rev()
            .zip(subtrahend)
            .map(|(n, f)| {
                let (partial, first) = n.overflowing_sub(f);
                let (byte, second) = partial.overflowing_sub(borrow);
                borrow = u8::from(first || second);
                byte
            })
            .collect();
        difference.reverse();
        difference
    }

    /// Writes a number below the modulus at the length of the modulus.
    fn at_modulus_length(&self, number: &BoxedUint) -> Vec<u8> {
        let bytes = number.to_be_bytes();
        let surplus = bytes.len().saturating_sub(self.modulus.len());
        bytes.get(surplus..).unwrap_or_default().to_vec()
    }
}

impl PartialEq for RsaPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.modulus == other.modulus && self.exponent == other.exponent
    }
}

impl Eq for RsaPublicKey {}

impl std::fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RsaPublicKey({} bits, e = {})", self.bits(), self.exponent)
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Counts the bits of a number without leading zero bytes.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(unused)
}
