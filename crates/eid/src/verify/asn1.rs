//! The small types that certificates, lists and signed data share: integers, times, names, bit strings.

use mahfada_base::UnixTime;

use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

pub(super) const BOOLEAN: u32 = 0x01;
pub(super) const INTEGER: u32 = 0x02;
pub(super) const BIT_STRING: u32 = 0x03;
pub(super) const OCTET_STRING: u32 = 0x04;
pub(super) const NULL: u32 = 0x05;
pub(super) const OID: u32 = 0x06;
pub(super) const PRINTABLE_STRING: u32 = 0x13;
pub(super) const UTC_TIME: u32 = 0x17;
pub(super) const GENERALIZED_TIME: u32 = 0x18;
pub(super) const SEQUENCE: u32 = 0x30;
pub(super) const SET: u32 = 0x31;

/// Reads an integer from 0 to 127.
pub(super) fn small_integer(content: &[u8]) -> Result<u8, TlvError> {
    match content {
        [value] if *value < 0x80 => Ok(*value),
        _ => Err(TlvError::Unexpected),
    }
}

/// Reads a positive integer and returns its digits without leading zeros.
pub(super) fn positive_integer(content: &[u8]) -> Result<&[u8], TlvError> {
    match content {
        [0, rest @ ..] if rest.first().is_some_and(|first| first & 0x80 != 0) => Ok(rest),
        [first, ..] if *first & 0x80 == 0 && *first != 0 => Ok(content),
        _ => Err(TlvError::Unexpected),
    }
}

/// Reads a bit string of whole bytes.
pub(super) fn whole_bytes(content: &[u8]) -> Result<&[u8], TlvError> {
    content.strip_prefix(&[0]).ok_or(TlvError::Unexpected)
}

/// Reads a `UTCTime` or `GeneralizedTime` in UTC with seconds (RFC 5280 §4.1.2.5).
pub(super) fn time(element: Tlv<'_>) -> Result<UnixTime, TlvError> {
    let text = std::str::from_utf8(element.value).map_err(|_| TlvError::Unexpected)?;
    match element.tag {
        UTC_TIME => {
            let century = if text < "50" { "20" } else { "19" };
            generalized_time(&format!("{century}{text}"))
        }
        GENERALIZED_TIME => generalized_time(text),
        _ => Err(TlvError::Unexpected),
    }
}

/// Reads the text of a `GeneralizedTime` in UTC with seconds.
pub(super) fn generalized_time(text: &str) -> Result<UnixTime, TlvError> {
    let part = |from: usize, to: usize| text.get(from..to).ok_or(TlvError::Unexpected);
    if text.len() != 15 || !text.ends_with('Z') {
        return Err(TlvError::Unexpected);
    }
    let date = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let clock = format!("{}:{}:{}", part(8, 10)?, part(10, 12)?, part(12, 14)?);
    UnixTime::from_rfc3339(&format!("{date}T{clock}Z")).ok_or(TlvError::Unexpected)
}

/// A distinguished name: its bytes, and a form in which encodings and letter case do not matter.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) raw: Vec<u8>,
    parts: Vec<(Vec<u8>, String)>,
}

impl Name {
    pub(super) fn parse(element: Tlv<'_>) -> Result<Self, TlvError> {
        let mut parts = Vec::new();
        let mut names = Reader::new(element.value);
        while !names.is_empty() {
            let mut attributes = Reader::new(names.expect(SET)?);
            while !attributes.is_empty() {
                let mut attribute = Reader::new(attributes.expect(SEQUENCE)?);
                let kind = attribute.expect(OID)?;
                parts.push((kind.to_vec(), comparable(attribute.next()?)));
                attribute.finish()?;
            }
        }
        Ok(Self {
            raw: element.raw.to_vec(),
            parts,
        })
    }

    /// Compares as RFC 5280 §7.1 does, roughly: case and runs of blanks do not count.
    pub(super) fn matches(&self, other: &Self) -> bool {
        self.parts == other.parts
    }

    /// Returns the country in lower case.
    pub(super) fn country(&self) -> Option<&str> {
        self.part(oid::COUNTRY)
    }

    /// Returns the common name in lower case.
    pub(super) fn common_name(&self) -> Option<&str> {
        self.part(oid::COMMON_NAME)
    }

    fn part(&self, kind: &[u8]) -> Option<&str> {
        self.parts
            .iter()
            .find(|(found, _)| found == kind)
            .map(|(_, text)| text.as_str())
    }
}

fn comparable(value: Tlv<'_>) -> String {
    const BMP_STRING: u32 = 0x1E;
    let text = if value.tag == BMP_STRING {
        let units: Vec<u16> = value
            .value
            .as_chunks::<2>()
            .0
            .iter()
            .map(|unit| u16::from_be_bytes(*unit))
            .collect();
        String::from_utf16_lossy(&units)
    } else {
        String::from_utf8_lossy(value.value).into_owned()
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_kinds() {
        let read = |tag, text: &'static str| {
            time(Tlv {
                tag,
                value: text.as_bytes(),
                raw: &[],
            })
        };
        let expected = UnixTime::from_rfc3339("2033-04-01T00:00:00Z").unwrap();
        assert_eq!(read(UTC_TIME, "330401000000Z"), Ok(expected));
        assert_eq!(read(GENERALIZED_TIME, "20330401000000Z"), Ok(expected));
        assert!(read(UTC_TIME, "990101000000Z").unwrap() < UnixTime::new(946_684_800));
        for wrong in ["3304010000Z", "330401000000+0100", "331301000000Z", ""] {
            assert!(read(UTC_TIME, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn positive_integers_are_minimal() {
        assert_eq!(positive_integer(&[0, 0x80]), Ok(&[0x80][..]));
        for wrong in [&[][..], &[0], &[0, 1], &[0x80]] {
            assert!(positive_integer(wrong).is_err(), "{wrong:?}");
        }
    }
}
