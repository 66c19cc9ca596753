//! Questions that are answered beside the units of work.

use mahfada_base::UnixTime;

use crate::{Event, EventSequence, StatusListUri, StorageError, TenantId, UnitOfWork, WebhookEndpointId};

/// What can be asked beside the units of work; nothing here changes anything.
pub struct Reading<'u> {
    unit: &'u mut dyn UnitOfWork,
}

impl std::fmt::Debug for Reading<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reading")
    }
}

impl<'u> Reading<'u> {
    /// Asks through a unit of work.
    pub fn new(unit: &'u mut dyn UnitOfWork) -> Self {
        Self { unit }
    }

    /// Returns how many indexes of a status list are taken; 0 when there is no such list.
    ///
    /// # Errors
    /// Only when the store fails.
    pub fn status_list_used(&mut self, uri: &StatusListUri) -> Result<u64, StorageError> {
        self.unit.status_lists().used(uri)
    }

    /// Returns how many presentations of all agencies are open and not over at `now`.
    ///
    /// # Errors
    /// Only when the store fails.
    pub fn open_presentations(&mut self, now: UnixTime) -> Result<u64, StorageError> {
        self.unit.presentations().count_open(now)
    }

    /// Returns at most `limit` events of a tenant after a place, in order; without a place, from the oldest that is kept.
    ///
    /// # Errors
    /// Only when the store fails.
    pub fn events_after(
        &mut self,
        tenant: &TenantId,
        after: Option<EventSequence>,
        limit: u32,
    ) -> Result<Vec<Event>, StorageError> {
        self.unit.events().after(tenant, after, limit)
    }

    /// Returns the place of a tenant's last event that is kept.
    ///
    /// # Errors
    /// Only when the store fails.
    pub fn latest_event(&mut self, tenant: &TenantId) -> Result<Option<EventSequence>, StorageError> {
        self.unit.events().latest(tenant)
    }

    /// Tells whether a webhook delivery is due, passing over the endpoints that are busy.
    ///
    /// # Errors
    /// Only when the store fails.
    pub fn webhook_is_due(&mut self, busy: &[WebhookEndpointId], now: UnixTime) -> Result<bool, StorageError> {
        self.unit.webhook_deliveries().is_due_beside(busy, now)
    }

    /// Returns how many webhook deliveries are open, due or not.
    ///
    /// # Errors
    /// Only when the store fails.
    pub fn webhook_backlog(&mut self) -> Result<u64, StorageError> {
        self.unit.webhook_deliveries().backlog()
    }
}
