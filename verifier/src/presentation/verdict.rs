//! What came of a presentation: the report, and the disclosed claims if every check holds.

use std::collections::BTreeMap;

use mahfada_base::Report;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reuse::REUSED;

/// The claims of accepted presentations by credential query.
pub(crate) type DisclosedClaims = BTreeMap<String, Vec<Map<String, Value>>>;

/// The result of judging an answer.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    report: Report,
    claims: DisclosedClaims,
}

/// How an answered presentation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    /// Every check holds.
    Accepted,
    /// A check does not hold.
    Rejected,
    /// The wallet gave no presentation.
    Refused,
}

/// A verdict as it lies sealed in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FiledVerdict {
    /// How it ended.
    pub(crate) decision: Decision,
    /// The stable code of the first check that does not hold.
    pub(crate) reason: Option<String>,
    /// The lines of the report.
    pub(crate) report: Value,
    /// The claims; empty unless accepted.
    pub(crate) claims: DisclosedClaims,
}

impl Verdict {
    /// Joins a report and the claims it covers; claims of a report that does not accept are dropped here.
    pub(crate) fn new(report: Report, claims: DisclosedClaims) -> Self {
        let claims = if report.accepts() {
            claims
        } else {
            DisclosedClaims::new()
        };
        Self { report, claims }
    }

    /// Tells whether every check holds.
    pub(crate) fn accepts(&self) -> bool {
        self.report.accepts()
    }

    /// Adds that no credential of the answer was accepted by this agency before.
    pub(crate) fn first_use(mut self) -> Self {
        self.report.passed("first_use");
        self
    }

    /// Adds that one was (TV-39).
    pub(crate) fn reused(mut self) -> Self {
        self.report
            .failed(REUSED, "the agency has accepted this copy of a credential before");
        Self::new(self.report, self.claims)
    }

    /// Makes what the store keeps.
    pub(crate) fn file(self) -> Result<FiledVerdict, serde_json::Error> {
        let decision = if self.report.accepts() {
            Decision::Accepted
        } else {
            Decision::Rejected
        };
        FiledVerdict::new(decision, &self.report, self.claims)
    }
}

impl FiledVerdict {
    /// Makes the verdict on a wallet that answered with an error.
    pub(crate) fn refused(code: &'static str) -> Result<Self, serde_json::Error> {
        let mut report = Report::new();
        report.failed(code, "the wallet gave no presentation");
        Self::new(Decision::Refused, &report, DisclosedClaims::new())
    }

    fn new(decision: Decision, report: &Report, claims: DisclosedClaims) -> Result<Self, serde_json::Error> {
        let reason = report.first_failure().map(|check| check.code.clone().into_owned());
        Ok(Self {
            decision,
            reason,
            report: serde_json::to_value(report)?,
            claims,
        })
    }

    /// Returns the stable code for the audit trail.
    pub(crate) fn outcome(&self) -> &str {
        self.reason.as_deref().unwrap_or("accepted")
    }
}
