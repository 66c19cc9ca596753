//! What the program prints: a line for each figure, with its target where the project has set one.

use std::io::Write as _;

use crate::http::Load;
use crate::measure::Cost;

const MIB: u64 = 1024 * 1024;

/// The lines printed so far, and whether every target was met.
#[derive(Debug, Default)]
pub(crate) struct Report {
    missed: bool,
}

impl Report {
    /// Prints a cost that has no target.
    pub(crate) fn cost(&mut self, what: &str, cost: Cost) {
        self.line(what, cost, "");
    }

    /// Prints a cost with the share of it that the raw limit takes, which must be at least `least`.
    pub(crate) fn share(&mut self, what: &str, (cost, share): (Cost, f64), least: f64) {
        let verdict = self.judge(share >= least);
        self.line(
            what,
            cost,
            &format!("{share:.2} of the limit, target {least:.2}: {verdict}"),
        );
    }

    /// Prints a cost that must stay below `most`.
    pub(crate) fn below(&mut self, what: &str, cost: Cost, most: Cost) {
        let verdict = self.judge(cost.0 < most.0);
        self.line(what, cost, &format!("target < {}: {verdict}", micros(most)));
    }

    /// Prints how many flows a second there were, and how long they took.
    pub(crate) fn load<T>(&mut self, what: &str, load: &Load<T>, count: usize) {
        let cost = Cost(load.elapsed.as_secs_f64() / f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
        let (p50, p99) = (load.percentile(50), load.percentile(99));
        self.line(what, cost, &format!("p50 {p50:.1?}, p99 {p99:.1?}"));
    }

    /// Prints the memory of a process, which must stay below `most`; both in bytes.
    pub(crate) fn memory(&mut self, process: &str, state: &str, bytes: u64, most: u64) {
        let verdict = self.judge(bytes < most);
        let (bytes, most) = (bytes / MIB, most / MIB);
        let what = format!("{process} {state}: resident memory");
        let _ = writeln!(
            std::io::stdout(),
            "{what:<58} {bytes:>8} MiB  target < {most} MiB: {verdict}"
        );
    }

    /// Prints why the run ended early.
    pub(crate) fn fault(&mut self, error: &dyn std::error::Error) {
        self.missed = true;
        let _ = writeln!(std::io::stderr(), "the benchmark cannot go on: {error}");
    }

    /// Tells whether every target was met.
    pub(crate) const fn met(&self) -> bool {
        !self.missed
    }

    fn judge(&mut self, met: bool) -> &'static str {
        self.missed |= !met;
        if met { "met" } else { "MISSED" }
    }

    #[expect(clippy::unused_self, reason = "lines are printed through the report alone")]
    fn line(&mut self, what: &str, cost: Cost, remark: &str) {
        let per_second = 1.0 / cost.0;
        let cost = micros(cost);
        let _ = writeln!(
            std::io::stdout(),
            "{what:<58} {cost:>12} {per_second:>12.0}/s  {remark}"
        );
    }
}

fn micros(time: Cost) -> String {
    format!("{:.3} µs", time.0 * 1e6)
}
