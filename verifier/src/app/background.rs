//! What runs beside the requests: purging, and the gauges that a scrape reads.

use std::sync::atomic::Ordering;
use std::time::Duration;

use mahfada_base::{CLOCK_SKEW, UnixTime};
use mahfada_storage::StorageError;
use mahfada_telemetry::Metrics;
use mahfada_trust::TrustRole;

use super::App;

/// The time between two purges.
const PURGE_PERIOD: Duration = Duration::from_hours(1);

impl App {
    /// Purges now and then for as long as it is polled.
    pub(super) async fn keep_purged(&self) {
        let mut ticks = tokio::time::interval(PURGE_PERIOD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.purge().await {
                tracing::warn!(code = error.code(), "what has ended was not purged");
            }
        }
    }

    /// Forgets what has ended for long enough: used values, presentations with their claims, events.
    pub(crate) async fn purge(&self) -> Result<(), StorageError> {
        let (now, retention) = (self.clock.now(), self.retention);
        let (until, storage) = (now.minus(CLOCK_SKEW), &self.storage);
        let ended = storage.purge_all(move |unit| unit.purge_expired(until)).await?;
        let until = now.minus(retention.presentations_seconds);
        let presentations = storage
            .purge_all(move |unit| unit.presentations().purge_before(until))
            .await?;
        let until = now.minus(retention.events_seconds);
        let events = storage.purge_all(move |unit| unit.events().purge_before(until)).await?;
        tracing::debug!(ended, presentations, events, "purged");
        Ok(())
    }

    /// Sets the gauges that are read and not counted.
    pub(crate) async fn refresh_gauges(&self, metrics: Metrics) {
        let now = self.clock.now();
        if let Ok(open) = self.storage.read(move |reading| reading.open_presentations(now)).await {
            metrics.set_session_active(open);
        }
        if let Ok(backlog) = self.events.backlog().await {
            metrics.set_webhook_backlog(backlog);
        }
        self.count_webhook_failures(&metrics);
        self.measure_trust(&metrics, now);
        for (organization, issued_at) in self.status.issue_times() {
            metrics.set_status_list_age_seconds(&organization, seconds(now.since(issued_at)));
        }
    }

    fn count_webhook_failures(&self, metrics: &Metrics) {
        let failures = self.events.failures();
        for _ in self.failures_counted.fetch_max(failures, Ordering::Relaxed)..failures {
            metrics.webhook_failure();
        }
    }

    fn measure_trust(&self, metrics: &Metrics, now: UnixTime) {
        let store = self.trust.read();
        for list in TrustRole::ALL.into_iter().filter_map(|role| store.list(role)) {
            let name = list.role().slug();
            metrics.set_trust_list_age_seconds(name, seconds(now.since(list.issued_at())));
            metrics.set_trust_list_next_update_seconds(name, list.next_update().since(now));
        }
        let access = self.agencies.iter().flat_map(|agency| &agency.access.chain);
        if let Some(first) = access.map(mahfada_x509::Certificate::not_after).min() {
            metrics.set_cert_expiry_seconds("access", first.since(now));
        }
        let registrations = self.agencies.iter().filter_map(|agency| {
            let verified = agency.verify_registration(&store, now, self.crypto).ok()?;
            Some(verified.certificate().exp)
        });
        if let Some(first) = registrations.min() {
            metrics.set_cert_expiry_seconds("registration", first.since(now));
        }
    }
}

/// A clock that went back makes nothing younger than new.
fn seconds(age: i64) -> u64 {
    u64::try_from(age).unwrap_or(0)
}
