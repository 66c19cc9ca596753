//! The citizen's own record of presentations.

use mahfada_base::{ClaimsPath, UnixTime};
use serde::{Deserialize, Serialize};

use crate::VouchedBy;

/// One answer to a relying party; names of claims, never values (decision D14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When the citizen answered.
    pub at: UnixTime,
    /// The relying party's organization identifier.
    pub organization_identifier: String,
    /// The relying party's name.
    pub name: String,
    /// What was disclosed, or asked for when nothing was.
    pub claims: Vec<LoggedClaim>,
    /// Who vouched for the relying party.
    #[serde(default)]
    pub vouched_by: VouchedBy,
    /// How it ended.
    pub outcome: LogOutcome,
}

/// A claim by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedClaim {
    /// The part of the request.
    pub query_id: String,
    /// Where the claim stands.
    pub path: ClaimsPath,
}

/// How a presentation ended; the verifier cannot tell the last three apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogOutcome {
    /// The citizen agreed.
    Presented,
    /// The citizen refused.
    Refused,
    /// The wallet had nothing that fits.
    NothingFits,
    /// What would fit shows more than the relying party is registered for: the wallet refused by itself.
    RevealsTooMuch,
}
