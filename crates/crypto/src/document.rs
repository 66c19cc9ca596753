//! Verification of what identity documents and foreign certificate chains are signed with: RSA, NIST and brainpool
//! curves, SHA-1 included (ICAO 9303-12 §4.1.6, BSI TR-03110-3 §A).
//!
//! Verification works on public data, so it need not be constant-time. Chip authentication is the one exception to
//! verification: it needs a key agreement on the chip's curve and the ciphers of its secure messaging. Which algorithm is
//! strong enough is the caller's decision; tokens never come here.

mod agreement;
mod curve;
mod ecdsa;
mod ecdsa_der;
mod hash;
mod messaging;
mod rsa;
mod rsa_padding;

pub use agreement::EcAgreementKey;
pub use curve::{Curve, CurveParameters};
pub use ecdsa::EcPublicKey;
pub use hash::HashAlgorithm;
pub use messaging::{BlockLengthError, MessagingCipher};
pub use rsa::{RawRsaError, RsaPublicKey};

use crate::InvalidSignature;

/// The public key of a document signer, a chip or a certification authority.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentKey {
    /// An RSA key.
    Rsa(RsaPublicKey),
    /// A point on a named curve.
    Ec(EcPublicKey),
}

/// How a document or a certificate is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS with MGF1 (RFC 8017 §8.1).
    RsaPss {
        /// The hash of the message.
        hash: HashAlgorithm,
        /// The hash of MGF1; a signature with another one than `hash` is refused.
        mgf_hash: HashAlgorithm,
        /// The exact salt length in bytes.
        salt_len: usize,
    },
    /// ECDSA with `SEQUENCE { r, s }` in strict DER (RFC 3279 §2.2.3).
    EcdsaDer(HashAlgorithm),
    /// ECDSA with `r || s`, each as long as the order (BSI TR-03111 §5.2.1).
    EcdsaPlain(HashAlgorithm),
}

/// Verifies a signature over a message.
///
/// It does not judge the strength of the algorithm nor whose key it is.
///
/// # Errors
/// [`InvalidSignature`], also when the key does not belong to the algorithm.
pub fn verify(
    key: &DocumentKey,
    algorithm: &DocumentAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    match (key, *algorithm) {
        (DocumentKey::Rsa(key), DocumentAlgorithm::RsaPkcs1(hash)) => {
            rsa_padding::verify_pkcs1(key, hash, message, signature)
        }
        (
            DocumentKey::Rsa(key),
            DocumentAlgorithm::RsaPss {
                hash,
                mgf_hash,
                salt_len,
            },
        ) if hash == mgf_hash => rsa_padding::verify_pss(key, hash, salt_len, message, signature),
        (DocumentKey::Ec(key), DocumentAlgorithm::EcdsaDer(hash)) => {
            let (r, s) = ecdsa_der::split(signature, key.curve().order_len()).ok_or(InvalidSignature)?;
            key.verify(&hash.digest(message), &r, &s)
        }
        (DocumentKey::Ec(key), DocumentAlgorithm::EcdsaPlain(hash)) => {
            let (r, s) = signature
                .split_at_checked(key.curve().order_len())
                .ok_or(InvalidSignature)?;
            key.verify(&hash.digest(message), r, s)
        }
        _ => Err(InvalidSignature),
    }
}

#[cfg(test)]
mod tests;
