//! The ciphers of secure messaging with a chip (Doc 9303-11 §9.8): two-key 3DES with the retail MAC, AES with CMAC.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyInit, KeyIvInit as _,
};
use cbc::{Decryptor, Encryptor};
use cmac::{Cmac, Mac as _};
use des::{Des, TdesEde2};

/// A cipher of secure messaging; whether 3DES still counts is the caller's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessagingCipher {
    /// 3DES with two keys, in old documents only.
    TripleDes,
    /// AES with 128-bit keys.
    Aes128,
    /// AES with 192-bit keys.
    Aes192,
    /// AES with 256-bit keys.
    Aes256,
}

/// A key, an initialisation vector or a text has not the length that the cipher needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the length that the cipher needs")]
pub struct BlockLengthError;

impl MessagingCipher {
    /// Returns the length of a key in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Returns the length of a block in bytes.
    #[must_use]
    pub const fn block_len(self) -> usize {
        match self {
            Self::TripleDes => 8,
            _ => 16,
        }
    }

    /// Encrypts whole blocks in CBC mode.
    ///
    /// # Errors
    /// [`BlockLengthError`] when the key, the vector or the text has another length.
    pub fn encrypt(self, key: &[u8], iv: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, BlockLengthError> {
        self.require_blocks(plaintext)?;
        match self {
            Self::TripleDes => encrypt::<TdesEde2>(key, iv, plaintext),
            Self::Aes128 => encrypt::<Aes128>(key, iv, plaintext),
            Self::Aes192 => encrypt::<Aes192>(key, iv, plaintext),
            Self::Aes256 => encrypt::<Aes256>(key, iv, plaintext),
        }
    }

    /// Decrypts whole blocks in CBC mode; it authenticates nothing and takes no padding off.
    ///
    /// # Errors
    /// [`BlockLengthError`] when the key, the vector or the text has another length.
    pub fn decrypt(self, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, BlockLengthError> {
        self.require_blocks(ciphertext)?;
        match self {
            Self::TripleDes => decrypt::<TdesEde2>(key, iv, ciphertext),
            Self::Aes128 => decrypt::<Aes128>(key, iv, ciphertext),
            Self::Aes192 => decrypt::<Aes192>(key, iv, ciphertext),
            Self::Aes256 => decrypt::<Aes256>(key, iv, ciphertext),
        }
    }

    /// Computes the MAC of whole blocks, eight bytes: the retail MAC (ISO/IEC 9797-1 algorithm 3) or CMAC cut to eight.
    ///
    /// # Errors
    /// [`BlockLengthError`] when the key or the message has another length.
    pub fn mac(self, key: &[u8], message: &[u8]) -> Result<[u8; 8], BlockLengthError> {
        self.require_blocks(message)?;
        match self {
            Self::TripleDes => retail_mac(key, message),
            Self::Aes128 => {
                let mac = Cmac::<Aes128>::new_from_slice(key).map_err(|_| BlockLengthError)?;
                shortened(&mac.chain_update(message).finalize().into_bytes())
            }
            Self::Aes192 => {
                let mac = Cmac::<Aes192>::new_from_slice(key).map_err(|_| BlockLengthError)?;
                shortened(&mac.chain_update(message).finalize().into_bytes())
            }
            Self::Aes256 => {
                let mac = Cmac::<Aes256>::new_from_slice(key).map_err(|_| BlockLengthError)?;
                shortened(&mac.chain_update(message).finalize().into_bytes())
            }
        }
    }

    const fn require_blocks(self, text: &[u8]) -> Result<(), BlockLengthError> {
        if text.len().is_multiple_of(self.block_len()) {
            Ok(())
        } else {
            Err(BlockLengthError)
        }
    }
}

fn encrypt<C>(key: &[u8], iv: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, BlockLengthError>
where
    C: BlockCipherEncrypt + KeyInit,
{
    let cipher = Encryptor::<C>::new_from_slices(key, iv).map_err(|_| BlockLengthError)?;
    Ok(cipher.encrypt_padded_vec::<NoPadding>(plaintext))
}

fn decrypt<C>(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, BlockLengthError>
where
    C: BlockCipherDecrypt + KeyInit,
{
    let cipher = Decryptor::<C>::new_from_slices(key, iv).map_err(|_| BlockLengthError)?;
    cipher
        .decrypt_padded_vec::<NoPadding>(ciphertext)
        .map_err(|_| BlockLengthError)
}

// The chain runs under the first half of the key; the last block is decrypted with the second and encrypted again.
fn retail_mac(key: &[u8], message: &[u8]) -> Result<[u8; 8], BlockLengthError> {
    let (first, second) = key.split_at_checked(8).ok_or(BlockLengthError)?;
    let chain = encrypt::<Des>(first, &[0; 8], message)?;
    let last = chain.last_chunk::<8>().ok_or(BlockLengthError)?;
    let turned = decrypt::<Des>(second, &[0; 8], last)?;
    shortened(&encrypt::<Des>(first, &[0; 8], &turned)?)
}

fn shortened(mac: &[u8]) -> Result<[u8; 8], BlockLengthError> {
    mac.first_chunk().copied().ok_or(BlockLengthError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wycheproof::decode_hex;

    // NIST SP 800-38A F.2.1, F.2.3, F.2.5.
    #[test]
    fn aes_in_cbc_mode_gives_the_published_values() {
        let iv = decode_hex("000102030405060708090a0b0c0d0e0f");
        let plaintext = decode_hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        for (cipher, key, expected) in [
            (
                MessagingCipher::Aes128,
                "2b7e151628aed2a6abf7158809cf4f3c",
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
            ),
            (
                MessagingCipher::Aes192,
                "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
                "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a",
            ),
            (
                MessagingCipher::Aes256,
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d",
            ),
        ] {
            let key = decode_hex(key);
            let ciphertext = cipher.encrypt(&key, &iv, &plaintext).unwrap();
            assert_eq!(ciphertext, decode_hex(expected));
            assert_eq!(cipher.decrypt(&key, &iv, &ciphertext).unwrap(), plaintext);
        }
    }

    // NIST SP 800-38B D.1 to D.3, the messages of 16 bytes.
    #[test]
    fn cmac_gives_the_published_values() {
        let message = decode_hex("6bc1bee22e409f96e93d7e117393172a");
        for (cipher, key, expected) in [
            (
                MessagingCipher::Aes128,
                "2b7e151628aed2a6abf7158809cf4f3c",
                "070a16b46b4d4144",
            ),
            (
                MessagingCipher::Aes192,
                "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
                "9e99a7bf31e71090",
            ),
            (
                MessagingCipher::Aes256,
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "28a7023f452e8f82",
            ),
        ] {
            assert_eq!(
                cipher.mac(&decode_hex(key), &message).unwrap().to_vec(),
                decode_hex(expected)
            );
        }
    }

    // Doc 9303-11 appendix D.3: E_IFD and M_IFD of the worked example.
    #[test]
    fn triple_des_gives_the_worked_example_of_the_specification() {
        let cipher = MessagingCipher::TripleDes;
        let encrypted = cipher
            .encrypt(
                &decode_hex("ab94fdecf2674fdfb9b391f85d7f76f2"),
                &[0; 8],
                &decode_hex("781723860c06c2264608f919887022120b795240cb7049b01c19b33e32804f0b"),
            )
            .unwrap();
        let expected = decode_hex("72c29c2371cc9bdb65b779b8e8d37b29ecc154aa56a8799fae2f498f76ed92f2");
        assert_eq!(encrypted, expected);
        let padded = [&encrypted[..], &[0x80, 0, 0, 0, 0, 0, 0, 0]].concat();
        let mac = cipher
            .mac(&decode_hex("7962d9ece03d1acd4c76089dce131543"), &padded)
            .unwrap();
        assert_eq!(mac.to_vec(), decode_hex("5f1448eea8ad90a7"));
    }

    #[test]
    fn other_lengths_are_refused() {
        for cipher in [
            MessagingCipher::TripleDes,
            MessagingCipher::Aes128,
            MessagingCipher::Aes192,
            MessagingCipher::Aes256,
        ] {
            let (key, iv) = (vec![1; cipher.key_len()], vec![0; cipher.block_len()]);
            let block = iv.clone();
            cipher.encrypt(&key, &iv, &block).unwrap();
            assert_eq!(cipher.encrypt(&key[1..], &iv, &block), Err(BlockLengthError));
            assert_eq!(cipher.encrypt(&key, &iv[1..], &block), Err(BlockLengthError));
            assert_eq!(cipher.encrypt(&key, &iv, &block[1..]), Err(BlockLengthError));
            assert_eq!(cipher.decrypt(&key, &iv, &block[1..]), Err(BlockLengthError));
            assert_eq!(cipher.mac(&key[1..], &block), Err(BlockLengthError));
            assert_eq!(cipher.mac(&key, &block[1..]), Err(BlockLengthError));
        }
    }
}
