//! ECDH over P-256.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::encoding::{AsBigEndian as _, EcPrivateKeyBin};
use mahfada_base::Secret;

use super::keys::private_key;
use crate::{AgreementKey, KeyAgreement, KeyError, P256PublicKey, Random, scalar};

#[derive(Debug)]
pub(super) struct AwsLcAgreement;

impl KeyAgreement for AwsLcAgreement {
    fn generate(&self, random: &dyn Random) -> Result<Box<dyn AgreementKey>, KeyError> {
        self.from_scalar(scalar::draw(random)?.expose())
    }

    fn from_scalar(&self, scalar: &[u8; 32]) -> Result<Box<dyn AgreementKey>, KeyError> {
        let (key, public) = private_key(scalar)?;
        Ok(Box::new(SoftwareKey { key, public }))
    }
}

#[derive(Debug)]
struct SoftwareKey {
    key: PrivateKey,
    public: P256PublicKey,
}

impl AgreementKey for SoftwareKey {
    fn public_key(&self) -> &P256PublicKey {
        &self.public
    }

    fn agree(&self, peer: &P256PublicKey) -> Result<Secret<[u8; 32]>, KeyError> {
        agree(
            &self.key,
            UnparsedPublicKey::new(&ECDH_P256, peer.sec1()),
            KeyError::Malformed,
            |shared| shared.try_into().map(Secret::new).map_err(|_| KeyError::Malformed),
        )
    }

    fn to_scalar(&self) -> Result<Secret<[u8; 32]>, KeyError> {
        let scalar: EcPrivateKeyBin<'_> = self.key.as_be_bytes().map_err(|_| KeyError::NotExportable)?;
        scalar
            .as_ref()
            .try_into()
            .map(Secret::new)
            .map_err(|_| KeyError::NotExportable)
    }
}
