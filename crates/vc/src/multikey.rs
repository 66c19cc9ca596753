//! Multikey, `did:key` and multibase (Controlled Identifiers §2.2.2 and §2.4).

use mahfada_base::base64url;
use mahfada_crypto::{CryptoProvider, PublicKey};
use p256::elliptic_curve::sec1::ToSec1Point as _;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// The longest text in base58 that is read: a P-384 signature has 132 letters.
const BASE58_LIMIT: usize = 160;

const P256_PREFIX: [u8; 2] = [0x80, 0x24];
const P384_PREFIX: [u8; 2] = [0x81, 0x24];
const ED25519_PREFIX: [u8; 2] = [0xed, 0x01];

/// The text or the bytes are no key of the kinds that the cryptosuites use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a multikey of P-256, P-384 or Ed25519")]
pub struct MultikeyError;

/// Reads a `publicKeyMultibase` in base58-btc and checks that it lies on its curve.
///
/// # Errors
/// [`MultikeyError`] when it is no key of P-256, P-384 or Ed25519.
pub fn from_multibase(text: &str, provider: &CryptoProvider) -> Result<PublicKey, MultikeyError> {
    from_bytes(&decode_base58(text).ok_or(MultikeyError)?, provider)
}

/// Writes a key as `publicKeyMultibase` in base58-btc.
///
/// # Errors
/// [`MultikeyError`] when the key is of another kind.
pub fn to_multibase(key: &PublicKey) -> Result<String, MultikeyError> {
    Ok(encode_base58(&to_bytes(key)?))
}

/// Reads the key out of a `did:key` identifier or of a verification method of one (`did:key:z…#z…`).
///
/// # Errors
/// [`MultikeyError`] when it is no `did:key`, or its fragment names another key.
pub fn from_did_key(url: &str, provider: &CryptoProvider) -> Result<PublicKey, MultikeyError> {
    let text = url.strip_prefix("did:key:").ok_or(MultikeyError)?;
    let (identifier, fragment) = text.split_once('#').unwrap_or((text, text));
    if identifier != fragment {
        return Err(MultikeyError);
    }
    from_multibase(identifier, provider)
}

/// Writes a key as `did:key` identifier.
///
/// # Errors
/// [`MultikeyError`] when the key is of another kind.
pub fn to_did_key(key: &PublicKey) -> Result<String, MultikeyError> {
    Ok(format!("did:key:{}", to_multibase(key)?))
}

/// Reads the binary form: the multicodec prefix and the key.
pub(crate) fn from_bytes(bytes: &[u8], provider: &CryptoProvider) -> Result<PublicKey, MultikeyError> {
    let (prefix, key) = bytes.split_at_checked(2).ok_or(MultikeyError)?;
    if prefix == P256_PREFIX && key.len() == 33 {
        let point = p256::PublicKey::from_sec1_bytes(key)
            .map_err(|_| MultikeyError)?
            .to_sec1_point(false);
        let (x, y) = point.x().zip(point.y()).ok_or(MultikeyError)?;
        let key = provider.keys.p256_public(x, y).map_err(|_| MultikeyError)?;
        return Ok(PublicKey::P256(key));
    }
    if prefix == P384_PREFIX && key.len() == 49 {
        let point = p384::PublicKey::from_sec1_bytes(key)
            .map_err(|_| MultikeyError)?
            .to_sec1_point(false);
        let (x, y) = point.x().zip(point.y()).ok_or(MultikeyError)?;
        return provider.keys.p384_public(x, y).map_err(|_| MultikeyError);
    }
    if prefix == ED25519_PREFIX {
        return provider.keys.ed25519_public(key).map_err(|_| MultikeyError);
    }
    Err(MultikeyError)
}

