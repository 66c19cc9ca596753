//! The metrics of the services; their names are a contract with dashboards and alerts.

mod families;
mod lone;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use self::families::{
    Families, HttpLabels, IssuanceLabels, KindLabel, ListLabel, PresentationLabels, RpLabel, StepLabel,
};
use crate::label::Vocabulary;

const PREFIX: &str = "mahfada";

/// What a service counts and measures; clones share the numbers.
///
/// A family is shown from the first time that something happened to it, so a service shows only what it knows. No label
/// names a person, a credential, a session or an address.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    families: Families,
    types: Vocabulary,
    procedures: Vocabulary,
    parties: Vocabulary,
    failures: Vocabulary,
    lists: Vocabulary,
    routes: Vocabulary,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Starts with nothing counted.
    #[must_use]
    pub fn new() -> Self {
        let families = Families::new();
        let mut registry = Registry::with_prefix(PREFIX);
        families.register(&mut registry);
        Self(Arc::new(Inner {
            registry,
            families,
            types: Vocabulary::default(),
            procedures: Vocabulary::default(),
            parties: Vocabulary::default(),
            failures: Vocabulary::default(),
            lists: Vocabulary::default(),
            routes: Vocabulary::default(),
        }))
    }

    /// Counts a credential request: the credential configuration, its format, and how it ended.
    pub fn issued(&self, configuration_id: &str, format: &'static str, outcome: &'static str) {
        let labels = IssuanceLabels {
            r#type: self.0.types.admit(configuration_id),
            format,
            outcome,
        };
        self.0.families.issuance.get_or_create(&labels).inc();
    }

    /// Counts a presentation that ended: the agency, the name of its saved query or purpose, how it ended and, when it
    /// was refused, the stable code of the first failed check.
    pub fn presentation(&self, rp: &str, procedure: &str, outcome: &'static str, failure_code: &str) {
        let labels = PresentationLabels {
            rp: self.0.parties.admit(rp),
            procedure: self.0.procedures.admit(procedure),
            outcome,
            failure_code: self.0.failures.admit(failure_code),
        };
        self.0.families.presentations.get_or_create(&labels).inc();
    }

    /// Counts a citizen's refusal, as far as the wallet says so.
    pub fn consent_refused(&self, rp: &str) {
        self.0.families.consent_refused.get_or_create(&self.rp(rp)).inc();
    }

    /// Counts a request that was not made, since the agency is not registered for what it asks.
    pub fn overask_blocked(&self, rp: &str) {
        self.0.families.overask_blocked.get_or_create(&self.rp(rp)).inc();
    }

    /// Records how long one step of a verification took.
    pub fn verification_step(&self, step: &'static str, took: Duration) {
        let family = &self.0.families.verification_step;
        family.get_or_create(&StepLabel { step }).observe(took.as_secs_f64());
    }

    /// Records the time from the request of an agency to the answer of the wallet.
    pub fn time_to_present(&self, took: Duration) {
        self.0
            .families
            .time_to_present
            .get_or_create()
            .observe(took.as_secs_f64());
    }

    /// Counts a nonce or another one-time value that came a second time.
    pub fn nonce_replay(&self) {
        self.0.families.nonce_replay.get_or_create().inc();
    }

    /// Counts a delivery to a webhook that failed.
    pub fn webhook_failure(&self) {
        self.0.families.webhook_failures.get_or_create().inc();
    }

    /// Sets the number of presentations or card sessions that are open.
    pub fn set_session_active(&self, count: u64) {
        self.0.families.session_active.get_or_create().set(count);
    }

    /// Sets the share of ended sessions that were answered, from 0 to 1.
    pub fn set_session_completion_ratio(&self, ratio: f64) {
        self.0.families.session_completion_ratio.get_or_create().set(ratio);
    }

    /// Sets the age of the status list as it is served or held.
    pub fn set_status_list_age_seconds(&self, list: &str, seconds: u64) {
        let family = &self.0.families.status_list_age;
        family.get_or_create(&self.list(list)).set(seconds);
    }

    /// Sets the share of a status list's indexes that are allocated, from 0 to 1.
    pub fn set_status_list_capacity_used_ratio(&self, list: &str, ratio: f64) {
        let family = &self.0.families.status_list_capacity_used;
        family.get_or_create(&self.list(list)).set(ratio);
    }

    /// Sets the time since a trust list was issued.
    pub fn set_trust_list_age_seconds(&self, list: &str, seconds: u64) {
        let family = &self.0.families.trust_list_age;
        family.get_or_create(&self.list(list)).set(seconds);
    }

    /// Sets the time until a trust list must have been replaced; negative when that time has passed.
    pub fn set_trust_list_next_update_seconds(&self, list: &str, seconds: i64) {
        let family = &self.0.families.trust_list_next_update;
        family.get_or_create(&self.list(list)).set(seconds);
    }

    /// Sets the time until the first certificate of a kind expires; negative when it has.
    pub fn set_cert_expiry_seconds(&self, kind: &'static str, seconds: i64) {
        let family = &self.0.families.cert_expiry;
        family.get_or_create(&KindLabel { kind }).set(seconds);
    }

    /// Sets the number of webhook deliveries that wait.
    pub fn set_webhook_backlog(&self, count: u64) {
        self.0.families.webhook_backlog.get_or_create().set(count);
    }

    /// Records an answered HTTP request by its route pattern; `route` must never be the path itself.
    pub(crate) fn http_request(&self, route: &str, status: u16, took: Duration) {
        let labels = HttpLabels {
            route: self.0.routes.admit(route),
            status,
        };
        let family = &self.0.families.http_request_duration;
        family.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Writes everything in the `OpenMetrics` text format.
    #[must_use]
    pub fn expose(&self) -> String {
        let mut exposition = String::new();
        // Writing into a string cannot fail, and no encoder of ours does.
        match text::encode(&mut exposition, &self.0.registry) {
            Ok(()) => exposition,
            Err(fmt::Error) => String::new(),
        }
    }

    fn rp(&self, rp: &str) -> RpLabel {
        RpLabel {
            rp: self.0.parties.admit(rp),
        }
    }

    fn list(&self, list: &str) -> ListLabel {
        ListLabel {
            list: self.0.lists.admit(list),
        }
    }
}

#[cfg(test)]
mod tests;
