//! What Prometheus is told when it asks: how old the lists are, and what expires when.

use mahfada_base::Seconds;
use mahfada_telemetry::Metrics;

use crate::app::Registry;

/// Sets the gauges that are read and not counted.
pub(crate) fn before_scrape(registry: &Registry, metrics: &Metrics) {
    let now = registry.now();
    for (role, edition) in registry.editions() {
        let age = u64::try_from(now.since(edition.issued_at)).unwrap_or_default();
        metrics.set_trust_list_age_seconds(role.slug(), age);
        metrics.set_trust_list_next_update_seconds(role.slug(), edition.next_update.since(now));
    }
    // The first certificate that expires speaks for its kind.
    let maker = registry.publisher().maker();
    let lists: Option<Seconds> = maker
        .signers
        .values()
        .filter_map(|identity| identity.leaf())
        .map(|leaf| leaf.not_after().since(now))
        .min();
    let registration = registry
        .registrar()
        .and_then(|registrar| registrar.identity().leaf())
        .map(|leaf| leaf.not_after().since(now));
    let root = Some(maker.root.document().expires.since(now));
    for (kind, seconds) in [
        ("list_signing", lists),
        ("registration_signing", registration),
        ("root_document", root),
    ] {
        if let Some(seconds) = seconds {
            metrics.set_cert_expiry_seconds(kind, seconds);
        }
    }
}
