//! The clock of the machine.

use std::time::{SystemTime, UNIX_EPOCH};

use mahfada_base::{Clock, UnixTime};

/// Tells the time of the operating system; the only place of a service that reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is handed"
    )]
    fn now(&self) -> UnixTime {
        let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, i64::saturating_neg),
        };
        UnixTime::new(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_lives_after_this_was_written() {
        assert!(SystemClock.now() > UnixTime::from_date(2026, 1, 1).unwrap());
    }
}
