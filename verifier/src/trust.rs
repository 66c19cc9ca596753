//! The trust store of the running service: refreshed on time, and at once when a list has expired.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use mahfada_base::{Clock, Report, Seconds, UnixTime};
use mahfada_crypto::CryptoProvider;
use mahfada_storage::{Outcome, Storage, StorageError, UnitOfWork};
use mahfada_trust::{TrustRole, TrustStore};
use mahfada_web::client::OutboundClient;
use mahfada_web::trust_client::{TRUST_MEMORY_KEY, TrustSource};
use tokio::sync::Mutex;

/// The shortest time between two refreshes that requests ask for, in seconds.
const LEAST_INTERVAL: Seconds = 5;

/// The trust store and where it comes from.
#[derive(Debug)]
pub(crate) struct LiveTrust {
    store: RwLock<TrustStore>,
    origin: Option<Origin>,
    last_refresh: Mutex<Option<UnixTime>>,
}

/// What a refresh needs.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) source: TrustSource,
    pub(crate) client: OutboundClient,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) crypto: &'static CryptoProvider,
}

impl LiveTrust {
    /// Takes a store and where it is refreshed from; without an origin it stays as it is.
    pub(crate) fn new(store: TrustStore, origin: Option<Origin>) -> Self {
        Self {
            store: RwLock::new(store),
            origin,
            last_refresh: Mutex::default(),
        }
    }

    /// Returns the store to decide with; the guard must not live across an await.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, TrustStore> {
        // A store is changed by one call that ends before the lock does, so a poisoned one is whole.
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches the lists and remembers what was accepted, so that nothing older is accepted after a restart.
    pub(crate) async fn refresh(&self) -> Report {
        let mut last = self.last_refresh.lock().await;
        self.refresh_from(&mut last).await
    }

    /// Refreshes when a list has expired, but not with every request.
    pub(crate) async fn ensure_current(&self, now: UnixTime) {
        if self.is_current(now) {
            return;
        }
        let mut last = self.last_refresh.lock().await;
        let recent = last.is_some_and(|last| (0..LEAST_INTERVAL).contains(&now.since(last)));
        if !recent && !self.is_current(now) {
            self.refresh_from(&mut last).await;
        }
    }

    /// Refreshes for as long as it is polled; suspensions are seen within the interval (decision D10).
    pub(crate) async fn keep_current(&self) {
        let Some(origin) = &self.origin else {
            return std::future::pending().await;
        };
        let period = Duration::from_secs(origin.source.refresh_seconds.max(1));
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let report = self.refresh().await;
            if let Some(failure) = report.first_failure() {
                tracing::warn!(code = %failure.code, "the trust lists were not refreshed completely");
            }
        }
    }

    /// Tells whether every list that the root names signers for is at hand and has not expired.
    pub(crate) fn is_current(&self, now: UnixTime) -> bool {
        let store = self.read();
        TrustRole::ALL
            .into_iter()
            .filter(|role| !store.root().document().list_signers(*role).is_empty())
            .all(|role| store.list(role).is_some_and(|list| list.is_current(now)))
    }

    /// Tells whether any list is at hand.
    pub(crate) fn has_lists(&self) -> bool {
        let store = self.read();
        TrustRole::ALL.into_iter().any(|role| store.list(role).is_some())
    }

    async fn refresh_from(&self, last: &mut Option<UnixTime>) -> Report {
        let Some(origin) = &self.origin else {
            return Report::new();
        };
        let now = origin.clock.now();
        *last = Some(now);
        let refreshed = origin
            .source
            .refresh(&origin.client, &self.store, now, origin.crypto)
            .await;
        if let Err(error) = remember(&*origin.storage, refreshed.memory).await {
            tracing::error!(code = error.code(), "the memory of the trust lists was not kept");
        }
        refreshed.report
    }
}

/// Reads what an earlier run remembered.
pub(crate) async fn recall(storage: &dyn Storage) -> Result<Option<String>, StorageError> {
    storage
        .execute(|unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
            Ok(Outcome::Commit(unit.trust_memory().get(TRUST_MEMORY_KEY)?))
        })
        .await?
}

async fn remember(storage: &dyn Storage, memory: String) -> Result<(), StorageError> {
    storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                if unit.trust_memory().get(TRUST_MEMORY_KEY)?.as_deref() != Some(memory.as_str()) {
                    unit.trust_memory().put(TRUST_MEMORY_KEY, &memory)?;
                }
                Ok(Outcome::Commit(()))
            },
        )
        .await?
}
