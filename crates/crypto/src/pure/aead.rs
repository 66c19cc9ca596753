//! AES-GCM.

use aes_gcm::aead::{AeadInOut, KeyInit, Nonce, Tag};
use aes_gcm::{Aes128Gcm, Aes256Gcm};

use crate::{Aead, AeadError, ContentEncryption};

#[derive(Debug)]
pub(super) struct PureAead;

impl Aead for PureAead {
    fn seal(
        &self,
        algorithm: ContentEncryption,
        key: &[u8],
        nonce: &[u8; 12],
        associated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), AeadError> {
        match algorithm {
            ContentEncryption::A128Gcm => seal::<Aes128Gcm>(key, nonce, associated_data, plaintext),
            ContentEncryption::A256Gcm => seal::<Aes256Gcm>(key, nonce, associated_data, plaintext),
        }
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
        match algorithm {
            ContentEncryption::A128Gcm => open::<Aes128Gcm>(key, nonce, associated_data, ciphertext, tag),
            ContentEncryption::A256Gcm => open::<Aes256Gcm>(key, nonce, associated_data, ciphertext, tag),
        }
    }
}

fn seal<C>(key: &[u8], nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Result<(Vec<u8>, [u8; 16]), AeadError>
where
    C: AeadInOut + KeyInit,
{
    let cipher = C::new_from_slice(key).map_err(|_| AeadError)?;
    let nonce = <&Nonce<C>>::try_from(nonce.as_slice()).map_err(|_| AeadError)?;
    let mut buffer = plaintext.to_vec();
    let tag = cipher
        .encrypt_inout_detached(nonce, aad, buffer.as_mut_slice().into())
        .map_err(|_| AeadError)?;
    Ok((buffer, tag.as_slice().try_into().map_err(|_| AeadError)?))
}

fn open<C>(key: &[u8], nonce: &[u8; 12], aad: &[u8], ciphertext: &[u8], tag: &[u8; 16]) -> Result<Vec<u8>, AeadError>
where
    C: AeadInOut + KeyInit,
{
    let cipher = C::new_from_slice(key).map_err(|_| AeadError)?;
    let nonce = <&Nonce<C>>::try_from(nonce.as_slice()).map_err(|_| AeadError)?;
    let tag = <&Tag<C>>::try_from(tag.as_slice()).map_err(|_| AeadError)?;
    let mut buffer = ciphertext.to_vec();
    cipher
        .decrypt_inout_detached(nonce, aad, buffer.as_mut_slice().into(), tag)
        .map_err(|_| AeadError)?;
    Ok(buffer)
}
