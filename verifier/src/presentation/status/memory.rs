//! When the newest list seen of each address was made, kept across restarts: an older list would undo a revocation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use mahfada_base::{CLOCK_SKEW, UnixTime, base64url, json};
use mahfada_crypto::Digest;
use mahfada_status_list::MAX_LIFETIME;
use mahfada_storage::{Outcome, Storage, StorageError, UnitOfWork};

use super::StatusNeed;

/// The key in the trust memory of the store.
const KEY: &str = "status_lists";
/// The most addresses that are remembered; the oldest are forgotten first.
const MAX_ADDRESSES: usize = 4_096;

type Times = BTreeMap<String, UnixTime>;

/// What was seen, in the process and in the store.
#[derive(Debug)]
pub(crate) struct SeenLists {
    times: Mutex<Times>,
    storage: Arc<dyn Storage>,
    digest: &'static dyn Digest,
}

impl SeenLists {
    /// Reads what earlier runs have seen.
    pub(crate) async fn recall(storage: Arc<dyn Storage>, digest: &'static dyn Digest) -> Result<Self, StorageError> {
        let read = |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, StorageError> {
            Ok(Outcome::Commit(stored(unit)?))
        };
        let times = storage.execute(read).await??;
        Ok(Self {
            times: Mutex::new(times),
            storage,
            digest,
        })
    }

    /// Starts with nothing seen.
    #[cfg(test)]
    pub(crate) fn empty(storage: Arc<dyn Storage>, digest: &'static dyn Digest) -> Self {
        Self {
            times: Mutex::default(),
            storage,
            digest,
        }
    }

    /// Returns when the newest list seen for a need was made.
    pub(super) fn newest(&self, need: &StatusNeed) -> Option<UnixTime> {
        self.lock().get(&self.name(need)).copied()
    }

    /// Remembers a list before it is relied on; a store that fails is logged, and the process still remembers.
    pub(super) async fn remember(&self, need: &StatusNeed, issued_at: UnixTime, now: UnixTime) {
        let name = self.name(need);
        if self.lock().get(&name).is_some_and(|seen| *seen >= issued_at) {
            return;
        }
        note(&mut self.lock(), name.clone(), issued_at, now);
        let write = move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, StorageError> {
            let mut times = stored(unit)?;
            note(&mut times, name, issued_at, now);
            let text = serde_json::to_string(&times).map_err(StorageError::unavailable)?;
            unit.trust_memory().put(KEY, &text)?;
            Ok(Outcome::Commit(()))
        };
        if let Err(error) = self.storage.execute(write).await.and_then(|kept| kept) {
            tracing::error!(code = error.code(), "the memory of the status lists was not kept");
        }
    }

    /// An address may be long, and its organization belongs to it.
    fn name(&self, need: &StatusNeed) -> String {
        let text = [need.organization.as_str(), need.uri.as_str()].join("\0");
        base64url::encode(self.digest.sha256(text.as_bytes()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What cannot be read is as good as nothing: the memory is a second line behind `exp`.
fn stored(unit: &mut dyn UnitOfWork) -> Result<Times, StorageError> {
    let text = unit.trust_memory().get(KEY)?;
    Ok(text
        .and_then(|text| json::from_slice(text.as_bytes()).ok())
        .unwrap_or_default())
}

fn note(times: &mut Times, name: String, issued_at: UnixTime, now: UnixTime) {
    // Whatever is older than this has expired by itself (decision D10).
    let least = now.minus(MAX_LIFETIME).minus(CLOCK_SKEW);
    times.retain(|_, seen| *seen >= least);
    let seen = times.entry(name).or_insert(issued_at);
    *seen = (*seen).max(issued_at);
    while times.len() > MAX_ADDRESSES {
        let oldest = times
            .iter()
            .min_by_key(|(_, seen)| **seen)
            .map(|(name, _)| name.clone());
        if oldest.and_then(|name| times.remove(&name)).is_none() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use mahfada_crypto::aws_lc::PROVIDER;
    use mahfada_storage_sqlite::SqliteStorage;

    use super::*;

    const NOW: UnixTime = UnixTime::new(1_795_348_800);

    fn need(uri: &str) -> StatusNeed {
        StatusNeed {
            uri: uri.to_owned(),
            organization: "NTRMA-DGSN".to_owned(),
        }
    }

    async fn recall(storage: &Arc<dyn Storage>) -> SeenLists {
        SeenLists::recall(Arc::clone(storage), PROVIDER.digest).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_seen_is_known_after_a_restart_and_never_goes_back() {
        let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::in_memory().unwrap());
        let seen = recall(&storage).await;
        assert_eq!(seen.newest(&need("a")), None);
        seen.remember(&need("a"), NOW, NOW).await;
        seen.remember(&need("a"), NOW.minus(5), NOW).await;
        assert_eq!(seen.newest(&need("a")), Some(NOW));
        let again = recall(&storage).await;
        assert_eq!((again.newest(&need("a")), again.newest(&need("b"))), (Some(NOW), None));
        // Another process that knew less does not take it back.
        let other = SeenLists::empty(Arc::clone(&storage), PROVIDER.digest);
        other.remember(&need("a"), NOW.minus(5), NOW).await;
        assert_eq!(recall(&storage).await.newest(&need("a")), Some(NOW));
    }

    #[test]
    fn the_memory_is_bounded_in_time_and_number() {
        let mut times = Times::new();
        note(
            &mut times,
            "old".to_owned(),
            NOW.minus(MAX_LIFETIME).minus(CLOCK_SKEW),
            NOW,
        );
        assert_eq!(times.len(), 1);
        note(&mut times, "new".to_owned(), NOW, NOW.plus(1));
        assert_eq!(times.keys().collect::<Vec<_>>(), ["new"]);
        for index in 0..MAX_ADDRESSES {
            note(&mut times, index.to_string(), NOW.plus(1), NOW);
        }
        assert_eq!((times.len(), times.contains_key("new")), (MAX_ADDRESSES, false));
    }
}
