//! Editions follow one another without gap and never change.

use super::sample::LATER;
use super::{refusal, run};
use crate::{ListSlug, PublishedList, RootVersion, Storage};

fn edition(slug: &str, sequence: u64) -> PublishedList {
    PublishedList {
        slug: ListSlug::new(slug),
        sequence,
        jws: format!("{slug}.{sequence}"),
        next_update: LATER,
    }
}

fn publish(storage: &dyn Storage, list: PublishedList) {
    run(storage, move |unit| unit.published_lists().publish(&list));
}

/// The last edition of each list is found.
pub fn publishes_in_sequence(storage: &dyn Storage) {
    publish(storage, edition("pid-issuers", 1));
    publish(storage, edition("pid-issuers", 2));
    publish(storage, edition("access-ca", 1));
    let latest = |slug: &str| {
        let slug = ListSlug::new(slug);
        run(storage, move |unit| unit.published_lists().latest(&slug))
    };
    assert_eq!(latest("pid-issuers"), Some(edition("pid-issuers", 2)));
    assert_eq!(latest("access-ca"), Some(edition("access-ca", 1)));
    assert_eq!(latest("status-signers"), None);
}

/// Only the next edition can be published.
pub fn refuses_a_gap_and_a_repetition(storage: &dyn Storage) {
    let refused = |sequence| {
        let list = edition("pid-issuers", sequence);
        refusal(storage, move |unit| unit.published_lists().publish(&list))
    };
    assert_eq!([refused(0), refused(2), refused(u64::MAX)], ["storage_conflict"; 3]);
    publish(storage, edition("pid-issuers", 1));
    assert_eq!([refused(1), refused(3)], ["storage_conflict"; 2]);
}

/// Every version of the root document stays reachable.
pub fn keeps_every_root_version(storage: &dyn Storage) {
    let root = |version: u8| RootVersion {
        version: version.into(),
        bytes: vec![version; 3],
    };
    let publish = |version| {
        run(storage, move |unit| unit.published_lists().publish_root(&root(version)));
    };
    let refused = |version| refusal(storage, move |unit| unit.published_lists().publish_root(&root(version)));
    assert_eq!(run(storage, |unit| unit.published_lists().latest_root()), None);
    assert_eq!([refused(0), refused(2)], ["storage_conflict"; 2]);
    publish(1);
    publish(2);
    assert_eq!([refused(2), refused(4)], ["storage_conflict"; 2]);
    assert_eq!(run(storage, |unit| unit.published_lists().latest_root()), Some(root(2)));
    assert_eq!(run(storage, |unit| unit.published_lists().root(1)), Some(root(1)));
    assert_eq!(run(storage, |unit| unit.published_lists().root(3)), None);
    assert_eq!(run(storage, |unit| unit.published_lists().root(u64::MAX)), None);
}
