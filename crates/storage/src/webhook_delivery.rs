//! Webhook deliveries: which endpoint still has to hear of which event.

use mahfada_base::UnixTime;

use crate::{Event, EventId, StorageError, WebhookEndpointId};

/// One delivery that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Where it goes.
    pub endpoint: WebhookEndpointId,
    /// What it says.
    pub event: Event,
    /// How many attempts have begun, this one included.
    pub attempts: u32,
    /// When it is due again, unless it is finished before: the end of the lease.
    pub due_at: UnixTime,
}

/// The webhook deliveries; an open one becomes delivered or given up, once and for all.
pub trait WebhookDeliveryRepository {
    /// Claims at most `limit` open deliveries that are due, the longest due first.
    ///
    /// Each counts an attempt and is not due again before `lease_until`: two processes never send one at the same
    /// time, and what a process had claimed when it died is sent again after the lease.
    ///
    /// # Errors
    /// Only when the store fails.
    fn claim_due(
        &mut self,
        now: UnixTime,
        lease_until: UnixTime,
        limit: u32,
    ) -> Result<Vec<WebhookDelivery>, StorageError> {
        self.claim_due_beside(&[], now, lease_until, limit)
    }

    /// Claims like [`Self::claim_due`], passing over the endpoints that are busy.
    ///
    /// # Errors
    /// Only when the store fails.
    fn claim_due_beside(
        &mut self,
        busy: &[WebhookEndpointId],
        now: UnixTime,
        lease_until: UnixTime,
        limit: u32,
    ) -> Result<Vec<WebhookDelivery>, StorageError>;

    /// Tells whether [`Self::claim_due_beside`] would claim anything, and claims nothing.
    ///
    /// # Errors
    /// Only when the store fails.
    fn is_due_beside(&mut self, busy: &[WebhookEndpointId], now: UnixTime) -> Result<bool, StorageError>;

    /// Finishes an open delivery and returns whether it was open.
    ///
    /// # Errors
    /// Only when the store fails.
    fn delivered(&mut self, endpoint: &WebhookEndpointId, event: &EventId) -> Result<bool, StorageError>;

    /// Makes an open delivery due at another time and returns whether it was open.
    ///
    /// # Errors
    /// Only when the store fails.
    fn retry_at(
        &mut self,
        endpoint: &WebhookEndpointId,
        event: &EventId,
        due_at: UnixTime,
    ) -> Result<bool, StorageError>;

    /// Gives an open delivery up and returns whether it was open.
    ///
    /// # Errors
    /// Only when the store fails.
    fn give_up(&mut self, endpoint: &WebhookEndpointId, event: &EventId) -> Result<bool, StorageError>;

    /// Returns how many deliveries are open, due or not.
    ///
    /// # Errors
    /// Only when the store fails.
    fn backlog(&mut self) -> Result<u64, StorageError>;
}
