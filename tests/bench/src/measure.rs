//! How a cost is measured: thread CPU time, seven rounds, the median.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Anything that keeps a benchmark from being run.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// What one call costs, in seconds of CPU time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost(pub(crate) f64);

const ROUNDS: usize = 7;
const ROUND: f64 = 0.1;

/// Returns what one call of `work` costs on this thread.
pub(crate) fn cost<T>(mut work: impl FnMut() -> Result<T, Failure>) -> Result<Cost, Failure> {
    let calls = calls_per_round(&mut work)?;
    let rounds = (0..ROUNDS)
        .map(|_| round(calls, &mut work))
        .collect::<Result<Vec<f64>, _>>()?;
    Ok(Cost(median(rounds)?))
}

/// Returns what one call of `work` costs, and which share of it `limit` would take.
///
/// The two take turns in each round, so that a processor that changes its pace changes it for both; the share is the
/// median of the rounds' own.
pub(crate) fn share<T, L>(
    mut work: impl FnMut() -> Result<T, Failure>,
    mut limit: impl FnMut() -> Result<L, Failure>,
) -> Result<(Cost, f64), Failure> {
    let (calls, limit_calls) = (calls_per_round(&mut work)?, calls_per_round(&mut limit)?);
    let (mut costs, mut shares) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let bare = round(limit_calls, &mut limit)?;
        let whole = round(calls, &mut work)?;
        costs.push(whole);
        shares.push(bare / whole);
    }
    Ok((Cost(median(costs)?), median(shares)?))
}

fn round<T>(calls: u32, work: &mut impl FnMut() -> Result<T, Failure>) -> Result<f64, Failure> {
    let start = thread_time();
    for _ in 0..calls {
        std::hint::black_box(work()?);
    }
    Ok((thread_time() - start) / f64::from(calls))
}

fn calls_per_round<T>(work: &mut impl FnMut() -> Result<T, Failure>) -> Result<u32, Failure> {
    let start = thread_time();
    let mut calls = 0;
    while thread_time() - start < ROUND {
        std::hint::black_box(work()?);
        calls += 1;
    }
    Ok(calls)
}

fn median(mut rounds: Vec<f64>) -> Result<f64, Failure> {
    rounds.sort_unstable_by(f64::total_cmp);
    rounds
        .get(rounds.len() / 2)
        .copied()
        .ok_or_else(|| "no round was run".into())
}

/// The CPU time of this thread, in seconds.
fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let parts = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    let (Ok(seconds), Ok(nanoseconds)) = parts else {
        return 0.0;
    };
    Duration::new(seconds, nanoseconds).as_secs_f64()
}
