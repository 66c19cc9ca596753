//! ECDH over P-256.

use std::fmt;

use mahfada_base::Secret;

use super::keys::{draw_key, public_half};
use crate::{AgreementKey, KeyAgreement, KeyError, P256PublicKey, Random};

#[derive(Debug)]
pub(super) struct PureAgreement;

impl KeyAgreement for PureAgreement {
    fn generate(&self, random: &dyn Random) -> Result<Box<dyn AgreementKey>, KeyError> {
        Ok(Box::new(SoftwareKey::new(draw_key(random)?)))
    }

    fn from_scalar(&self, scalar: &[u8; 32]) -> Result<Box<dyn AgreementKey>, KeyError> {
        let key = p256::SecretKey::from_slice(scalar).map_err(|_| KeyError::Malformed)?;
        Ok(Box::new(SoftwareKey::new(key)))
    }
}

struct SoftwareKey {
    key: p256::SecretKey,
    public: P256PublicKey,
}

impl SoftwareKey {
    fn new(key: p256::SecretKey) -> Self {
        let public = public_half(&key);
        Self { key, public }
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SoftwareKey").field(&self.public).finish()
    }
}

impl AgreementKey for SoftwareKey {
    fn public_key(&self) -> &P256PublicKey {
        &self.public
    }

    fn agree(&self, peer: &P256PublicKey) -> Result<Secret<[u8; 32]>, KeyError> {
        let peer = p256::PublicKey::from_sec1_bytes(peer.sec1()).map_err(|_| KeyError::Malformed)?;
        Ok(Secret::new((*self.key.diffie_hellman(&peer).raw_secret_bytes()).into()))
    }

    fn to_scalar(&self) -> Result<Secret<[u8; 32]>, KeyError> {
        Ok(Secret::new(self.key.to_bytes().into()))
    }
}