/// Writes the binary form: the multicodec prefix and the key.
pub(crate) fn to_bytes(key: &PublicKey) -> Result<Vec<u8>, MultikeyError> {
    match key {
        PublicKey::P256(key) => compress(P256_PREFIX, key.sec1()),
        PublicKey::P384(key) => compress(P384_PREFIX, key.as_slice()),
        PublicKey::Ed25519(key) => Ok([ED25519_PREFIX.as_slice(), key].concat()),
        _ => Err(MultikeyError),
    }
}

/// Writes the sign of y and x of an uncompressed point.
fn compress(prefix: [u8; 2], sec1: &[u8]) -> Result<Vec<u8>, MultikeyError> {
    let (_, coordinates) = sec1.split_first().ok_or(MultikeyError)?;
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let sign = y.last().map_or(0, |last| last & 1) | 2;
    Ok([prefix.as_slice(), &[sign], x].concat())
}

/// Reads a multibase text in base64url without padding (`u…`).
pub(crate) fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    base64url::decode(text.strip_prefix('u')?).ok()
}

/// Reads a multibase text in base58-btc (`z…`).
pub(crate) fn decode_base58(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix('z').filter(|digits| digits.len() <= BASE58_LIMIT)?;
    let zeros = digits.bytes().take_while(|digit| *digit == b'1').count();
    let mut little_endian: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = BASE58.iter().position(|known| *known == digit)?;
        for byte in &mut little_endian {
            carry = carry.wrapping_add(usize::from(*byte).wrapping_mul(58));
            *byte = low_byte(carry);
            carry >>= 8;
        }
        if carry > 0 {
            little_endian.push(low_byte(carry));
        }
    }
    little_endian.resize(little_endian.len().saturating_add(zeros), 0);
    little_endian.reverse();
    Some(little_endian)
}

const fn low_byte(number: usize) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}

/// Writes bytes as multibase in base58-btc (`z…`).
pub(crate) fn encode_base58(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut little_endian: Vec<usize> = Vec::new();
    for byte in bytes {
        let mut carry = usize::from(*byte);
        for digit in &mut little_endian {
            carry = carry.wrapping_add(digit.wrapping_mul(256));
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            little_endian.push(carry % 58);
            carry /= 58;
        }
    }
    let digits = little_endian
        .iter()
        .rev()
        .filter_map(|digit| BASE58.get(*digit).copied());
    let letters = std::iter::once(b'z')
        .chain(std::iter::repeat_n(b'1', zeros))
        .chain(digits);
    letters.map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use mahfada_crypto::pure::PROVIDER;

    use super::*;

    #[test]
    fn reads_and_writes_the_keys_of_the_vectors() {
        for text in [
            "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP",
            "z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ",
            "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        ] {
            let key = from_multibase(text, &PROVIDER).unwrap();
            assert_eq!(to_multibase(&key).unwrap(), text);
            assert_eq!(
                from_did_key(&format!("did:key:{text}#{text}"), &PROVIDER),
                Ok(key.clone())
            );
            assert_eq!(from_did_key(&to_did_key(&key).unwrap(), &PROVIDER), Ok(key));
        }
    }

    #[test]
    fn refuses_other_keys_and_other_text() {
        let good = "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP";
        let other = "zDnaeTHfhmSaQKBc7CmdL3K7oYg3D6SC7yowe2eBeVd2DH32r";
        for text in [
            "",
            "z",
            "zDnae0",
            "uDnae",
            &good[1..],
            &good[..40],
            &format!("z{}", "2".repeat(200)),
        ] {
            assert_eq!(from_multibase(text, &PROVIDER), Err(MultikeyError), "{text}");
        }
        assert_eq!(
            from_did_key(&format!("did:key:{good}#{other}"), &PROVIDER),
            Err(MultikeyError)
        );
        let mut bytes = to_bytes(&from_multibase(good, &PROVIDER).unwrap()).unwrap();
        bytes[2] ^= 4;
        assert_eq!(from_bytes(&bytes, &PROVIDER), Err(MultikeyError));
        assert_eq!(encode_base58(&[0, 0, 1]), "z112");
        assert_eq!(decode_base58("z112"), Some(vec![0, 0, 1]));
    }
}
