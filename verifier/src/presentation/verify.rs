//! The checks of an answer, as pure functions (OpenID4VP 1.0 §8.6).
//!
//! [`examine`] makes every check but status; what it returns names the status lists to be fetched, and
//! [`Examined::conclude`] makes the rest. One bad presentation rejects the whole answer.

mod checks;
mod disclosed;
mod refusal;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use mahfada_base::{Report, Seconds, UnixTime};
use mahfada_credential::{Claims, IssuerTrust, StatusVerdict, VerifiedCredential};
use mahfada_crypto::CryptoProvider;
use mahfada_openid4vp::{DcqlQuery, VpToken, satisfied_by, unrequested};

use self::checks::Line;
use self::refusal::Refusal;
use super::status::{StatusAnswer, StatusNeed};
use super::verdict::Verdict;

/// The most presentations of one answer.
const MAX_PRESENTATIONS: usize = 32;

/// What the answer must fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    /// The client identifier: the audience of key bindings.
    pub(crate) client_id: &'a str,
    /// The nonce of the request.
    pub(crate) nonce: &'a str,
    /// The query of the request.
    pub(crate) query: &'a DcqlQuery,
    /// The greatest age of a key binding, in seconds.
    pub(crate) max_age: Seconds,
    /// The present time.
    pub(crate) now: UnixTime,
}

/// An answer of which everything but status and query has been checked.
#[derive(Debug)]
pub(crate) struct Examined<'a> {
    expected: Expected<'a>,
    report: Report,
    /// The credentials by query; only filled when nothing failed.
    credentials: BTreeMap<String, Vec<VerifiedCredential>>,
    /// An answer to a question that was not asked; never looked into.
    stray: bool,
    failed: bool,
}

/// Checks format, issuer, signature, validity and key binding of every presentation.
pub(crate) fn examine<'a>(
    vp_token: &VpToken,
    expected: Expected<'a>,
    trust: &dyn IssuerTrust,
    crypto: &CryptoProvider,
) -> Examined<'a> {
    let mut report = Report::new();
    report.passed("response_decrypted");
    let stray = vp_token.keys().any(|id| expected.query.credential(id).is_none());
    match verify_all(vp_token, &expected, trust, crypto) {
        Ok(credentials) => {
            checks::record_until_key_binding(&mut report, &credentials, expected.query);
            Examined {
                expected,
                report,
                credentials,
                stray,
                failed: false,
            }
        }
        Err(refusal) => {
            refusal.record(&mut report);
            Examined {
                expected,
                report,
                credentials: BTreeMap::new(),
                stray,
                failed: true,
            }
        }
    }
}

impl Examined<'_> {
    /// Returns the status lists that the conclusion needs.
    pub(crate) fn status_needs(&self) -> BTreeSet<StatusNeed> {
        self.credentials.values().flatten().filter_map(need_of).collect()
    }

    /// Checks status and query, and returns the verdict. A status list that is not among `answers` is unavailable.
    pub(crate) fn conclude(mut self, answers: &BTreeMap<StatusNeed, StatusAnswer>) -> Verdict {
        if self.failed {
            return Verdict::new(self.report, BTreeMap::new());
        }
        let status = self.check_status(answers);
        let held = status.holds();
        status.record(&mut self.report, "status");
        if !held {
            self.report
                .not_checked("query_satisfied", "an earlier check does not hold");
            return Verdict::new(self.report, BTreeMap::new());
        }
        match self.check_query() {
            Ok(()) => self.report.passed("query_satisfied"),
            Err(detail) => self.report.failed("dcql_unsatisfied", detail),
        }
        let claims = disclosed::claims(&self.credentials);
        Verdict::new(self.report, claims)
    }

    fn check_status(&self, answers: &BTreeMap<StatusNeed, StatusAnswer>) -> Line {
        let mut line = Line::NotChecked("no credential has a status");
        for credential in self.credentials.values().flatten() {
            if let Some(reference) = credential.status() {
                let answer = need_of(credential).and_then(|need| answers.get(&need));
                line = line.and(status_line(reference.idx, answer));
            }
        }
        line
    }

    /// TV-15: the wallet's own matching is never relied on.
    fn check_query(&self) -> Result<(), &'static str> {
        if self.stray {
            return Err("a presentation answers no credential query");
        }
        // A query of options alone is satisfied by nothing, but nothing is no ground to accept.
        if self.credentials.values().all(Vec::is_empty) {
            return Err("the answer has no presentation");
        }
        let presented: BTreeMap<String, Vec<Claims<'_>>> = self
            .credentials
            .iter()
            .map(|(id, credentials)| (id.clone(), credentials.iter().map(VerifiedCredential::claims).collect()))
            .collect();
        satisfied_by(self.expected.query, &presented).map_err(|_| "the presentations do not answer the query")?;
        let excess = self.credentials.iter().any(|(id, credentials)| {
            let wanted = self.expected.query.credential(id);
            credentials.iter().any(|credential| {
                let disclosed = credential.sd_jwt().disclosed_paths();
                wanted.is_none_or(|wanted| !unrequested(wanted, &disclosed).is_empty())
            })
        });
        if excess {
            Err("a presentation discloses what was not asked for")
        } else {
            Ok(())
        }
    }
}

fn verify_all(
    vp_token: &VpToken,
    expected: &Expected<'_>,
    trust: &dyn IssuerTrust,
    crypto: &CryptoProvider,
) -> Result<BTreeMap<String, Vec<VerifiedCredential>>, Refusal> {
    let count: usize = vp_token.values().map(Vec::len).sum();
    if count > MAX_PRESENTATIONS {
        return Err(Refusal::TooMany);
    }
    // Every presentation passes one check before any is put to the next, so that the report names the first that fails.
    let parsed = checks::parse(vp_token, expected.query)?;
    let verified = checks::verify(parsed, trust, expected.now, crypto)?;
    checks::key_bindings(&verified, expected, crypto)?;
    Ok(verified)
}

fn need_of(credential: &VerifiedCredential) -> Option<StatusNeed> {
    credential.status().map(|reference| StatusNeed {
        uri: reference.uri.clone(),
        organization: credential.issuer().organization_identifier().to_owned(),
    })
}

/// Fails closed: an unknown status is no ground to accept (decision D10, TV-24).
fn status_line(idx: u64, answer: Option<&StatusAnswer>) -> Line {
    let copy = match answer {
        Some(Ok(copy)) => copy,
        Some(Err(code)) => {
            return Line::Failed(code, "the status of a credential cannot be relied on");
        }
        None => return Line::Failed("status_unavailable", "the status list was not fetched"),
    };
    let verdict = match copy.list.status(idx) {
        Ok(status) => StatusVerdict::from(status),
        Err(error) => return Line::Failed(error.code(), "the status list has no such entry"),
    };
    match verdict.code() {
        Some(code) => Line::Failed(code, "the issuer has taken a credential back"),
        None if copy.stale => Line::Warning("the status list could not be fetched again; an earlier copy was used"),
        None => Line::Passed,
    }
}
