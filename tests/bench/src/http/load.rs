//! Many flows at once, and how long each took.

use std::time::{Duration, Instant};

use crate::measure::Failure;

/// How many flows are under way at any time.
const CONCURRENT: usize = 64;

/// What came of the flows.
pub(crate) struct Load<T> {
    pub(crate) results: Vec<T>,
    pub(crate) elapsed: Duration,
    latencies: Vec<Duration>,
}

impl<T> Load<T> {
    /// Returns the time within which the given share of the flows ended, in percent.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let index = self.latencies.len() * percent / 100;
        let last = self.latencies.last().copied().unwrap_or_default();
        self.latencies.get(index).copied().unwrap_or(last)
    }
}

/// Runs `count` flows; the first that fails ends it.
#[expect(clippy::disallowed_methods, reason = "the benchmark measures how long flows take")]
pub(super) async fn run<T, F>(count: usize, mut flow: impl FnMut(usize) -> F) -> Result<Load<T>, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let timed = |future: F| async {
        let start = Instant::now();
        future.await.map(|result| (result, start.elapsed()))
    };
    let start = Instant::now();
    let mut flows = futures_util::stream::FuturesUnordered::new();
    let mut waiting = 0..count;
    let (mut results, mut latencies) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for index in waiting.by_ref().take(CONCURRENT) {
        flows.push(timed(flow(index)));
    }
    while let Some(ended) = futures_util::StreamExt::next(&mut flows).await {
        let (result, latency) = ended?;
        results.push(result);
        latencies.push(latency);
        if let Some(index) = waiting.next() {
            flows.push(timed(flow(index)));
        }
    }
    latencies.sort_unstable();
    Ok(Load {
        results,
        elapsed: start.elapsed(),
        latencies,
    })
}
