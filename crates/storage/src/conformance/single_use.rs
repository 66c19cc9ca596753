//! What may be used once is used once (threats TI-03, invariant INV-2).

use std::thread;

use mahfada_base::UnixTime;

use super::run;
use super::sample::{LATER, digest};
use crate::{PURGE_BATCH, SingleUseKind, Storage};

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

/// A purge forgets a bounded number, the oldest first, and is asked again.
pub fn purges_in_batches(storage: &dyn Storage) {
    run(storage, |unit| {
        (0..=PURGE_BATCH).try_for_each(|number| {
            let end = LATER.minus(i64::from(number));
            unit.single_use()
                .consume(SingleUseKind::CNonce, &digest(number), end)
                .map(drop)
        })
    });
    let purge = || run(storage, |unit| unit.single_use().purge_expired(LATER.plus(1)));
    assert_eq!(purge(), u64::from(PURGE_BATCH));
    assert!(!consume(storage, SingleUseKind::CNonce, 0), "the youngest stays");
    assert_eq!([purge(), purge()], [1, 0]);
}

/// A use counts anew once the one before is over, even when no purge has come by.
pub fn consumes_anew_after_the_end(storage: &dyn Storage) {
    let consume = |now: UnixTime| {
        run(storage, move |unit| {
            let values = unit.single_use();
            values.consume_anew(SingleUseKind::PresentedCopy, &digest(1), now, now.plus(10))
        })
    };
    assert!(consume(LATER));
    assert!(!consume(LATER.plus(10)));
    assert!(consume(LATER.plus(11)));
    assert!(!consume(LATER.plus(21)));
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
