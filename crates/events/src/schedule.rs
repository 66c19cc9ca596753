//! When a delivery that failed is tried again.

use mahfada_base::Seconds;

/// The pauses after the first attempt, the second, and so on.
const PAUSES: [Seconds; 7] = [5, 30, 300, 1_800, 7_200, 28_800, 86_400];

/// How many attempts a delivery gets.
pub const MAX_ATTEMPTS: u32 = 8;

/// Returns the pause after so many attempts, or none when the delivery is given up.
#[must_use]
pub fn retry_after(attempts: u32) -> Option<Seconds> {
    let index = usize::try_from(attempts.saturating_sub(1)).ok()?;
    PAUSES.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_seconds_to_a_day_and_end() {
        let pauses: Vec<_> = (1..=MAX_ATTEMPTS).map(retry_after).collect();
        let expected = [5, 30, 5 * 60, 30 * 60, 2 * 3_600, 8 * 3_600, 24 * 3_600];
        assert_eq!(pauses[..7], expected.map(Some));
        assert_eq!(pauses[7], None);
        assert_eq!(retry_after(u32::MAX), None);
    }
}
