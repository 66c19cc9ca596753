//! What Prometheus is told: issuances and replays as they happen, the rest when it asks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use mahfada_base::{Seconds, UnixTime};
use mahfada_storage::StorageError;
use mahfada_telemetry::Metrics;
use mahfada_web::keys::SigningIdentity;

use crate::app::App;

/// The format label of every credential here.
pub(crate) const FORMAT: &str = "dc+sd-jwt";

/// How long a count of the status lists stands, in seconds: it reads every entry.
const COUNT_STANDS: Seconds = 60;

/// What earlier scrapes left behind.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// The failures of webhooks that have been counted already.
    failures: AtomicU64,
    /// When the status lists were last counted.
    lists: Mutex<Option<UnixTime>>,
}

/// Sets the gauges that are read and not counted.
pub(crate) async fn before_scrape(app: &App, metrics: &Metrics) {
    set_expiries(app, metrics);
    set_list_ages(app, metrics);
    if app.measured.count_is_due(app.clock.now())
        && let Err(error) = set_capacities(app, metrics).await
    {
        tracing::warn!(code = error.code(), "the use of the status lists is not measured");
    }
    match app.events.backlog().await {
        Ok(count) => metrics.set_webhook_backlog(count),
        Err(error) => tracing::warn!(code = error.code(), "the backlog of webhooks is not measured"),
    }
    let failures = app.events.failures();
    let counted = app.measured.failures.swap(failures, Ordering::Relaxed);
    for _ in counted..failures {
        metrics.webhook_failure();
    }
}

impl Measured {
    /// Tells whether the status lists are to be counted now, and keeps everybody else from it.
    ///
    /// A count that fails is not tried again before its time: a store in need is not asked for more.
    fn count_is_due(&self, now: UnixTime) -> bool {
        let mut counted_at = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let stands = counted_at.is_some_and(|at| (0..COUNT_STANDS).contains(&now.since(at)));
        if !stands {
            *counted_at = Some(now);
        }
        !stands
    }
}

/// The first certificate that expires speaks for its kind.
fn set_expiries(app: &App, metrics: &Metrics) {
    let now = app.clock.now();
    let left = |identity: &SigningIdentity| identity.leaf().map(|leaf| leaf.not_after().since(now));
    let signing: Option<Seconds> = app.issuers.iter().filter_map(|issuer| left(&issuer.signing)).min();
    let status: Option<Seconds> = app
        .issuers
        .iter()
        .filter_map(|issuer| left(&issuer.status.signing))
        .min();
    for (kind, seconds) in [("credential_signing", signing), ("status_signing", status)] {
        if let Some(seconds) = seconds {
            metrics.set_cert_expiry_seconds(kind, seconds);
        }
    }
}

fn set_list_ages(app: &App, metrics: &Metrics) {
    let now = app.clock.now();
    for issuer in &app.issuers {
        if let Some(signed_at) = app.status_tokens.signed_at(&issuer.status) {
            let age = u64::try_from(now.since(signed_at)).unwrap_or_default();
            metrics.set_status_list_age_seconds(&issuer.config.slug, age);
        }
    }
}

async fn set_capacities(app: &App, metrics: &Metrics) -> Result<(), StorageError> {
    for issuer in &app.issuers {
        let used = app.storage.read_status_list_used(&issuer.status.uri).await?;
        // No list has more than 2^25 entries, so both are exact.
        let used = f64::from(u32::try_from(used).unwrap_or(u32::MAX));
        let ratio = used / f64::from(issuer.status.size);
        metrics.set_status_list_capacity_used_ratio(&issuer.config.slug, ratio);
    }
    Ok(())
}
