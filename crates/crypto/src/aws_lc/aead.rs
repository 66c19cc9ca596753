//! AES-GCM.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::{Aead, AeadError, ContentEncryption};

#[derive(Debug)]
pub(super) struct AwsLcAead;

impl Aead for AwsLcAead {
    fn seal(
        &self,
        algorithm: ContentEncryption,
        key: &[u8],
        nonce: &[u8; 12],
        associated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), AeadError> {
        let mut buffer = plaintext.to_vec();
        let tag = cipher(algorithm, key)?
            .seal_in_place_separate_tag(Nonce::from(nonce), Aad::from(associated_data), &mut buffer)
            .map_err(|_| AeadError)?;
        Ok((buffer, tag.as_ref().try_into().map_err(|_| AeadError)?))
    }

    fn open(
        &self,
        algorithm: ContentEncryption,
        key: &[u8],
        nonce: &[u8; 12],
        associated_data: &[u8],
        ciphertext: &[u8],
        tag: &[u8; 16],
    ) -> Result<Vec<u8>, AeadError> {
        let mut plaintext = vec![0; ciphertext.len()];
        cipher(algorithm, key)?
            .open_separate_gather(
                Nonce::from(nonce),
                Aad::from(associated_data),
                ciphertext,
                tag,
                &mut plaintext,
            )
            .map_err(|_| AeadError)?;
        Ok(plaintext)
    }
}

fn cipher(algorithm: ContentEncryption, key: &[u8]) -> Result<LessSafeKey, AeadError> {
    let algorithm = match algorithm {
        ContentEncryption::A128Gcm => &AES_128_GCM,
        ContentEncryption::A256Gcm => &AES_256_GCM,
    };
    UnboundKey::new(algorithm, key)
        .map(LessSafeKey::new)
        .map_err(|_| AeadError)
}
