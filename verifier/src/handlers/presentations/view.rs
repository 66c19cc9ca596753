//! What an agency reads about a presentation.

use mahfada_base::UnixTime;
use mahfada_storage::{Presentation, PresentationFlow, PresentationState};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::presentation::verdict::{Decision, DisclosedClaims, FiledVerdict};

/// How the request reaches the wallet.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flow {
    /// By a code that another device scans.
    CrossDevice,
    /// By a link on the device of the browser.
    SameDevice,
}

/// What an agency reads; the verdict of a same-device presentation is withheld until the citizen is back (TV-32).
#[derive(Debug, Serialize)]
pub(super) struct PresentationView {
    presentation_id: String,
    state: &'static str,
    /// A cross-device answer may come from somebody else than the person before the screen.
    flow: Flow,
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<DisclosedClaims>,
    expires_at: UnixTime,
}

impl PresentationView {
    /// Shows a record and its opened verdict at a time.
    pub(super) fn new(record: &Presentation, verdict: Option<FiledVerdict>, now: UnixTime) -> Self {
        let refused = verdict
            .as_ref()
            .is_some_and(|verdict| verdict.decision == Decision::Refused);
        let state = match (record.state, record.flow) {
            (PresentationState::Open, _) if record.expires_at < now => "expired",
            (PresentationState::Open, _) => "open",
            _ if refused => "refused",
            (PresentationState::Answered, PresentationFlow::SameDevice) => "awaiting_return",
            _ => "answered",
        };
        // What has not been completed in the browser that began it does not count.
        let verdict = verdict.filter(|_| matches!(state, "answered" | "refused"));
        let accepted = verdict
            .as_ref()
            .is_some_and(|verdict| verdict.decision == Decision::Accepted);
        let (reason, report, claims) = match verdict {
            Some(verdict) => (verdict.reason, Some(verdict.report), accepted.then_some(verdict.claims)),
            None => (None, None, None),
        };
        Self {
            presentation_id: record.id.to_string(),
            state,
            flow: record.flow.into(),
            accepted,
            reason,
            verdict: report,
            claims,
            expires_at: record.expires_at,
        }
    }
}

impl From<Flow> for PresentationFlow {
    fn from(flow: Flow) -> Self {
        match flow {
            Flow::CrossDevice => Self::CrossDevice,
            Flow::SameDevice => Self::SameDevice,
        }
    }
}

impl From<PresentationFlow> for Flow {
    fn from(flow: PresentationFlow) -> Self {
        match flow {
            PresentationFlow::CrossDevice => Self::CrossDevice,
            PresentationFlow::SameDevice => Self::SameDevice,
        }
    }
}
