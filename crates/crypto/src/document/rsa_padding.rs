//! The two signature schemes of RFC 8017: PKCS#1 v1.5 and PSS.

use super::{HashAlgorithm, RsaPublicKey};
use crate::InvalidSignature;

/// Verifies RSASSA-PKCS1-v1_5 by encoding and comparing, so that nothing of the padding is parsed (RFC 8017 §8.2.2).
pub(super) fn verify_pkcs1(
    key: &RsaPublicKey,
    hash: HashAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let encoded = key.raw(signature).map_err(|_| InvalidSignature)?;
    let expected = encode_pkcs1(key.modulus_len(), hash, message).ok_or(InvalidSignature)?;
    if encoded == expected {
        Ok(())
    } else {
        Err(InvalidSignature)
    }
}

/// Encodes `00 01 FF… 00 DigestInfo` (RFC 8017 §9.2), at least eight bytes of `FF`.
fn encode_pkcs1(length: usize, hash: HashAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
    let prefix = hash.digest_info_prefix();
    let padding = length
        .checked_sub(prefix.len() + hash.output_len() + 3)
        .filter(|padding| *padding >= 8)?;
    let mut encoded = vec![0, 1];
    encoded.resize(padding + 2, 0xff);
    encoded.push(0);
    encoded.extend_from_slice(prefix);
    encoded.extend(hash.digest(message));
    Some(encoded)
}

/// Verifies RSASSA-PSS with MGF1 over the same hash and a salt of exactly `salt_len` bytes (RFC 8017 §8.1.2).
pub(super) fn verify_pss(
    key: &RsaPublicKey,
    hash: HashAlgorithm,
    salt_len: usize,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let encoded = key.raw(signature).map_err(|_| InvalidSignature)?;
    let bits = key.bits() - 1;
    // The encoded message is a byte shorter than the modulus when that has 8k + 1 bits.
    let (surplus, encoded) = encoded
        .split_at_checked(key.modulus_len() - bits.div_ceil(8))
        .ok_or(InvalidSignature)?;
    let unused_bits = bits.div_ceil(8) * 8 - bits;
    if surplus.iter().all(|byte| *byte == 0)
        && matches_pss(encoded, unused_bits, hash, salt_len, message) == Some(true)
    {
        Ok(())
    } else {
        Err(InvalidSignature)
    }
}

/// Checks the encoding (RFC 8017 §9.1.2); `None` when it is too short for hash and salt.
fn matches_pss(
    encoded: &[u8],
    unused_bits: usize,
    hash: HashAlgorithm,
    salt_len: usize,
    message: &[u8],
) -> Option<bool> {
    let rest = encoded.strip_suffix(&[0xbc])?;
    let (masked, digest) = rest.split_at_checked(rest.len().checked_sub(hash.output_len())?)?;
    let padding_len = masked.len().checked_sub(salt_len)?.checked_sub(1)?;
    let first_bits = 0xff_u8.checked_shr(u32::try_from(unused_bits).ok()?)?;
    if masked.first()? & !first_bits != 0 {
        return Some(false);
    }
    let mut block: Vec<u8> = masked
        .iter()
        .zip(mgf1(hash, digest, masked.len()))
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    *block.first_mut()? &= first_bits;
    let (padding, salt) = block.split_at_checked(padding_len)?;
    let (separator, salt) = salt.split_first()?;
    if padding.iter().any(|byte| *byte != 0) || *separator != 1 {
        return Some(false);
    }
    let hashed = [[0; 8].as_slice(), &hash.digest(message), salt].concat();
    Some(hash.digest(&hashed) == digest)
}

/// Generates the mask (RFC 8017 §B.2.1).
fn mgf1(hash: HashAlgorithm, seed: &[u8], length: usize) -> Vec<u8> {
    (0_u32..)
        .flat_map(|counter| hash.digest(&[seed, &counter.to_be_bytes()].concat()))
        .take(length)
        .collect()
}
