//! A presentation takes one answer and is completed once (threats TV-01, TV-02; decision D9).

use mahfada_base::UnixTime;

use super::sample::{LATER, digest, hash, presentation, presentation_id};
use super::{refusal, run};
use crate::{
    PURGE_BATCH, Presentation, PresentationFlow, PresentationId, PresentationState, RequestId, Sealed, Storage,
};

fn add(storage: &dyn Storage, presentation: Presentation) {
    run(storage, move |unit| unit.presentations().add(&presentation));
}

fn add_refusal(storage: &dyn Storage, presentation: Presentation) -> &'static str {
    refusal(storage, move |unit| unit.presentations().add(&presentation))
}

fn answer(storage: &dyn Storage, verdict: u8, code: Option<u32>) -> bool {
    run(storage, move |unit| {
        let verdict = Sealed::new(vec![verdict]);
        unit.presentations()
            .answer(&presentation_id(1), &verdict, code.map(hash).as_ref())
    })
}

fn complete(storage: &dyn Storage, code: u32, session: u32) -> Option<PresentationId> {
    run(storage, move |unit| {
        unit.presentations()
            .complete_by_response_code(&hash(code), &digest(session))
    })
}

fn lookup(storage: &dyn Storage, number: u32) -> Option<Presentation> {
    run(storage, move |unit| {
        unit.presentations().lookup(&presentation_id(number))
    })
}

fn cross_device(number: u32) -> Presentation {
    let flow = PresentationFlow::CrossDevice;
    Presentation {
        flow,
        browser_session: None,
        ..presentation(number)
    }
}

/// What was added is found, by either id.
pub fn round_trips(storage: &dyn Storage) {
    add(storage, presentation(1));
    add(storage, cross_device(2));
    assert_eq!(lookup(storage, 1), Some(presentation(1)));
    assert_eq!(lookup(storage, 3), None);
    let by_request = |request: &str| {
        let request = RequestId::new(request);
        run(storage, move |unit| unit.presentations().lookup_by_request(&request))
    };
    assert_eq!(by_request("request-2"), Some(cross_device(2)));
    assert_eq!(by_request("presentation-2"), None);
}

/// Neither id can be taken twice, and a presentation begins open.
pub fn refuses_taken_ids(storage: &dyn Storage) {
    add(storage, presentation(1));
    let same_id = Presentation {
        id: presentation_id(1),
        ..presentation(2)
    };
    let same_request = Presentation {
        id: presentation_id(2),
        ..presentation(1)
    };
    let answered = Presentation {
        state: PresentationState::Answered,
        verdict: Some(Sealed::new(vec![1])),
        ..presentation(3)
    };
    for presentation in [same_id, same_request, answered] {
        assert_eq!(add_refusal(storage, presentation), "storage_conflict");
    }
}

/// A same-device presentation belongs to a browser session.
pub fn same_device_needs_a_browser_session(storage: &dyn Storage) {
    let unbound = Presentation {
        browser_session: None,
        ..presentation(1)
    };
    assert_eq!(add_refusal(storage, unbound), "storage_conflict");
}

/// The first answer wins and stays.
pub fn answers_once(storage: &dyn Storage) {
    add(storage, presentation(1));
    assert!(answer(storage, 1, Some(31)));
    assert!(!answer(storage, 2, Some(32)));
    let expected = Presentation {
        state: PresentationState::Answered,
        verdict: Some(Sealed::new(vec![1])),
        response_code: Some(hash(31)),
        ..presentation(1)
    };
    assert_eq!(lookup(storage, 1), Some(expected));
}

/// The response code counts once, in the session that asked; another session spends nothing.
pub fn completes_once_and_only_in_its_browser_session(storage: &dyn Storage) {
    add(storage, presentation(1));
    assert_eq!(complete(storage, 31, 21), None);
    assert!(answer(storage, 1, Some(31)));
    assert_eq!(complete(storage, 31, 22), None);
    assert_eq!(complete(storage, 32, 21), None);
    assert_eq!(complete(storage, 31, 21), Some(presentation_id(1)));
    assert_eq!(complete(storage, 31, 21), None);
    assert!(!answer(storage, 2, None));
    let state = lookup(storage, 1).map(|found| found.state);
    assert_eq!(state, Some(PresentationState::Completed));
}

/// Without a browser session nobody completes.
pub fn cross_device_is_not_completed(storage: &dyn Storage) {
    add(storage, cross_device(1));
    assert!(answer(storage, 1, None));
    assert_eq!(complete(storage, 31, 21), None);
    let state = lookup(storage, 1).map(|found| found.state);
    assert_eq!(state, Some(PresentationState::Answered));
}

/// Purging asks for the end of life, not for the state.
pub fn forgets_what_has_ended(storage: &dyn Storage) {
    let early = |number| Presentation {
        expires_at: LATER.minus(10),
        ..presentation(number)
    };
    add(storage, early(1));
    add(storage, early(2));
    add(storage, presentation(3));
    assert!(answer(storage, 1, Some(31)));
    let purge = |until: UnixTime| run(storage, move |unit| unit.presentations().purge_before(until));
    assert_eq!(purge(LATER.minus(10)), 0);
    assert_eq!(purge(LATER), 2);
    let left = [1, 2, 3].map(|number| lookup(storage, number).is_some());
    assert_eq!(left, [false, false, true]);
}

/// A purge forgets a bounded number and is asked again.
pub fn purges_in_batches(storage: &dyn Storage) {
    run(storage, |unit| {
        (0..=PURGE_BATCH).try_for_each(|number| unit.presentations().add(&presentation(number)))
    });
    let purge = || run(storage, |unit| unit.presentations().purge_before(LATER.plus(1)));
    assert_eq!([purge(), purge(), purge()], [u64::from(PURGE_BATCH), 1, 0]);
}

/// Open is what waits for an answer that may still come.
pub fn counts_open(storage: &dyn Storage) {
    add(storage, presentation(1));
    add(storage, presentation(2));
    add(storage, cross_device(3));
    assert!(answer(storage, 1, Some(31)));
    let count = |now: UnixTime| run(storage, move |unit| unit.presentations().count_open(now));
    assert_eq!([count(LATER.minus(1)), count(LATER)], [2, 0]);
}
