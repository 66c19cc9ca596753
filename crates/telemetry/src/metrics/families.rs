//! The families, their labels and their one-line descriptions.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use super::lone::Lone;

type Count = Gauge<u64, AtomicU64>;
type Ratio = Gauge<f64, AtomicU64>;
type SecondsLeft = Gauge<i64, AtomicI64>;

const REQUEST_BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0];
const STEP_BUCKETS: [f64; 9] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 1.0, 5.0];
const PRESENT_BUCKETS: [f64; 8] = [1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct HttpLabels {
    pub(super) route: String,
    pub(super) status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct IssuanceLabels {
    pub(super) r#type: String,
    pub(super) format: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct PresentationLabels {
    pub(super) rp: String,
    pub(super) procedure: String,
    pub(super) outcome: &'static str,
    pub(super) failure_code: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct RpLabel {
    pub(super) rp: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct StepLabel {
    pub(super) step: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ListLabel {
    pub(super) list: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct KindLabel {
    pub(super) kind: &'static str,
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

pub(super) struct Families {
    pub(super) http_request_duration: Histograms<HttpLabels>,
    pub(super) issuance: Family<IssuanceLabels, Counter>,
    pub(super) presentations: Family<PresentationLabels, Counter>,
    pub(super) consent_refused: Family<RpLabel, Counter>,
    pub(super) overask_blocked: Family<RpLabel, Counter>,
    pub(super) verification_step: Histograms<StepLabel>,
    pub(super) time_to_present: Lone<Histogram>,
    pub(super) nonce_replay: Lone<Counter>,
    pub(super) webhook_failures: Lone<Counter>,
    pub(super) webhook_backlog: Lone<Count>,
    pub(super) session_active: Lone<Count>,
    pub(super) session_completion_ratio: Lone<Ratio>,
    pub(super) status_list_age: Family<ListLabel, Count>,
    pub(super) status_list_capacity_used: Family<ListLabel, Ratio>,
    pub(super) trust_list_age: Family<ListLabel, Count>,
    pub(super) trust_list_next_update: Family<ListLabel, SecondsLeft>,
    pub(super) cert_expiry: Family<KindLabel, SecondsLeft>,
}

impl Families {
    pub(super) fn new() -> Self {
        Self {
            http_request_duration: Family::new_with_constructor(|| Histogram::new(REQUEST_BUCKETS)),
            issuance: Family::default(),
            presentations: Family::default(),
            consent_refused: Family::default(),
            overask_blocked: Family::default(),
            verification_step: Family::new_with_constructor(|| Histogram::new(STEP_BUCKETS)),
            time_to_present: Lone::new(|| Histogram::new(PRESENT_BUCKETS)),
            nonce_replay: Lone::default(),
            webhook_failures: Lone::default(),
            webhook_backlog: Lone::default(),
            session_active: Lone::default(),
            session_completion_ratio: Lone::default(),
            status_list_age: Family::default(),
            status_list_capacity_used: Family::default(),
            trust_list_age: Family::default(),
            trust_list_next_update: Family::default(),
            cert_expiry: Family::default(),
        }
    }

    /// Names each family; the format itself appends `_total` to counters.
    pub(super) fn register(&self, registry: &mut Registry) {
        let mut add = Naming(registry);
        add.family(
            "http_request_duration_seconds",
            "Time to answer a request",
            &self.http_request_duration,
        );
        add.family("issuance", "Credential requests by how they ended", &self.issuance);
        add.family("presentations", "Presentations that ended", &self.presentations);
        add.family(
            "consent_refused",
            "Requests that citizens refused",
            &self.consent_refused,
        );
        add.family(
            "overask_blocked",
            "Requests for more than is registered",
            &self.overask_blocked,
        );
        add.family(
            "verification_step_seconds",
            "Time of a step of a verification",
            &self.verification_step,
        );
        add.family(
            "time_to_present_seconds",
            "Time from the request to the answer",
            &self.time_to_present,
        );
        add.family("nonce_replay", "One-time values that came again", &self.nonce_replay);
        add.family(
            "webhook_failures",
            "Webhook deliveries that failed",
            &self.webhook_failures,
        );
        add.family("webhook_backlog", "Webhook deliveries that wait", &self.webhook_backlog);
        add.family("session_active", "Sessions that are open", &self.session_active);
        add.family(
            "session_completion_ratio",
            "Share of ended sessions answered",
            &self.session_completion_ratio,
        );
        add.family("status_list_age_seconds", "Age of a status list", &self.status_list_age);
        add.family(
            "status_list_capacity_used_ratio",
            "Share of indexes in use",
            &self.status_list_capacity_used,
        );
        add.family("trust_list_age_seconds", "Age of a trust list", &self.trust_list_age);
        add.family(
            "trust_list_next_update_seconds",
            "Time until the next update is due",
            &self.trust_list_next_update,
        );
        add.family(
            "cert_expiry_seconds",
            "Time until the first certificate expires",
            &self.cert_expiry,
        );
    }
}

struct Naming<'registry>(&'registry mut Registry);

impl Naming<'_> {
    fn family(&mut self, name: &'static str, help: &'static str, family: &(impl Metric + Clone)) {
        self.0.register(name, help, family.clone());
    }
}
