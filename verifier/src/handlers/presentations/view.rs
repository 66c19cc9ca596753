//! What an agency reads about a presentation.

use mahfada_base::UnixTime;
use mahfada_storage::{Presentation, PresentationFlow, PresentationState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::presentation::record::RETURN_GRACE;
use crate::presentation::verdict::{Decision, DisclosedClaims, FiledVerdict};

/// How the request reaches the wallet.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Flow {
    /// By a code that another device scans.
    CrossDevice,
    /// By a link on the device of the browser.
    SameDevice,
}

/// What an agency reads; the verdict of a same-device presentation is withheld until the citizen is back (TV-32).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresentationView {
    /// The agency's id.
    presentation_id: String,
    /// `open`, `awaiting_return` (same device: answered, the citizen is not back), `answered`, `refused` (the wallet gave
    /// nothing) or `expired`.
    #[schema(value_type = String, pattern = "^(open|awaiting_return|answered|refused|expired)$")]
    state: &'static str,
    /// A cross-device answer may come from somebody else than the person before the screen.
    flow: Flow,
    /// Whether every check holds; only then there are claims.
    accepted: bool,
    /// The stable code of the first check that does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// One line per check: `code`, `status` (`passed`, `warning`, `failed`, `not_checked`) and `detail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    verdict: Option<Value>,
    /// The claims of each presentation, by the id of the credential query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<HashMap<String, Vec<Object>>>)]
    claims: Option<DisclosedClaims>,
    /// The end of the request's life, in seconds since 1970.
    #[schema(value_type = i64)]
    expires_at: UnixTime,
}

impl PresentationView {
    /// Shows a record and its opened verdict at a time.
    pub(super) fn new(record: &Presentation, verdict: Option<FiledVerdict>, now: UnixTime) -> Self {
        let refused = verdict
            .as_ref()
            .is_some_and(|verdict| verdict.decision == Decision::Refused);
        let too_late_to_return = record.expires_at.plus(RETURN_GRACE) < now;
        let state = match (record.state, record.flow) {
            (PresentationState::Open, _) if record.expires_at < now => "expired",
            (PresentationState::Open, _) => "open",
            _ if refused => "refused",
            (PresentationState::Answered, PresentationFlow::SameDevice) if too_late_to_return => "expired",
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
