//! `xsd:dateTimeStamp`: a time with its zone, and perhaps a fraction of a second.

use mahfada_base::UnixTime;

/// Reads a time stamp and drops the fraction; `None` without a zone or for a time that does not exist.
pub(crate) fn parse(text: &str) -> Option<UnixTime> {
    let (local, offset) = split_zone(text)?;
    let whole = match local.split_once('.') {
        None => local,
        Some((whole, fraction)) => {
            let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
            digits.then_some(whole)?
        }
    };
    // Fixed widths, since `UnixTime` takes `2026-1-1T0:0:0Z` too.
    if whole.len() != "2026-11-22T12:00:00".len() {
        return None;
    }
    Some(UnixTime::from_rfc3339(&format!("{whole}Z"))?.minus(offset))
}

/// Splits off the zone and returns its offset in seconds.
fn split_zone(text: &str) -> Option<(&str, i64)> {
    if let Some(local) = text.strip_suffix('Z') {
        return Some((local, 0));
    }
    let (local, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let (sign, zone) = zone.split_at_checked(1)?;
    let (hours, minutes) = zone.split_once(':')?;
    let number = |digits: &str, most: i64| {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        plain
            .then(|| digits.parse::<i64>().ok())
            .flatten()
            .filter(|n| *n <= most)
    };
    let offset = number(hours, 14)?
        .saturating_mul(3_600)
        .saturating_add(number(minutes, 59)?.saturating_mul(60));
    match sign {
        "+" => Some((local, offset)),
        "-" => Some((local, offset.saturating_neg())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_zones_and_fractions() {
        let noon = UnixTime::from_rfc3339("2026-11-22T12:00:00Z");
        for text in [
            "2026-11-22T12:00:00Z",
            "2026-11-22T12:00:00.999Z",
            "2026-11-22T13:00:00+01:00",
            "2026-11-22T06:30:00.5-05:30",
        ] {
            assert_eq!(parse(text), noon, "{text}");
        }
        for text in [
            "2026-11-22T12:00:00",
            "2026-11-22",
            "2026-11-22T12:00:00.Z",
            "2026-11-22T12:00:00+15:00",
            "2026-11-22T12:00:00+1:00",
            "2026-1-22T12:00:00Z",
            "é",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
