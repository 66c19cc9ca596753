//! The report of a verification: one line per check.

use std::borrow::Cow;

use serde::Serialize;

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// The check was made and holds.
    Passed,
    /// The check was made and does not hold.
    Failed,
    /// The check holds with a reservation that the detail names.
    Warning,
    /// The check was not made; the detail says why.
    NotChecked,
}

/// One line of a report.
///
/// The code is stable and meant for machines; the detail is for people and never holds a claim value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The stable name of the check, or of what was found wrong.
    pub code: Cow<'static, str>,
    /// How it ended.
    pub status: CheckStatus,
    /// What a person should know; no personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A list of checks in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Report {
    checks: Vec<Check>,
}

impl Report {
    /// Starts an empty report.
    #[must_use]
    pub const fn new() -> Self {
        Self { checks: Vec::new() }
    }

    /// Adds a line.
    pub fn record(&mut self, code: impl Into<Cow<'static, str>>, status: CheckStatus, detail: Option<String>) {
        self.checks.push(Check {
            code: code.into(),
            status,
            detail,
        });
    }

    /// Adds a check that holds.
    pub fn passed(&mut self, code: impl Into<Cow<'static, str>>) {
        self.record(code, CheckStatus::Passed, None);
    }

    /// Adds a check that does not hold.
    pub fn failed(&mut self, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        self.record(code, CheckStatus::Failed, Some(detail.into()));
    }

    /// Adds a check that holds with a reservation.
    pub fn warning(&mut self, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        self.record(code, CheckStatus::Warning, Some(detail.into()));
    }

    /// Adds a check that was not made.
    pub fn not_checked(&mut self, code: impl Into<Cow<'static, str>>, why: impl Into<String>) {
        self.record(code, CheckStatus::NotChecked, Some(why.into()));
    }

    /// Returns the lines in order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Returns the first check that does not hold.
    #[must_use]
    pub fn first_failure(&self) -> Option<&Check> {
        self.checks.iter().find(|check| check.status == CheckStatus::Failed)
    }

    /// Tells whether at least one check was made and none failed; an empty report accepts nothing.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.first_failure().is_none() && self.checks.iter().any(|check| check.status == CheckStatus::Passed)
    }

    /// Takes over the lines of another report.
    pub fn extend(&mut self, other: Self) {
        self.checks.extend(other.checks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_report_accepts_nothing() {
        assert!(!Report::new().accepts());
        let mut report = Report::new();
        report.not_checked("status", "no list");
        assert!(!report.accepts());
        report.passed("signature");
        assert!(report.accepts());
        report.failed("kb_nonce", "another nonce");
        assert!(!report.accepts());
        assert_eq!(report.first_failure().unwrap().code, "kb_nonce");
    }
}
