//! An agency reads its own events in order, and nobody else's.

use mahfada_base::UnixTime;

use super::sample::{LATER, endpoint, event, tenant};
use super::{refusal, run};
use crate::{EventSequence, NewEvent, PURGE_BATCH, Storage, StorageError, WebhookEndpointId};

pub(super) fn append(storage: &dyn Storage, event: NewEvent, endpoints: &[WebhookEndpointId]) -> EventSequence {
    let endpoints = endpoints.to_vec();
    run(storage, move |unit| unit.events().append(&event, &endpoints))
}

fn ids(storage: &dyn Storage, owner: u32, after: Option<EventSequence>, limit: u32) -> Vec<String> {
    let found = run(storage, move |unit| unit.events().after(&tenant(owner), after, limit));
    found.into_iter().map(|event| event.id.as_str().to_owned()).collect()
}

fn purge(storage: &dyn Storage, at: UnixTime) -> u64 {
    run(storage, move |unit| unit.events().purge_before(at))
}

/// What was appended is found, at a later place than everything before.
pub fn round_trips_in_order(storage: &dyn Storage) {
    let plain = NewEvent {
        outcome: None,
        ..event(2, 1)
    };
    let one = append(storage, event(1, 1), &[]);
    let two = append(storage, plain.clone(), &[]);
    assert!(one < two);
    let found = run(storage, |unit| unit.events().after(&tenant(1), None, 10));
    let told: Vec<_> = found
        .into_iter()
        .map(|event| {
            let (id, tenant, kind) = (event.id, event.tenant, event.kind);
            let (object_id, outcome, at) = (event.object_id, event.outcome, event.at);
            (
                event.sequence,
                NewEvent {
                    id,
                    tenant,
                    kind,
                    object_id,
                    outcome,
                    at,
                },
            )
        })
        .collect();
    assert_eq!(told, [(one, event(1, 1)), (two, plain)]);
}

/// Reading goes on after a place, page by page.
pub fn pages_after_a_place(storage: &dyn Storage) {
    let [_, second, _, _, fifth] = [1, 2, 3, 4, 5].map(|number| append(storage, event(number, 1), &[]));
    assert_eq!(ids(storage, 1, None, 2), ["event-1", "event-2"]);
    assert_eq!(ids(storage, 1, Some(second), 2), ["event-3", "event-4"]);
    assert_eq!(ids(storage, 1, Some(fifth), 2), [""; 0]);
    assert_eq!(ids(storage, 1, Some(EventSequence::new(u64::MAX)), 2), [""; 0]);
    assert_eq!(ids(storage, 1, Some(EventSequence::new(0)), 9).len(), 5);
}

/// A tenant sees no event and no place of another.
pub fn shows_a_tenant_its_own_only(storage: &dyn Storage) {
    let mine = append(storage, event(1, 1), &[]);
    let theirs = append(storage, event(2, 2), &[]);
    assert_eq!(ids(storage, 1, None, 10), ["event-1"]);
    assert_eq!(ids(storage, 2, None, 10), ["event-2"]);
    assert_eq!(ids(storage, 3, None, 10), [""; 0]);
    let latest = |owner| run(storage, move |unit| unit.events().latest(&tenant(owner)));
    assert_eq!([latest(1), latest(2), latest(3)], [Some(mine), Some(theirs), None]);
}

/// What happens to one tenant moves no place of another, and purging moves none either.
pub fn places_tell_nothing_of_others(storage: &dyn Storage) {
    let place = |number, owner| append(storage, event(number, owner), &[]).get();
    assert_eq!([place(1, 1), place(2, 2), place(3, 2), place(4, 1)], [1, 1, 2, 2]);
    assert_eq!(purge(storage, LATER.plus(1)), 4);
    assert_eq!([place(5, 2), place(6, 1), place(7, 3)], [3, 3, 1]);
    let theirs = run(storage, |unit| unit.events().latest(&tenant(2)));
    assert_eq!(theirs, Some(EventSequence::new(3)));
}

/// A purge forgets a bounded number, the oldest first, and is asked again; what waits for a delivery stops it for nobody.
pub fn purges_in_batches(storage: &dyn Storage) {
    run(storage, |unit| {
        (0..PURGE_BATCH + 2).try_for_each(|number| {
            let at = LATER.minus(i64::from(PURGE_BATCH + 2 - number));
            let endpoints: &[_] = if number == 0 { &[endpoint(1)] } else { &[] };
            unit.events()
                .append(&NewEvent { at, ..event(number, 1) }, endpoints)
                .map(drop)
        })
    });
    assert_eq!(purge(storage, LATER), u64::from(PURGE_BATCH));
    let last = format!("event-{}", PURGE_BATCH + 1);
    assert_eq!(ids(storage, 1, None, 10), ["event-0", last.as_str()]);
    assert_eq!([purge(storage, LATER), purge(storage, LATER)], [1, 0]);
}

/// One id, one event.
pub fn refuses_a_taken_id_and_an_endpoint_named_twice(storage: &dyn Storage) {
    append(storage, event(1, 1), &[]);
    let taken = refusal(storage, |unit| unit.events().append(&event(1, 2), &[]));
    assert_eq!(taken, "storage_conflict");
    let twice = refusal(storage, |unit| {
        unit.events().append(&event(2, 1), &[endpoint(1), endpoint(1)])
    });
    assert_eq!(twice, "storage_conflict");
    assert_eq!(ids(storage, 1, None, 10), ["event-1"]);
}

/// A work that leaves no trace leaves no event and no delivery.
pub fn goes_with_its_unit_of_work(storage: &dyn Storage) {
    let failed = refusal(storage, |unit| {
        unit.events().append(&event(1, 1), &[endpoint(1)])?;
        Err::<(), _>(StorageError::Busy)
    });
    assert_eq!(failed, "storage_busy");
    assert_eq!(ids(storage, 1, None, 10), [""; 0]);
    assert_eq!(run(storage, |unit| unit.webhook_deliveries().backlog()), 0);
}

/// Purging leaves what is young and what is not yet delivered, and gives no place twice.
pub fn forgets_old_events_without_open_deliveries(storage: &dyn Storage) {
    let old = |number| NewEvent {
        at: LATER.minus(10),
        ..event(number, 1)
    };
    append(storage, old(1), &[]);
    append(storage, old(2), &[endpoint(1), endpoint(2)]);
    let last = append(storage, old(3), &[endpoint(1)]);
    append(storage, event(4, 1), &[]);
    run(storage, |unit| {
        let deliveries = unit.webhook_deliveries();
        deliveries.delivered(&endpoint(1), &event(2, 1).id)?;
        deliveries.give_up(&endpoint(1), &event(3, 1).id)
    });
    assert_eq!(purge(storage, LATER.minus(10)), 0);
    assert_eq!(purge(storage, LATER), 2);
    assert_eq!(ids(storage, 1, None, 10), ["event-2", "event-4"]);
    run(storage, |unit| {
        unit.webhook_deliveries().delivered(&endpoint(2), &event(2, 1).id)
    });
    assert_eq!(purge(storage, LATER.plus(1)), 2);
    assert!(append(storage, event(5, 1), &[]) > EventSequence::new(last.get() + 1));
}
