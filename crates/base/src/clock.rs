//! Time in whole seconds, always handed in.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Serialize};

/// A span of time in seconds.
pub type Seconds = i64;

/// The difference between two honest clocks that every check of a time allows, in seconds.
pub const CLOCK_SKEW: Seconds = 60;

/// Seconds since 1970-01-01T00:00:00Z, as in a JWT `NumericDate` without fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(i64);

impl UnixTime {
    /// Takes a count of seconds as it is.
    #[must_use]
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the count of seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Returns the time `span` later, or the last representable one.
    #[must_use]
    pub const fn plus(self, span: Seconds) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// Returns the time `span` earlier, or the first representable one.
    #[must_use]
    pub const fn minus(self, span: Seconds) -> Self {
        Self(self.0.saturating_sub(span))
    }

    /// Returns how many seconds lie between `earlier` and this time (negative when this one is earlier).
    #[must_use]
    pub const fn since(self, earlier: Self) -> Seconds {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns midnight UTC of the same day: credentials carry days, so that times do not link copies.
    #[must_use]
    pub const fn start_of_day(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(86_400)))
    }

    /// Returns the calendar date in UTC as (year, month, day).
    #[must_use]
    pub const fn date(self) -> (i64, u8, u8) {
        // Days to civil date on the proleptic Gregorian calendar, eras of 400 years starting in March.
        let days = self.0.div_euclid(86_400).saturating_add(719_468);
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "month is 1..=12 and day 1..=31 by construction"
        )]
        (year, month as u8, day as u8)
    }

    /// Returns midnight UTC of a calendar date, or `None` when there is no such day.
    #[must_use]
    pub fn from_date(year: i64, month: u8, day: u8) -> Option<Self> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(0..=9999).contains(&year) {
            return None;
        }
        let shifted_year = if month <= 2 { year - 1 } else { year };
        let era = shifted_year.div_euclid(400);
        let year_of_era = shifted_year.rem_euclid(400);
        let shifted_month = (i64::from(month) + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let time = Self((era * 146_097 + day_of_era - 719_468) * 86_400);
        (time.date() == (year, month, day)).then_some(time)
    }

    /// Parses an RFC 3339 time in UTC without fraction, such as `2026-11-22T12:00:00Z`.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
        let (date, time) = text.split_once('T')?;
        let numbers = |part: &str, separator| {
            part.split(separator)
                .map(|n| n.bytes().all(|b| b.is_ascii_digit()).then(|| n.parse::<u32>().ok())?)
                .collect::<Option<Vec<_>>>()
        };
        let [year, month, day] = <[u32; 3]>::try_from(numbers(date, '-')?).ok()?;
        let [hour, minute, second] = <[u32; 3]>::try_from(numbers(time, ':')?).ok()?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let midnight = Self::from_date(year.into(), u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
        Some(midnight.plus(i64::from(hour * 3_600 + minute * 60 + second)))
    }

    /// Formats the time as RFC 3339 in UTC, such as `2026-11-22T12:00:00Z`.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let (year, month, day) = self.date();
        let second = self.0.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

/// Tells the time; the only way in for it.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the present time.
    fn now(&self) -> UnixTime;
}

/// A clock that stands still until it is moved: for tests and for judging the past.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts the clock at `now`.
    #[must_use]
    pub const fn new(now: UnixTime) -> Self {
        Self(AtomicI64::new(now.seconds()))
    }

    /// Moves the clock by `span` seconds.
    pub fn advance(&self, span: Seconds) {
        self.0.fetch_add(span, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        UnixTime(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_round_trip_through_every_month_end() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-11-22T12:00:00Z", 1_795_348_800),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ] {
            let time = UnixTime::from_rfc3339(text).unwrap();
            assert_eq!(time.seconds(), seconds, "{text}");
            assert_eq!(time.to_rfc3339(), text);
        }
    }

    #[test]
    fn refuses_days_and_hours_that_do_not_exist() {
        for text in [
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "x",
        ] {
            assert_eq!(UnixTime::from_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn start_of_day_forgets_the_hour() {
        let noon = UnixTime::from_rfc3339("2026-11-22T12:00:00Z").unwrap();
        assert_eq!(noon.start_of_day().to_rfc3339(), "2026-11-22T00:00:00Z");
        assert_eq!(UnixTime::new(-1).start_of_day(), UnixTime::new(-86_400));
    }
}
