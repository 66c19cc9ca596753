//! Public keys, and ES256 key pairs in software.

use std::sync::Arc;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED, EcdsaKeyPair, ParsedPublicKey};
use mahfada_base::Secret;

use super::parsed;
use super::signature::Es256Signer;
use crate::point::uncompressed;
use crate::{KeyError, Keys, P256PublicKey, PublicKey, Random, Signer, scalar};

#[derive(Debug)]
pub(super) struct AwsLcKeys;

impl Keys for AwsLcKeys {
    fn p256_public(&self, x: &[u8], y: &[u8]) -> Result<P256PublicKey, KeyError> {
        let sec1 = uncompressed::<65>(x, y)?;
        parsed::p256(&sec1)?;
        Ok(P256PublicKey::from_checked_point(sec1))
    }

    fn p384_public(&self, x: &[u8], y: &[u8]) -> Result<PublicKey, KeyError> {
        let sec1 = uncompressed::<97>(x, y)?;
        ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, sec1).map_err(|_| KeyError::Malformed)?;
        Ok(PublicKey::P384(Box::new(sec1)))
    }

    fn ed25519_public(&self, bytes: &[u8]) -> Result<PublicKey, KeyError> {
        crate::ed25519::check_public(bytes).map(PublicKey::Ed25519)
    }

    fn generate_es256(&self, random: &dyn Random) -> Result<Arc<dyn Signer>, KeyError> {
        Ok(Arc::new(Es256Signer::new(draw_pair(random)?)?))
    }

    fn es256_from_pkcs8(&self, der: &[u8]) -> Result<Arc<dyn Signer>, KeyError> {
        if !is_one_sequence(der) {
            return Err(KeyError::Malformed);
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map_err(|_| KeyError::Malformed)?;
        Ok(Arc::new(Es256Signer::new(pair)?))
    }

    fn generate_es256_pkcs8(&self, random: &dyn Random) -> Result<Secret<Vec<u8>>, KeyError> {
        let der = draw_pair(random)?.to_pkcs8v1().map_err(|_| KeyError::Malformed)?;
        Ok(Secret::new(der.as_ref().to_vec()))
    }
}

/// Tells whether the bytes are one DER sequence and nothing after it, which AWS-LC would leave unread.
fn is_one_sequence(der: &[u8]) -> bool {
    match der {
        [0x30, length @ 0..=0x7f, content @ ..] | [0x30, 0x81, length, content @ ..] => {
            usize::from(*length) == content.len()
        }
        [0x30, 0x82, high, low, content @ ..] => usize::from(u16::from_be_bytes([*high, *low])) == content.len(),
        _ => false,
    }
}

/// Draws a key pair from the handed-in source; the library's own generator is not asked.
fn draw_pair(random: &dyn Random) -> Result<EcdsaKeyPair, KeyError> {
    let scalar = scalar::draw(random)?;
    let (_, public) = private_key(scalar.expose())?;
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, scalar.expose(), public.sec1())
        .map_err(|_| KeyError::Malformed)
}

/// Reads a scalar in `1..n` and computes the public half.
pub(super) fn private_key(bytes: &[u8; 32]) -> Result<(PrivateKey, P256PublicKey), KeyError> {
    if !scalar::in_range(bytes) {
        return Err(KeyError::Malformed);
    }
    let key = PrivateKey::from_private_key(&ECDH_P256, bytes).map_err(|_| KeyError::Malformed)?;
    let public = key.compute_public_key().map_err(|_| KeyError::Malformed)?;
    let sec1 = public.as_ref().try_into().map_err(|_| KeyError::Malformed)?;
    Ok((key, P256PublicKey::from_checked_point(sec1)))
}
