//! Values at rest, encrypted under a configured key: decryption keys of requests, sealed claims (decision D15).

use mahfada_base::Secret;
use mahfada_crypto::{ContentEncryption, CryptoProvider, Random, RandomError};

use crate::config::{SealingConfig, SecretFileError};

const NONCE: usize = 12;
const TAG: usize = 16;

/// A key that seals with AES-256-GCM and names its version in what it seals.
#[derive(Clone, Debug)]
pub struct SealingKey {
    version: u8,
    key: Secret<[u8; 32]>,
}

/// Why a value could not be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The random source gave no nonce.
    #[error("no random bytes to be had")]
    Random(#[from] RandomError),
    /// The value is too long to be sealed.
    #[error("the value cannot be sealed")]
    TooLong,
}

/// The value was not sealed by this key in this context, or was changed; it does not say which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not sealed by this key in this context")]
pub struct OpenError;

impl OpenError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "sealed_value"
    }
}

impl SealingKey {
    /// Takes a key and the version that sealed values name.
    #[must_use]
    pub const fn new(version: u8, key: Secret<[u8; 32]>) -> Self {
        Self { version, key }
    }

    /// Reads the key that the configuration names.
    ///
    /// # Errors
    /// [`SecretFileError`] when the file holds no 32-byte key.
    pub fn from_config(config: &SealingConfig) -> Result<Self, SecretFileError> {
        Ok(Self::new(config.version, config.key_file.read_key()?))
    }

    /// Seals a value as `version || nonce || ciphertext || tag`; it opens only under the same context.
    ///
    /// # Errors
    /// [`SealError`] when no nonce is to be had or the value is too long.
    pub fn seal(
        &self,
        context: &str,
        plaintext: &[u8],
        random: &dyn Random,
        provider: &CryptoProvider,
    ) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce)?;
        let (ciphertext, tag) = provider
            .aead
            .seal(
                ContentEncryption::A256Gcm,
                self.key.expose(),
                &nonce,
                &self.associated_data(context),
                plaintext,
            )
            .map_err(|_| SealError::TooLong)?;
        Ok([&[self.version][..], &nonce, &ciphertext, &tag].concat())
    }

    /// Opens a sealed value; the context is the one it was sealed in, such as the table and the record's id.
    ///
    /// # Errors
    /// [`OpenError`], the same for every reason.
    pub fn open(&self, context: &str, sealed: &[u8], provider: &CryptoProvider) -> Result<Secret<Vec<u8>>, OpenError> {
        let (version, rest) = sealed.split_first().ok_or(OpenError)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(OpenError)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG>().ok_or(OpenError)?;
        if *version != self.version {
            return Err(OpenError);
        }
        let associated_data = self.associated_data(context);
        provider
            .aead
            .open(
                ContentEncryption::A256Gcm,
                self.key.expose(),
                nonce,
                &associated_data,
                ciphertext,
                tag,
            )
            .map(Secret::new)
            .map_err(|_| OpenError)
    }

    fn associated_data(&self, context: &str) -> Vec<u8> {
        [&[self.version][..], context.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};

    use super::*;

    fn key(version: u8, byte: u8) -> SealingKey {
        SealingKey::new(version, Secret::new([byte; 32]))
    }

    fn sealed() -> Vec<u8> {
        key(1, 7)
            .seal("presentation:42", b"secret", &SystemRandom, &PROVIDER)
            .unwrap()
    }

    #[test]
    fn opens_what_it_sealed() {
        assert_eq!(
            key(1, 7)
                .open("presentation:42", &sealed(), &PROVIDER)
                .unwrap()
                .expose(),
            b"secret"
        );
        assert_ne!(sealed(), sealed(), "every value has a nonce of its own");
    }

    #[test]
    fn does_not_open_in_another_context() {
        assert_eq!(
            key(1, 7).open("presentation:43", &sealed(), &PROVIDER).unwrap_err(),
            OpenError
        );
    }

    #[test]
    fn does_not_open_under_another_key_or_version() {
        assert_eq!(
            key(1, 8).open("presentation:42", &sealed(), &PROVIDER).unwrap_err(),
            OpenError
        );
        assert_eq!(
            key(2, 7).open("presentation:42", &sealed(), &PROVIDER).unwrap_err(),
            OpenError
        );
        let mut renamed = sealed();
        renamed[0] = 2;
        assert_eq!(
            key(2, 7).open("presentation:42", &renamed, &PROVIDER).unwrap_err(),
            OpenError
        );
    }

    #[test]
    fn does_not_open_a_changed_or_shortened_value() {
        let good = sealed();
        for index in 0..good.len() {
            let mut changed = good.clone();
            changed[index] ^= 1;
            let open = |value: &[u8]| key(1, 7).open("presentation:42", value, &PROVIDER).unwrap_err();
            assert_eq!(
                (open(&changed), open(&good[..index])),
                (OpenError, OpenError),
                "byte {index}"
            );
        }
    }
}
