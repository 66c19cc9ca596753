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
    match matches_pss(&encoded, key.bits() - 1, hash, salt_len, message) {
        Some(true) => Ok(()),
        _ => Err(InvalidSignature),
    }
}

/// Checks an encoding of at most `bits` bits (RFC 8017 §9.1.2); `None` when it is too short for hash and salt.
fn matches_pss(encoded: &[u8], bits: usize, hash: HashAlgorithm, salt_len: usize, message: &[u8]) -> Option<bool> {
    // The encoded message is a byte shorter than the modulus when that has 8k + 1 bits.
    let length = bits.div_ceil(8);
    let (surplus, encoded) = encoded.split_at_checked(encoded.len().checked_sub(length)?)?;
    let first_bits = 0xff_u8.checked_shr(u32::try_from(length * 8 - bits).ok()?)?;
    let rest = encoded.strip_suffix(&[0xbc])?;
    let (masked, digest) = rest.split_at_checked(rest.len().checked_sub(hash.output_len())?)?;
    let padding_len = masked.len().checked_sub(salt_len)?.checked_sub(1)?;
    if surplus.iter().any(|byte| *byte != 0) || masked.first()? & !first_bits != 0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The same encoding at 2048 bits, and at 1025 bits where a byte in front is to be zero.
    #[test]
    fn refuses_bits_above_the_encoding() {
        let (hash, salt) = (HashAlgorithm::Sha1, [5; 20]);
        for bits in [2047, 1024, 1030] {
            let length = usize::div_ceil(bits, 8);
            let digest = hash.digest(&[[0; 8].as_slice(), &hash.digest(b"m"), &salt].concat());
            let mut block = vec![0; length - digest.len() - salt.len() - 2];
            block.push(1);
            block.extend(salt);
            let mask = mgf1(hash, &digest, block.len());
            block.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
            block[0] &= 0xff >> (length * 8 - bits);
            let encoded = [vec![0; (bits + 1).div_ceil(8) - length], block, digest, vec![0xbc]].concat();
            let judge = |encoded: &[u8]| matches_pss(encoded, bits, hash, 20, b"m");
            assert_eq!(judge(&encoded), Some(true), "{bits}");
            let mut above = encoded.clone();
            above[0] |= if bits % 8 == 0 { 1 } else { 0x80 };
            assert_eq!(judge(&above), Some(false), "{bits}");
        }
    }

    #[test]
    fn refuses_what_is_too_short_for_hash_and_salt() {
        assert_eq!(matches_pss(&[0xbc; 41], 41 * 8, HashAlgorithm::Sha1, 20, b"m"), None);
        assert_eq!(
            matches_pss(&[0xbc; 42], 42 * 8, HashAlgorithm::Sha1, 20, b"m"),
            Some(false)
        );
        assert_eq!(encode_pkcs1(45, HashAlgorithm::Sha1, b"m"), None);
        assert_eq!(
            encode_pkcs1(46, HashAlgorithm::Sha1, b"m").map(|encoded| encoded.len()),
            Some(46)
        );
    }
}
