//! Events: what an agency is told, as ids and outcomes, never a claim.

use mahfada_base::UnixTime;

use crate::{EventId, EventSequence, StorageError, TenantId, WebhookEndpointId};

/// Something that happened, before it has a place among the events of its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The id, random text that the caller draws.
    pub id: EventId,
    /// The agency that is told, and nobody else.
    pub tenant: TenantId,
    /// What happened, as a stable name.
    pub kind: String,
    /// The id of what it happened to.
    pub object_id: String,
    /// How it ended, as a stable code; no personal data.
    pub outcome: Option<String>,
    /// When it happened.
    pub at: UnixTime,
}

/// Something that happened, with its place among the events of its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The place among the events of its tenant.
    pub sequence: EventSequence,
    /// The id, the same in the stream and in every webhook.
    pub id: EventId,
    /// The agency that is told, and nobody else.
    pub tenant: TenantId,
    /// What happened, as a stable name.
    pub kind: String,
    /// The id of what it happened to.
    pub object_id: String,
    /// How it ended, as a stable code; no personal data.
    pub outcome: Option<String>,
    /// When it happened.
    pub at: UnixTime,
}

/// The events.
pub trait EventRepository {
    /// Appends an event, enqueues one delivery due at once per endpoint, and returns the event's place.
    ///
    /// The unit of work that changes an object appends its event too, so neither happens without the other.
    /// Whether the endpoints belong to the event's tenant is the caller's check.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the id is taken or an endpoint is named twice.
    fn append(&mut self, event: &NewEvent, endpoints: &[WebhookEndpointId]) -> Result<EventSequence, StorageError>;

    /// Returns at most `limit` events of a tenant after a place, in order; without a place, from the oldest that is kept.
    ///
    /// # Errors
    /// Only when the store fails.
    fn after(
        &mut self,
        tenant: &TenantId,
        after: Option<EventSequence>,
        limit: u32,
    ) -> Result<Vec<Event>, StorageError>;

    /// Returns the place of a tenant's last event that is kept.
    ///
    /// # Errors
    /// Only when the store fails.
    fn latest(&mut self, tenant: &TenantId) -> Result<Option<EventSequence>, StorageError>;

    /// Forgets the events that happened before `at` with their finished deliveries and returns how many, at most
    /// [`PURGE_BATCH`](crate::PURGE_BATCH); 0 says that nothing is left to forget.
    ///
    /// An event with an open delivery stays. Places of forgotten events are not used again.
    ///
    /// # Errors
    /// Only when the store fails.
    fn purge_before(&mut self, at: UnixTime) -> Result<u64, StorageError>;
}
