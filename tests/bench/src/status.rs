//! A lookup in a status list that is loaded.

use mahfada_status_list::StatusList;

use crate::measure::{Cost, Failure, cost};
use crate::report::Report;

const SIZE: u64 = 1 << 20;

/// Measures the lookup of entries all over a list of 2^20.
pub(crate) fn measure(report: &mut Report) -> Result<(), Failure> {
    let list = StatusList::new(2, SIZE)?;
    let mut index = 0;
    let lookup = cost(|| {
        // An odd step visits every entry before it comes back.
        index = (index + 40_503) % SIZE;
        Ok(list.get(index)?)
    })?;
    report.below("status lookup in 2^20 entries", lookup, Cost(1e-6));
    Ok(())
}
