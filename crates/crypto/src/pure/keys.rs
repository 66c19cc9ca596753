//! Public keys, and ES256 key pairs in software.

use std::sync::Arc;

use mahfada_base::Secret;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};

use super::signature::Es256Signer;
use crate::point::uncompressed;
use crate::{KeyError, Keys, P256PublicKey, PublicKey, Random, Signer, scalar};

#[derive(Debug)]
pub(super) struct PureKeys;

impl Keys for PureKeys {
    fn p256_public(&self, x: &[u8], y: &[u8]) -> Result<P256PublicKey, KeyError> {
        let sec1 = uncompressed::<65>(x, y)?;
        p256::PublicKey::from_sec1_bytes(&sec1).map_err(|_| KeyError::Malformed)?;
        Ok(P256PublicKey::from_checked_point(sec1))
    }

    fn p384_public(&self, x: &[u8], y: &[u8]) -> Result<PublicKey, KeyError> {
        let sec1 = uncompressed::<97>(x, y)?;
        p384::PublicKey::from_sec1_bytes(&sec1).map_err(|_| KeyError::Malformed)?;
        Ok(PublicKey::P384(Box::new(sec1)))
    }

    fn ed25519_public(&self, bytes: &[u8]) -> Result<PublicKey, KeyError> {
        crate::ed25519::check_public(bytes).map(PublicKey::Ed25519)
    }

    fn generate_es256(&self, random: &dyn Random) -> Result<Arc<dyn Signer>, KeyError> {
        Ok(Arc::new(Es256Signer::new(&draw_key(random)?)))
    }

    fn es256_from_pkcs8(&self, der: &[u8]) -> Result<Arc<dyn Signer>, KeyError> {
        let key = p256::SecretKey::from_pkcs8_der(der).map_err(|_| KeyError::Malformed)?;
        Ok(Arc::new(Es256Signer::new(&key)))
    }

    fn generate_es256_pkcs8(&self, random: &dyn Random) -> Result<Secret<Vec<u8>>, KeyError> {
        let der = draw_key(random)?.to_pkcs8_der().map_err(|_| KeyError::Malformed)?;
        Ok(Secret::new(der.as_bytes().to_vec()))
    }
}

/// Draws a private key.
pub(super) fn draw_key(random: &dyn Random) -> Result<p256::SecretKey, KeyError> {
    p256::SecretKey::from_slice(scalar::draw(random)?.expose()).map_err(|_| KeyError::Malformed)
}

/// Returns the public half in uncompressed form.
pub(super) fn public_half(key: &p256::SecretKey) -> P256PublicKey {
    let mut sec1 = [0; 65];
    sec1.iter_mut()
        .zip(key.public_key().to_sec1_point(false).as_bytes())
        .for_each(|(to, from)| *to = *from);
    P256PublicKey::from_checked_point(sec1)
}
