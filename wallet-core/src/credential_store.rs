//! What the wallet keeps between runs.

use std::collections::BTreeMap;
use std::fmt;

use mahfada_base::{UnixTime, base64url};
use mahfada_crypto::CryptoProvider;
use mahfada_trust::{ListMemory, PinnedRoot, RootError, TrustStore};
use serde::{Deserialize, Serialize};

use crate::{Context, KeyId, ReceivedBatch};

mod held;
mod log;
mod sealed;
#[cfg(test)]
mod tests;

pub(crate) use held::Candidate;
pub use held::{CredentialId, HeldCredential};
pub use log::{LogEntry, LogOutcome, LoggedClaim};
pub use sealed::{StoreError, StoreKey};

/// Credentials, the memory of trust, and the citizen's log; on disk only sealed.
///
/// Private keys are not in it: a copy of the store alone presents nothing.
pub struct CredentialStore {
    generation: u64,
    contents: Contents,
}

#[derive(Default, Serialize, Deserialize)]
struct Contents {
    /// The root document that the build pins; none in a wallet without a registry.
    root: Option<String>,
    /// The successors of the root since, in order: what is restored must descend from what the build pins.
    #[serde(default)]
    successors: Vec<String>,
    memory: ListMemory,
    wallet_keys: BTreeMap<String, KeyId>,
    next_id: u64,
    credentials: Vec<HeldCredential>,
    log: Vec<LogEntry>,
}

impl CredentialStore {
    /// Starts empty, with the root document that the build pins.
    ///
    /// An app does so only when its hardware counter says that there never was a store; otherwise a deleted file would
    /// be a way back to the first root and an empty log.
    #[must_use]
    pub fn new(pinned_root: &[u8]) -> Self {
        let contents = Contents {
            root: Some(base64url::encode(pinned_root)),
            ..Contents::default()
        };
        Self {
            generation: 0,
            contents,
        }
    }

    /// Starts empty, without a registry: nobody is believed but under anchors chosen by hand, for as long as it lives.
    #[must_use]
    pub fn without_registry() -> Self {
        Self {
            generation: 0,
            contents: Contents::default(),
        }
    }

    /// Returns how often the store has been sealed: the app's hardware counter follows it.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Keeps a credential with all its copies; only what [`crate::receive`] has verified gets in.
    pub fn add(&mut self, received: &ReceivedBatch, now: UnixTime) -> CredentialId {
        self.contents.next_id = self.contents.next_id.saturating_add(1);
        let id = CredentialId::new(format!("credential-{}", self.contents.next_id));
        self.contents
            .credentials
            .push(HeldCredential::new(id.clone(), received, now));
        id
    }

    /// Returns the credentials, the oldest first.
    #[must_use]
    pub fn credentials(&self) -> &[HeldCredential] {
        &self.contents.credentials
    }

    /// Returns one credential.
    #[must_use]
    pub fn credential(&self, id: &CredentialId) -> Option<&HeldCredential> {
        self.contents.credentials.iter().find(|held| held.id() == id)
    }

    /// Removes a credential and tells whether there was one; the app deletes the keys of its copies.
    pub fn remove(&mut self, id: &CredentialId) -> Option<HeldCredential> {
        let position = self.contents.credentials.iter().position(|held| held.id() == id)?;
        Some(self.contents.credentials.remove(position))
    }

    /// Returns the name of the root key for an issuer, if there is one yet.
    #[must_use]
    pub fn wallet_key(&self, issuer: &str) -> Option<&KeyId> {
        self.contents.wallet_keys.get(issuer)
    }

    /// Keeps the name of the root key for an issuer.
    pub fn remember_wallet_key(&mut self, issuer: &str, key: KeyId) {
        self.contents.wallet_keys.insert(issuer.to_owned(), key);
    }

    /// Makes the trust store to start a [`crate::TrustUpdate`] from: the newest root seen, the memory, and no lists yet;
    /// `None` when the store was made [without a registry](Self::without_registry).
    ///
    /// # Errors
    /// [`RootError`] when the root document that was pinned is none.
    pub fn trust_store(&self, crypto: &CryptoProvider) -> Result<Option<TrustStore>, RootError> {
        let Some(root) = &self.contents.root else {
            return Ok(None);
        };
        let root = base64url::decode(root).unwrap_or_default();
        let successors: Vec<Vec<u8>> = self
            .contents
            .successors
            .iter()
            .map(|text| base64url::decode(text).unwrap_or_default())
            .collect();
        let root = PinnedRoot::restore(&root, &successors, crypto)?;
        Ok(Some(TrustStore::new(root, self.contents.memory.clone())))
    }

    /// Keeps the root and the memory of lists of an updated trust store.
    ///
    /// # Errors
    /// [`StoreError::Encode`] when the root document cannot be written.
    pub fn remember_trust(&mut self, trust: &TrustStore) -> Result<(), StoreError> {
        let successors = trust.root().envelopes().map_err(|_| StoreError::Encode)?;
        self.contents.successors = successors.into_iter().map(base64url::encode).collect();
        self.contents.memory = trust.memory();
        Ok(())
    }

    /// Returns what the wallet did, the oldest first: who, when, which claims, outcome; no values (decision D14).
    #[must_use]
    pub fn log(&self) -> &[LogEntry] {
        &self.contents.log
    }

    pub(crate) fn record(&mut self, entry: LogEntry) {
        self.contents.log.push(entry);
    }

    /// Picks of every credential one unspent copy at random and verifies it; what does not verify today is left out.
    pub(crate) fn candidates(&self, context: &Context<'_>) -> Result<Vec<Candidate>, mahfada_crypto::RandomError> {
        let mut candidates = Vec::new();
        for held in &self.contents.credentials {
            candidates.extend(held.candidate(context)?);
        }
        Ok(candidates)
    }

    /// Marks a copy as used, before anything of it leaves the phone (TW-18).
    pub(crate) fn spend(&mut self, id: &CredentialId, copy: usize) -> Result<(), StoreError> {
        self.contents
            .credentials
            .iter_mut()
            .find(|held| held.id() == id)
            .filter(|held| held.is_unspent(copy))
            .map(|held| held.spend(copy))
            .ok_or(StoreError::Spent)
    }
}

impl fmt::Debug for CredentialStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialStore")
            .field("generation", &self.generation)
            .field("credentials", &self.contents.credentials)
            .finish_non_exhaustive()
    }
}
