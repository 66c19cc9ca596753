//! What may be used once is used once (threats TI-03, invariant INV-2).

use std::thread;

use mahfada_base::UnixTime;

use super::run;
use super::sample::{LATER, digest};
use crate::{SingleUseKind, Storage};

fn consume(storage: &dyn Storage, kind: SingleUseKind, number: u32) -> bool {
    run(storage, move |unit| {
        unit.single_use().consume(kind, &digest(number), LATER)
    })
}

/// A value counts once per kind.
pub fn consumes_once_per_kind_and_hash(storage: &dyn Storage) {
    assert!(consume(storage, SingleUseKind::CNonce, 1));
    assert!(!consume(storage, SingleUseKind::CNonce, 1));
    assert!(consume(storage, SingleUseKind::DpopJti, 1));
    assert!(consume(storage, SingleUseKind::CNonce, 2));
}

/// Purging leaves what has not expired.
pub fn forgets_only_what_has_expired(storage: &dyn Storage) {
    assert!(consume(storage, SingleUseKind::CNonce, 1));
    let early = LATER.minus(10);
    assert!(run(storage, move |unit| {
        unit.single_use().consume(SingleUseKind::CNonce, &digest(2), early)
    }));
    let purge = |now: UnixTime| run(storage, move |unit| unit.single_use().purge_expired(now));
    assert_eq!(purge(early), 0);
    assert_eq!(purge(LATER), 1);
    assert!(!consume(storage, SingleUseKind::CNonce, 1));
    assert!(consume(storage, SingleUseKind::CNonce, 2));
}

/// Among many threads one wins.
pub fn consumes_once_among_many_threads(storage: &dyn Storage) {
    let won = thread::scope(|scope| {
        let threads: Vec<_> = (0..64)
            .map(|_| scope.spawn(|| consume(storage, SingleUseKind::CardChallenge, 1)))
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .filter(|won| *won)
            .count()
    });
    assert_eq!(won, 1);
}
