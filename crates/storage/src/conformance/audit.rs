//! The audit trail keeps its order.

use super::run;
use super::sample::audit_record;
use crate::{AuditSequence, Storage};

/// Entries are numbered upwards and read page by page.
pub fn numbers_and_pages(storage: &dyn Storage) {
    let append = |id: &'static str| run(storage, move |unit| unit.audit().append(&audit_record(id)));
    let sequences = [append("a"), append("b"), append("c")];
    assert!(sequences.is_sorted_by(|one, next| one < next), "{sequences:?}");
    let page = |after| {
        let entries = run(storage, move |unit| unit.audit().list(after, 2));
        entries
            .into_iter()
            .map(|entry| (entry.sequence, entry.record))
            .collect::<Vec<_>>()
    };
    let [first, second, third] = sequences;
    let a_and_b = [(first, audit_record("a")), (second, audit_record("b"))];
    assert_eq!(page(AuditSequence::START), a_and_b);
    assert_eq!(page(second), [(third, audit_record("c"))]);
    assert_eq!(page(third), []);
}
