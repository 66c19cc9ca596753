//! What an event says on the wire: the body of a webhook and the data of a stream.

use mahfada_storage::Event;
use serde::Serialize;

#[derive(Serialize)]
struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    r#type: &'a str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    object_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
}

/// Returns the body of a webhook; its id stands in a header.
pub(crate) fn webhook(event: &Event) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&message(event, None))
}

/// Returns the data of a streamed event, on one line.
pub(crate) fn streamed(event: &Event) -> Result<String, serde_json::Error> {
    serde_json::to_string(&message(event, Some(event.id.as_str())))
}

fn message<'a>(event: &'a Event, id: Option<&'a str>) -> Message<'a> {
    Message {
        id,
        r#type: &event.kind,
        timestamp: event.at.to_rfc3339(),
        data: Data {
            object_id: &event.object_id,
            outcome: event.outcome.as_deref(),
        },
    }
}

#[cfg(test)]
mod tests {
    use mahfada_base::UnixTime;
    use mahfada_storage::{EventId, EventSequence, TenantId};

    use super::*;

    fn event(outcome: Option<&str>) -> Event {
        Event {
            sequence: EventSequence::new(7),
            id: EventId::new("evt_1"),
            tenant: TenantId::new("commune-rabat"),
            kind: "presentation.refused".to_owned(),
            object_id: "presentation-1".to_owned(),
            outcome: outcome.map(str::to_owned),
            at: UnixTime::new(1_795_348_800),
        }
    }

    #[test]
    fn webhook_says_what_happened_and_nothing_else() {
        let body = webhook(&event(Some("kb_nonce"))).unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"type":"presentation.refused","timestamp":"2026-11-22T12:00:00Z","data":{"object_id":"presentation-1","outcome":"kb_nonce"}}"#
        );
    }

    #[test]
    fn stream_says_the_same_and_the_id() {
        assert_eq!(
            streamed(&event(None)).unwrap(),
            r#"{"id":"evt_1","type":"presentation.refused","timestamp":"2026-11-22T12:00:00Z","data":{"object_id":"presentation-1"}}"#
        );
    }
}
