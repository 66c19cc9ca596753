//! Webhook deliveries.

use mahfada_base::UnixTime;
use mahfada_storage::{EventId, StorageError, WebhookDelivery, WebhookDeliveryRepository, WebhookEndpointId};
use rusqlite::params;
use rusqlite::types::Value;

use super::event;
use crate::columns::Columns;
use crate::unit::SqliteUnit;

const TABLE: &str = "webhook_delivery";

fn read(columns: &Columns<'_>) -> Result<WebhookDelivery, StorageError> {
    Ok(WebhookDelivery {
        endpoint: columns.id("endpoint", WebhookEndpointId::new)?,
        event: event::read(columns)?,
        attempts: columns.get("attempts")?,
        due_at: columns.time("due_at")?,
    })
}

impl WebhookDeliveryRepository for SqliteUnit<'_> {
    fn claim_due_beside(
        &mut self,
        busy: &[WebhookEndpointId],
        now: UnixTime,
        lease_until: UnixTime,
        limit: u32,
    ) -> Result<Vec<WebhookDelivery>, StorageError> {
        let claimed = self.due(busy, now, limit)?;
        for (sequence, endpoint) in &claimed {
            self.change(
                "UPDATE webhook_delivery SET attempts = attempts + 1, due_at = ?3 WHERE sequence = ?1 AND endpoint = ?2",
                params![sequence, endpoint, lease_until.seconds()],
            )?;
        }
        let sql = "SELECT * FROM webhook_delivery JOIN event USING (sequence) WHERE sequence = ?1 AND endpoint = ?2";
        let mut deliveries = Vec::with_capacity(claimed.len());
        for (sequence, endpoint) in &claimed {
            deliveries.extend(self.find(TABLE, sql, params![sequence, endpoint], read)?);
        }
        Ok(deliveries)
    }

    fn is_due_beside(&mut self, busy: &[WebhookEndpointId], now: UnixTime) -> Result<bool, StorageError> {
        self.due(busy, now, 1).map(|due| !due.is_empty())
    }

    fn delivered(&mut self, endpoint: &WebhookEndpointId, event: &EventId) -> Result<bool, StorageError> {
        self.change_open("SET state = 'delivered'", endpoint, event, None)
    }

    fn retry_at(
        &mut self,
        endpoint: &WebhookEndpointId,
        event: &EventId,
        due_at: UnixTime,
    ) -> Result<bool, StorageError> {
        self.change_open("SET due_at = ?3", endpoint, event, Some(due_at))
    }

    fn give_up(&mut self, endpoint: &WebhookEndpointId, event: &EventId) -> Result<bool, StorageError> {
        self.change_open("SET state = 'given_up'", endpoint, event, None)
    }

    fn backlog(&mut self) -> Result<u64, StorageError> {
        let sql = "SELECT count(*) AS open FROM webhook_delivery WHERE state = 'open'";
        let open = self.find(TABLE, sql, [], |columns| columns.count("open"))?;
        Ok(open.unwrap_or(0))
    }
}

impl SqliteUnit<'_> {
    fn due(&self, busy: &[WebhookEndpointId], now: UnixTime, limit: u32) -> Result<Vec<(i64, String)>, StorageError> {
        let passed_over = vec![", ?"; busy.len()].concat();
        let sql = format!(
            "SELECT sequence, endpoint FROM webhook_delivery
             WHERE state = 'open' AND due_at <= ? AND endpoint NOT IN (''{passed_over})
             ORDER BY due_at, sequence LIMIT ?"
        );
        let mut values = vec![Value::from(now.seconds())];
        values.extend(busy.iter().map(|endpoint| Value::from(endpoint.as_str().to_owned())));
        values.push(Value::from(limit));
        self.list(TABLE, &sql, rusqlite::params_from_iter(values), |columns| {
            Ok((columns.get("sequence")?, columns.get("endpoint")?))
        })
    }

    fn change_open(
        &self,
        set: &str,
        endpoint: &WebhookEndpointId,
        event: &EventId,
        due_at: Option<UnixTime>,
    ) -> Result<bool, StorageError> {
        let sql = format!(
            "UPDATE webhook_delivery {set} WHERE endpoint = ?1 AND state = 'open'
             AND sequence = (SELECT sequence FROM event WHERE id = ?2)"
        );
        let changed = match due_at {
            None => self.change(&sql, params![endpoint.as_str(), event.as_str()])?,
            Some(due_at) => self.change(&sql, params![endpoint.as_str(), event.as_str(), due_at.seconds()])?,
        };
        Ok(changed == 1)
    }
}
