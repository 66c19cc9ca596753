//! Which Ed25519 keys and signatures both providers accept: the same ones (RFC 8032, and stricter).

use ed25519_dalek::VerifyingKey;

#[cfg(feature = "aws-lc")]
use crate::InvalidSignature;
use crate::KeyError;

/// Reads a public key that decompresses, is spelled canonically and is not of small order.
pub(crate) fn check_public(bytes: &[u8]) -> Result<[u8; 32], KeyError> {
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| KeyError::Malformed)?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Malformed)?;
    if key.is_weak() || key.to_edwards().compress().to_bytes() != bytes {
        return Err(KeyError::Malformed);
    }
    Ok(bytes)
}

/// Refuses a signature whose `R` is of small order, as `verify_strict` of dalek does; AWS-LC would let it pass.
#[cfg(feature = "aws-lc")]
pub(crate) fn check_commitment(signature: &[u8]) -> Result<(), InvalidSignature> {
    let commitment = signature.first_chunk().ok_or(InvalidSignature)?;
    let commitment = VerifyingKey::from_bytes(commitment).map_err(|_| InvalidSignature)?;
    if commitment.is_weak() {
        Err(InvalidSignature)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_small_order_and_other_spellings() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut negative_identity = identity;
        negative_identity[31] = 0x80;
        // y = p + 3 spells y = 3, which is on the curve and not of small order.
        let mut overlong = [0xff; 32];
        overlong[0] = 0xf0;
        overlong[31] = 0x7f;
        let mut three = [0; 32];
        three[0] = 3;
        for bytes in [[0; 32], identity, negative_identity, overlong] {
            assert_eq!(check_public(&bytes), Err(KeyError::Malformed), "{bytes:02x?}");
        }
        assert_eq!(check_public(&three), Ok(three));
        assert_eq!(check_public(&[3; 31]), Err(KeyError::Malformed));
    }
}
