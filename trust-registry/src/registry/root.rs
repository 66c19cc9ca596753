//! The root document: drafted for the officers, published once they have signed it.

use std::collections::BTreeMap;

use mahfada_base::UnixTime;
use mahfada_crypto::{CryptoProvider, PublicKey};
use mahfada_jose::Jwk;
use mahfada_storage::{Outcome, RootVersion, Storage, StorageError};
use mahfada_trust::{ListSigner, PinnedRoot, RootDocument, RootError, TrustRole, UnverifiedRoot, VerifiedRoot};

/// How often publishing is tried when another process was first.
const ATTEMPTS: usize = 3;

/// Why a root document was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootPublishError {
    /// The document does not hold, or is not the successor of the one published before.
    #[error("the root document does not hold")]
    Root(#[from] RootError),
    /// Another document of the same version is published.
    #[error("another root document of version {0} is published")]
    Fork(u64),
    /// The store failed.
    #[error("the root document cannot be stored")]
    Storage(#[from] StorageError),
}

impl RootPublishError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Root(error) => error.code(),
            Self::Fork(_) => "root_fork",
            Self::Storage(error) => error.code(),
        }
    }
}

/// What a root document is drafted from.
#[derive(Clone, Debug)]
pub struct RootDraft<'a> {
    /// The version: 1, then one more with every change.
    pub version: u64,
    /// When the document is made.
    pub issued_at: UnixTime,
    /// From when on nothing rests on it any more.
    pub expires: UnixTime,
    /// The officers' public keys.
    pub officers: &'a [PublicKey],
    /// How many officers must sign.
    pub threshold: usize,
    /// Who signs the list of each role.
    pub list_signers: BTreeMap<TrustRole, ListSigner>,
    /// The address of the trust registry.
    pub registry_url: &'a str,
}

impl RootDraft<'_> {
    /// Writes the draft as a document that the officers sign with [`RootDocument::sign`].
    #[must_use]
    pub fn into_document(self) -> RootDocument {
        RootDocument {
            version: self.version,
            issued_at: self.issued_at,
            expires: self.expires,
            threshold: self.threshold,
            officers: self.officers.iter().map(Jwk::from_public_key).collect(),
            list_signers: self
                .list_signers
                .into_iter()
                .map(|(role, signer)| (role, vec![signer]))
                .collect(),
            least_sequence: BTreeMap::new(),
            registry_base_url: self.registry_url.to_owned(),
        }
    }
}

/// Publishes a signed root document: the first one, the successor of the one in force, or that one again.
///
/// An older version than the one in force is left where it is; the one in force is returned.
///
/// # Errors
/// [`RootPublishError`]; nothing is published then.
pub async fn publish_root(
    storage: &dyn Storage,
    bytes: Vec<u8>,
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<VerifiedRoot, RootPublishError> {
    let offered = PinnedRoot::from_bytes(&bytes, provider)?;
    for _ in 1..ATTEMPTS {
        match try_publish(storage, &offered, &bytes, now, provider).await {
            // Another process published first; what it published is judged anew.
            Err(RootPublishError::Storage(StorageError::Conflict)) => {}
            other => return other,
        }
    }
    try_publish(storage, &offered, &bytes, now, provider).await
}

async fn try_publish(
    storage: &dyn Storage,
    offered: &VerifiedRoot,
    bytes: &[u8],
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<VerifiedRoot, RootPublishError> {
    let version = offered.document().version;
    let (in_force, same) = stored(storage, version).await?;
    if same.is_some_and(|same| same != bytes) {
        return Err(RootPublishError::Fork(version));
    }
    let next = || RootVersion {
        version,
        bytes: bytes.to_vec(),
    };
    let Some(in_force) = in_force else {
        store(storage, next()).await?;
        return Ok(offered.clone());
    };
    let in_force = PinnedRoot::from_bytes(&in_force.bytes, provider)?;
    if version <= in_force.document().version {
        return Ok(in_force);
    }
    let successor = in_force.successor(UnverifiedRoot::parse(bytes)?, now, provider)?;
    store(storage, next()).await?;
    Ok(successor)
}

async fn stored(storage: &dyn Storage, version: u64) -> Result<(Option<RootVersion>, Option<Vec<u8>>), StorageError> {
    let read = storage.execute(move |unit| {
        let latest = unit.published_lists().latest_root()?;
        let same = unit.published_lists().root(version)?.map(|root| root.bytes);
        Ok(Outcome::<_, std::convert::Infallible>::Commit((latest, same)))
    });
    let Ok(found) = read.await?;
    Ok(found)
}

async fn store(storage: &dyn Storage, root: RootVersion) -> Result<(), StorageError> {
    let write = storage.execute(move |unit| {
        unit.published_lists().publish_root(&root)?;
        Ok(Outcome::<_, std::convert::Infallible>::Commit(()))
    });
    let Ok(()) = write.await?;
    Ok(())
}
