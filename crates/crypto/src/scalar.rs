//! Private scalars on P-256 from random bytes.

use mahfada_base::Secret;

use crate::{KeyError, Random, RandomError};

/// The order of P-256, big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// An honest source misses the range once in 2³² draws, so a run of misses means a broken one.
const MAX_DRAWS: usize = 8;

/// Draws a uniform scalar in `1..n` by rejection (FIPS 186-5 A.2.2).
///
/// # Errors
/// [`KeyError::Random`] when the source fails or keeps giving bytes out of range.
pub(crate) fn draw(random: &dyn Random) -> Result<Secret<[u8; 32]>, KeyError> {
    for _ in 0..MAX_DRAWS {
        let mut candidate = zeroize::Zeroizing::new([0; 32]);
        random.fill(candidate.as_mut())?;
        if in_range(&candidate) {
            return Ok(Secret::new(*candidate));
        }
    }
    Err(RandomError.into())
}

/// Tells whether `0 < scalar < n`, without branching on its bytes.
pub(crate) fn in_range(scalar: &[u8; 32]) -> bool {
    let any = scalar.iter().fold(0, |bits, byte| bits | byte);
    // The borrow that is left after subtracting the order, from the last byte to the first.
    let borrow = scalar.iter().zip(&ORDER).rev().fold(0, |borrow, (byte, order)| {
        u16::from(*byte).wrapping_sub(u16::from(*order)).wrapping_sub(borrow) >> 15
    });
    u16::from(any != 0) & borrow == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_is_one_to_order_minus_one() {
        let mut one = [0; 32];
        assert!(!in_range(&one));
        one[31] = 1;
        assert!(in_range(&one));
        assert!(!in_range(&ORDER));
        let mut below = ORDER;
        below[31] -= 1;
        assert!(in_range(&below));
        let mut above = ORDER;
        above[31] += 1;
        assert!(!in_range(&above));
        assert!(!in_range(&[0xff; 32]));
        let mut small_tail = ORDER;
        small_tail[4] = 1;
        small_tail[31] = 0;
        assert!(!in_range(&small_tail));
    }

    #[derive(Debug)]
    struct Constant(u8);

    impl Random for Constant {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
            buffer.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn gives_up_on_a_stuck_source() {
        for byte in [0, 0xff] {
            assert_eq!(draw(&Constant(byte)).map(|_| ()), Err(KeyError::Random(RandomError)));
        }
    }
}
