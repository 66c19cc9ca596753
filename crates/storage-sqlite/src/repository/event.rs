//! Events.

use mahfada_base::UnixTime;
use mahfada_storage::{
    Event, EventId, EventRepository, EventSequence, NewEvent, PURGE_BATCH, StorageError, TenantId, WebhookEndpointId,
};
use rusqlite::params;

use super::integer;
use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "event";
const PLACES: &str = "event_place";
/// The oldest events that nobody still has to hear of.
const ENDED: &str = "SELECT sequence FROM event WHERE at < ?1
    AND NOT EXISTS (SELECT 1 FROM webhook_delivery AS delivery
        WHERE delivery.sequence = event.sequence AND delivery.state = 'open')
    ORDER BY at, sequence LIMIT ?2";

fn place(columns: &Columns<'_>) -> Result<EventSequence, StorageError> {
    columns.count("place").map(EventSequence::new)
}

pub(super) fn read(columns: &Columns<'_>) -> Result<Event, StorageError> {
    Ok(Event {
        sequence: place(columns)?,
        id: columns.id("id", EventId::new)?,
        tenant: columns.id("tenant", TenantId::new)?,
        kind: columns.get("kind")?,
        object_id: columns.get("object_id")?,
        outcome: columns.get("outcome")?,
        at: columns.time("at")?,
    })
}

impl EventRepository for SqliteUnit<'_> {
    fn append(&mut self, event: &NewEvent, endpoints: &[WebhookEndpointId]) -> Result<EventSequence, StorageError> {
        let place = self.next_place(&event.tenant)?;
        self.change(
            "INSERT INTO event (id, tenant, place, kind, object_id, outcome, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                event.id.as_str(),
                event.tenant.as_str(),
                integer(place.get())?,
                event.kind,
                event.object_id,
                event.outcome,
                event.at.seconds(),
            ],
        )?;
        for endpoint in endpoints {
            self.change(
                "INSERT INTO webhook_delivery (sequence, endpoint, due_at)
                 SELECT sequence, ?2, ?3 FROM event WHERE id = ?1",
                params![event.id.as_str(), endpoint.as_str(), event.at.seconds()],
            )?;
        }
        Ok(place)
    }

    fn after(
        &mut self,
        tenant: &TenantId,
        after: Option<EventSequence>,
        limit: u32,
    ) -> Result<Vec<Event>, StorageError> {
        // A place beyond SQLite's integers has nothing after it.
        let Ok(after) = i64::try_from(after.unwrap_or_default().get()) else {
            return Ok(Vec::new());
        };
        let sql = "SELECT * FROM event WHERE tenant = ?1 AND place > ?2 ORDER BY place LIMIT ?3";
        self.list(TABLE, sql, params![tenant.as_str(), after, limit], read)
    }

    fn latest(&mut self, tenant: &TenantId) -> Result<Option<EventSequence>, StorageError> {
        let sql = "SELECT place FROM event WHERE tenant = ?1 ORDER BY place DESC LIMIT 1";
        self.find(TABLE, sql, [tenant.as_str()], place)
    }

    fn purge_before(&mut self, at: UnixTime) -> Result<u64, StorageError> {
        // Both statements find the same events: the first leaves every open delivery where it is.
        self.change(
            &format!("DELETE FROM webhook_delivery WHERE sequence IN ({ENDED})"),
            params![at.seconds(), PURGE_BATCH],
        )?;
        let purged = self.change(
            &format!("DELETE FROM event WHERE sequence IN ({ENDED})"),
            params![at.seconds(), PURGE_BATCH],
        )?;
        Ok(purged as u64)
    }
}

impl SqliteUnit<'_> {
    fn next_place(&self, tenant: &TenantId) -> Result<EventSequence, StorageError> {
        let next = self.find(
            PLACES,
            "INSERT INTO event_place (tenant, last) VALUES (?1, 1)
             ON CONFLICT (tenant) DO UPDATE SET last = last + 1 RETURNING last",
            [tenant.as_str()],
            |columns| columns.count("last").map(EventSequence::new),
        )?;
        next.ok_or(StorageError::Inconsistent {
            table: PLACES,
            column: "last",
        })
    }
}
