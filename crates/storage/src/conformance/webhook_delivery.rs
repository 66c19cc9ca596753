//! Every delivery is sent by one process at a time, again after a crash, and settled once.

use std::thread;

use mahfada_base::UnixTime;

use super::event::append;
use super::run;
use super::sample::{LATER, endpoint, event};
use crate::{EventId, Storage, WebhookDelivery};

const LEASE: i64 = 60;

fn claim(storage: &dyn Storage, now: UnixTime, limit: u32) -> Vec<WebhookDelivery> {
    run(storage, move |unit| {
        unit.webhook_deliveries().claim_due(now, now.plus(LEASE), limit)
    })
}

fn names(deliveries: &[WebhookDelivery]) -> Vec<(&str, &str)> {
    deliveries
        .iter()
        .map(|delivery| (delivery.event.id.as_str(), delivery.endpoint.as_str()))
        .collect()
}

fn id(number: u32) -> EventId {
    event(number, 1).id
}

fn backlog(storage: &dyn Storage) -> u64 {
    run(storage, |unit| unit.webhook_deliveries().backlog())
}

/// One delivery per endpoint, due when the event happened, with everything to be said.
pub fn enqueues_one_per_endpoint(storage: &dyn Storage) {
    let sequence = append(storage, event(1, 1), &[endpoint(1), endpoint(2)]);
    assert_eq!(backlog(storage), 2);
    assert!(claim(storage, LATER.minus(1), 10).is_empty());
    let claimed = claim(storage, LATER, 10);
    assert_eq!(names(&claimed), [("event-1", "endpoint-1"), ("event-1", "endpoint-2")]);
    for delivery in claimed {
        assert_eq!((delivery.attempts, delivery.due_at), (1, LATER.plus(LEASE)));
        assert_eq!(delivery.event.sequence, sequence);
        assert_eq!(delivery.event.outcome, event(1, 1).outcome);
    }
}

/// What is claimed is not claimed again before the lease is over, and then with one attempt more.
pub fn claims_again_only_after_the_lease(storage: &dyn Storage) {
    append(storage, event(1, 1), &[endpoint(1)]);
    assert_eq!(claim(storage, LATER, 10).len(), 1);
    assert!(claim(storage, LATER, 10).is_empty());
    assert!(claim(storage, LATER.plus(LEASE - 1), 10).is_empty());
    let again = claim(storage, LATER.plus(LEASE), 10);
    assert_eq!(again.iter().map(|delivery| delivery.attempts).collect::<Vec<_>>(), [2]);
    assert_eq!(names(&again), [("event-1", "endpoint-1")]);
}

/// The longest due come first, and no more than asked for.
pub fn claims_the_longest_due_first(storage: &dyn Storage) {
    for number in 1..=3 {
        append(storage, event(number, 1), &[endpoint(1)]);
    }
    run(storage, |unit| {
        unit.webhook_deliveries().retry_at(&endpoint(1), &id(1), LATER.plus(5))
    });
    assert_eq!(names(&claim(storage, LATER.plus(5), 1)), [("event-2", "endpoint-1")]);
    let rest = claim(storage, LATER.plus(5), 10);
    assert_eq!(names(&rest), [("event-3", "endpoint-1"), ("event-1", "endpoint-1")]);
}

/// A busy endpoint holds up nobody else.
pub fn passes_over_busy_endpoints(storage: &dyn Storage) {
    append(storage, event(1, 1), &[endpoint(1), endpoint(2)]);
    let beside = |busy: Vec<u32>| {
        run(storage, move |unit| {
            let busy: Vec<_> = busy.into_iter().map(endpoint).collect();
            unit.webhook_deliveries()
                .claim_due_beside(&busy, LATER, LATER.plus(LEASE), 10)
        })
    };
    assert!(beside(vec![1, 2]).is_empty());
    assert_eq!(names(&beside(vec![1])), [("event-1", "endpoint-2")]);
    assert_eq!(names(&beside(vec![])), [("event-1", "endpoint-1")]);
}

/// What would be claimed is known without claiming it.
pub fn tells_whether_anything_is_due(storage: &dyn Storage) {
    append(storage, event(1, 1), &[endpoint(1)]);
    let is_due = |busy: Option<u32>, now: UnixTime| {
        let busy: Vec<_> = busy.into_iter().map(endpoint).collect();
        run(storage, move |unit| unit.webhook_deliveries().is_due_beside(&busy, now))
    };
    assert_eq!([is_due(None, LATER.minus(1)), is_due(Some(1), LATER)], [false, false]);
    assert_eq!([is_due(None, LATER), is_due(Some(2), LATER)], [true, true]);
    assert_eq!(claim(storage, LATER, 10).len(), 1);
    assert!(!is_due(None, LATER));
}

/// A retry is due when it was asked for.
pub fn retries_when_asked(storage: &dyn Storage) {
    append(storage, event(1, 1), &[endpoint(1)]);
    assert_eq!(claim(storage, LATER, 10).len(), 1);
    let moved = |number| {
        run(storage, move |unit| {
            unit.webhook_deliveries()
                .retry_at(&endpoint(number), &id(1), LATER.plus(5))
        })
    };
    assert!(moved(1));
    assert!(!moved(2));
    assert!(claim(storage, LATER.plus(4), 10).is_empty());
    assert_eq!(claim(storage, LATER.plus(5), 10).len(), 1);
}

/// Delivered and given up are final, and neither touches another endpoint's delivery.
pub fn settles_once(storage: &dyn Storage) {
    append(storage, event(1, 1), &[endpoint(1), endpoint(2), endpoint(3)]);
    let settle = |number, end: &'static str| {
        run(storage, move |unit| {
            let deliveries = unit.webhook_deliveries();
            match end {
                "delivered" => deliveries.delivered(&endpoint(number), &id(1)),
                "given up" => deliveries.give_up(&endpoint(number), &id(1)),
                _ => deliveries.retry_at(&endpoint(number), &id(1), LATER),
            }
        })
    };
    assert!(settle(1, "delivered"));
    assert!(settle(2, "given up"));
    for number in [1, 2] {
        for end in ["delivered", "given up", "retry"] {
            assert!(!settle(number, end), "{number} {end}");
        }
    }
    assert_eq!(backlog(storage), 1);
    assert_eq!(names(&claim(storage, LATER, 10)), [("event-1", "endpoint-3")]);
}

/// Among many threads each delivery is claimed once.
pub fn claims_once_among_many_threads(storage: &dyn Storage) {
    for number in 0..64 {
        append(storage, event(number, 1), &[endpoint(1)]);
    }
    let mut claimed: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..32).map(|_| scope.spawn(|| claim(storage, LATER, 4))).collect();
        let all = threads.into_iter().filter_map(|thread| thread.join().ok()).flatten();
        all.map(|delivery| delivery.event.id.as_str().to_owned()).collect()
    });
    assert_eq!(claimed.len(), 64);
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 64);
}
