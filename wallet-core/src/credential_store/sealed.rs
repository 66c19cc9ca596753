//! The store on disk: AES-256-GCM under a key of the phone's hardware, and never an older copy of itself (TW-16).
//!
//! `magic (8) || generation (8) || nonce (12) || tag (16) || ciphertext`; magic and generation are authenticated too.

use mahfada_base::Secret;
use mahfada_crypto::{ContentEncryption, CryptoProvider, Random, RandomError};

use super::{Contents, CredentialStore};

const MAGIC: [u8; 8] = *b"mahfada\x01";
const GENERATION: usize = 8;
const NONCE: usize = 12;
const TAG: usize = 16;

/// The key of the store: 256 bits that the phone's hardware keeps and hands out for sealing and opening alone.
#[derive(Clone, Debug)]
pub struct StoreKey(Secret<[u8; 32]>);

/// Why the store was not opened, sealed or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The bytes are no sealed store, have been changed, or are sealed under another key.
    #[error("not a store sealed under this key")]
    Sealed,
    /// The store is older than the app's counter says (TW-16).
    #[error("the store is an older copy of itself")]
    StateRollback,
    /// The store cannot be written.
    #[error("the store cannot be written")]
    Encode,
    /// The copy of the credential was used, or the credential is gone.
    #[error("the copy was used before")]
    Spent,
    /// The random source failed.
    #[error("no random bytes to be had")]
    Random,
}

impl StoreError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Sealed => "store_sealed",
            Self::StateRollback => "state_rollback",
            Self::Encode => "store_encode",
            Self::Spent => "copy_spent",
            Self::Random => "random",
        }
    }
}

impl From<RandomError> for StoreError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

impl StoreKey {
    /// Takes the key from the hardware.
    #[must_use]
    pub const fn new(key: Secret<[u8; 32]>) -> Self {
        Self(key)
    }
}

impl CredentialStore {
    /// Seals the store under the next generation.
    ///
    /// The app writes the bytes to a new file, puts it in the place of the old one, and only then raises its hardware
    /// counter to [`Self::generation`]: a crash in between leaves a store that is newer than the counter, which opens.
    ///
    /// # Errors
    /// [`StoreError`] when the random source fails; the generation stays what it was.
    pub fn seal(
        &mut self,
        key: &StoreKey,
        random: &dyn Random,
        crypto: &CryptoProvider,
    ) -> Result<Vec<u8>, StoreError> {
        let generation = self.generation.checked_add(1).ok_or(StoreError::Encode)?;
        let header = header(generation);
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce)?;
        let plaintext = Secret::new(serde_json::to_vec(&self.contents).map_err(|_| StoreError::Encode)?);
        let (ciphertext, tag) = crypto
            .aead
            .seal(
                ContentEncryption::A256Gcm,
                key.0.expose(),
                &nonce,
                &header,
                plaintext.expose(),
            )
            .map_err(|_| StoreError::Encode)?;
        self.generation = generation;
        Ok([&header[..], &nonce, &tag, &ciphertext].concat())
    }

    /// Opens a sealed store that is not older than the app's hardware counter says.
    ///
    /// When the store is newer than the counter, the app raises the counter to [`Self::generation`].
    ///
    /// # Errors
    /// [`StoreError::Sealed`], the same for every change and every other key, or [`StoreError::StateRollback`].
    pub fn open(bytes: &[u8], key: &StoreKey, counter: u64, crypto: &CryptoProvider) -> Result<Self, StoreError> {
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or(StoreError::Sealed)?;
        let (generation, rest) = rest.split_first_chunk::<GENERATION>().ok_or(StoreError::Sealed)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(StoreError::Sealed)?;
        let (tag, ciphertext) = rest.split_first_chunk::<TAG>().ok_or(StoreError::Sealed)?;
        if *magic != MAGIC {
            return Err(StoreError::Sealed);
        }
        let generation = u64::from_be_bytes(*generation);
        let plaintext = crypto
            .aead
            .open(
                ContentEncryption::A256Gcm,
                key.0.expose(),
                nonce,
                &header(generation),
                ciphertext,
                tag,
            )
            .map(Secret::new)
            .map_err(|_| StoreError::Sealed)?;
        if generation < counter {
            return Err(StoreError::StateRollback);
        }
        let contents: Contents = serde_json::from_slice(plaintext.expose()).map_err(|_| StoreError::Sealed)?;
        Ok(Self { generation, contents })
    }
}

fn header(generation: u64) -> [u8; 16] {
    let mut header = [0; 16];
    let bytes = MAGIC.into_iter().chain(generation.to_be_bytes());
    header.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    header
}
