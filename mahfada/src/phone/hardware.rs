//! What a phone keeps outside the sealed store: private keys, the key of the store, and a counter that only rises.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use mahfada_base::Secret;
use mahfada_crypto::aws_lc::SystemRandom;
use mahfada_crypto::{PublicKey, Random as _, Signer, pure};
use mahfada_wallet_core::{KeyId, StoreKey};

use super::PhoneError;

/// The part of a phone that private keys never leave.
pub trait Hardware: fmt::Debug {
    /// Makes an ES256 key.
    ///
    /// # Errors
    /// [`PhoneError`] when none can be made or kept.
    fn create_key(&mut self) -> Result<(KeyId, PublicKey), PhoneError>;

    /// Finds a key to sign with.
    ///
    /// # Errors
    /// [`PhoneError::UnknownKey`] when there is none of that name.
    fn signer(&self, key: &KeyId) -> Result<Arc<dyn Signer>, PhoneError>;

    /// Returns the key that the store is sealed with.
    fn store_key(&self) -> &StoreKey;

    /// Returns the generation of the store below which every copy is an old one.
    fn counter(&self) -> u64;

    /// Raises the counter.
    ///
    /// # Errors
    /// [`PhoneError`] when it cannot be kept.
    fn raise_counter(&mut self, generation: u64) -> Result<(), PhoneError>;
}

/// Hardware simulated in memory: gone with the process.
#[derive(Debug)]
pub struct MemoryHardware {
    keys: BTreeMap<KeyId, Arc<dyn Signer>>,
    store_key: StoreKey,
    counter: u64,
}

impl MemoryHardware {
    /// Starts without keys.
    ///
    /// # Errors
    /// [`PhoneError::Random`] when no random bytes are to be had.
    pub fn new() -> Result<Self, PhoneError> {
        let mut key = [0; 32];
        SystemRandom.fill(&mut key)?;
        Ok(Self {
            keys: BTreeMap::new(),
            store_key: StoreKey::new(Secret::new(key)),
            counter: 0,
        })
    }
}

impl Hardware for MemoryHardware {
    fn create_key(&mut self) -> Result<(KeyId, PublicKey), PhoneError> {
        let signer = pure::PROVIDER.keys.generate_es256(&SystemRandom)?;
        let public = signer.public_key().clone();
        let id = KeyId::new(format!("key-{}", self.keys.len()));
        self.keys.insert(id.clone(), signer);
        Ok((id, public))
    }

    fn signer(&self, key: &KeyId) -> Result<Arc<dyn Signer>, PhoneError> {
        self.keys.get(key).cloned().ok_or(PhoneError::UnknownKey)
    }

    fn store_key(&self) -> &StoreKey {
        &self.store_key
    }

    fn counter(&self) -> u64 {
        self.counter
    }

    fn raise_counter(&mut self, generation: u64) -> Result<(), PhoneError> {
        self.counter = generation;
        Ok(())
    }
}
