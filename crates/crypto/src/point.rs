//! Points in the form in which coordinates travel.

use crate::KeyError;

/// Writes `04 || x || y`; the coordinates must have the full length of the field (RFC 7518 §6.2.1.2).
///
/// It does not check that the point lies on a curve.
pub(crate) fn uncompressed<const N: usize>(x: &[u8], y: &[u8]) -> Result<[u8; N], KeyError> {
    if x.len() != y.len() {
        return Err(KeyError::Malformed);
    }
    [&[4], x, y].concat().try_into().map_err(|_| KeyError::Malformed)
}
