//! Suspensions and reinstatements: what operators decided after the register was written.

use std::collections::BTreeMap;

use mahfada_base::{UnixTime, json};
use mahfada_storage::{AuditRecord, StorageError, UnitOfWork};
use mahfada_trust::{ServiceStatus, TrustedListService};
use serde::{Deserialize, Serialize};

use super::EntityRegister;

const KEY: &str = "entity-status";

/// The last decision about an organization; it holds in all its roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusOverride {
    /// Whether the services are stopped.
    pub suspended: bool,
    /// When it was decided.
    pub since: UnixTime,
}

/// Why the status of an organization was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusChangeError {
    /// The register does not have the organization.
    #[error("the register does not have this organization")]
    Unknown,
    /// The services have ended, and nothing brings them back.
    #[error("the services of this organization have ended")]
    Withdrawn,
    /// The register itself says that the services are stopped, so only a change of the register lets them go on.
    #[error("the register itself suspends this organization")]
    SuspendedInRegister,
}

impl StatusChangeError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "entity_unknown",
            Self::Withdrawn => "irreversible",
            Self::SuspendedInRegister => "suspended_in_register",
        }
    }
}

impl StatusOverride {
    /// Lays the decision over a service. A suspension stops what is granted; a reinstatement takes back a suspension of
    /// before and nothing that the register says, so the service is what the register says, since when it says so: what
    /// was issued before the suspension holds again.
    pub(super) fn apply(self, service: &mut TrustedListService) {
        if self.suspended && service.status == ServiceStatus::Granted {
            service.status = ServiceStatus::Suspended;
            service.since = self.since;
        }
    }
}

impl EntityRegister {
    /// Checks that an organization can be suspended.
    ///
    /// # Errors
    /// [`StatusChangeError`] naming the reason.
    pub fn require_suspendable(&self, organization: &str) -> Result<(), StatusChangeError> {
        if self.roles_of(organization).is_empty() {
            return Err(StatusChangeError::Unknown);
        }
        if self.is_withdrawn(organization) {
            Err(StatusChangeError::Withdrawn)
        } else {
            Ok(())
        }
    }

    /// Checks that a reinstatement would leave at least one service of the organization granted.
    ///
    /// # Errors
    /// [`StatusChangeError`] naming the reason.
    pub fn require_reinstatable(&self, organization: &str) -> Result<(), StatusChangeError> {
        self.require_suspendable(organization)?;
        if self.grants(organization) {
            Ok(())
        } else {
            Err(StatusChangeError::SuspendedInRegister)
        }
    }
}

/// Reads every decision that is kept.
pub(super) fn overrides(unit: &mut dyn UnitOfWork) -> Result<BTreeMap<String, StatusOverride>, StorageError> {
    let Some(text) = unit.trust_memory().get(KEY)? else {
        return Ok(BTreeMap::new());
    };
    json::from_slice(text.as_bytes()).map_err(|_| StorageError::Inconsistent {
        table: "trust_memory",
        column: "json",
    })
}

/// Keeps a decision and its audit record; deciding the same again keeps the first time.
pub(super) fn decide(
    unit: &mut dyn UnitOfWork,
    organization: &str,
    decision: StatusOverride,
    operator: &str,
) -> Result<(), StorageError> {
    let mut all = overrides(unit)?;
    let kept = all.get(organization).is_some_and(|kept| kept.suspended);
    let is_new = kept != decision.suspended;
    if is_new {
        all.insert(organization.to_owned(), decision);
        let text = serde_json::to_string(&all).map_err(StorageError::unavailable)?;
        unit.trust_memory().put(KEY, &text)?;
    }
    let action = if decision.suspended {
        "entity_suspend"
    } else {
        "entity_reinstate"
    };
    unit.audit().append(&AuditRecord {
        at: decision.since,
        actor: operator.to_owned(),
        action: action.to_owned(),
        object_id: organization.to_owned(),
        outcome: if is_new { "done" } else { "unchanged" }.to_owned(),
        detail: String::new(),
    })?;
    Ok(())
}
