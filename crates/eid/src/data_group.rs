//! The data groups whose content a verdict reports: DG1 (machine readable zone), DG11, DG12 (Doc 9303-10 §4.7); and the
//! form of DG2.
//!
//! Parsing proves nothing: until its hash is found in a verified EF.SOD, a data group is anybody's text.

mod dg11;
mod dg12;
mod dg2;

use crate::mrz::{Mrz, MrzError};
use crate::tlv::{Tlv, TlvError};

pub use dg2::check_dg2;
pub use dg11::{AdditionalPersonalDetails, parse_dg11};
pub use dg12::{AdditionalDocumentDetails, parse_dg12};

/// Why bytes are not the data group they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataGroupError {
    /// The elements are not those of the data group.
    #[error("the data group is malformed")]
    Malformed,
    /// A text is not UTF-8, or holds control or direction-changing characters.
    #[error("a text holds characters that are not allowed")]
    Text,
    /// The machine readable zone of DG1 is wrong.
    #[error(transparent)]
    Mrz(#[from] MrzError),
}

impl DataGroupError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "dg_malformed",
            Self::Text => "dg_text",
            Self::Mrz(error) => error.code(),
        }
    }
}

impl From<TlvError> for DataGroupError {
    fn from(_: TlvError) -> Self {
        Self::Malformed
    }
}

/// Reads the machine readable zone in DG1 and checks its check digits (Doc 9303-10 §4.7.1).
///
/// # Errors
/// [`DataGroupError`] when the file or the zone is malformed.
pub fn parse_dg1(file: &[u8]) -> Result<Mrz, DataGroupError> {
    let zone = Tlv::only_of(0x5F1F, Tlv::only_of(0x61, file)?)?;
    Ok(Mrz::parse(zone)?)
}

/// Reads text and refuses what could disguise it: control characters and changes of direction.
fn text(bytes: &[u8]) -> Result<String, DataGroupError> {
    let text = std::str::from_utf8(bytes).map_err(|_| DataGroupError::Text)?;
    if text.chars().any(disguises) {
        Err(DataGroupError::Text)
    } else {
        Ok(text.trim().to_owned())
    }
}

// Unicode 16: bidirectional controls (Bidi_Control=Yes), line and paragraph separators, byte order mark, and characters
// that are never seen. The joiners U+200C and U+200D stay: they shape Arabic script.
fn disguises(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
        )
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Reads a date of eight ASCII digits or four bytes of packed decimal, as (year, month, day).
fn date(bytes: &[u8]) -> Result<(i64, u8, u8), DataGroupError> {
    let digits: Vec<u8> = match bytes.len() {
        8 => bytes.iter().map(|b| b.wrapping_sub(b'0')).collect(),
        4 => bytes.iter().flat_map(|b| [b >> 4, b & 0x0F]).collect(),
        _ => return Err(DataGroupError::Malformed),
    };
    if digits.iter().any(|digit| *digit > 9) {
        return Err(DataGroupError::Malformed);
    }
    let number = digits.iter().fold(0_i64, |number, digit| {
        number.saturating_mul(10).saturating_add(i64::from(*digit))
    });
    let part = |value: i64| u8::try_from(value % 100).map_err(|_| DataGroupError::Malformed);
    let (year, month, day) = (number / 10_000, part(number / 100)?, part(number)?);
    mahfada_base::UnixTime::from_date(year, month, day).ok_or(DataGroupError::Malformed)?;
    Ok((year, month, day))
}

/// Joins the parts of a field that `<` separates.
fn joined(text: &str) -> String {
    text.split('<')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &[u8] = b"I<MARBE12345677BK123456<<<<<<<9002144F3301317MAR<<<<<<<<<<<4EL<FASSI<<SALMA<<<<<<<<<<<<<<<";

    fn dg1(zone: &[u8]) -> Vec<u8> {
        [&[0x61, 0x5D, 0x5F, 0x1F, 0x5A], zone].concat()
    }

    #[test]
    fn reads_dg1_and_nothing_around_it() {
        assert_eq!(parse_dg1(&dg1(ZONE)).unwrap().given_name(), "SALMA");
        let mut trailing = dg1(ZONE);
        trailing.push(0);
        assert_eq!(parse_dg1(&trailing), Err(DataGroupError::Malformed));
        let mut other = dg1(ZONE);
        other[0] = 0x6B;
        assert_eq!(parse_dg1(&other), Err(DataGroupError::Malformed));
    }

    #[test]
    fn a_wrong_check_digit_keeps_its_code() {
        let mut zone = ZONE.to_vec();
        zone[59] = b'5';
        assert_eq!(parse_dg1(&dg1(&zone)).unwrap_err().code(), "mrz_check_digit");
    }

    #[test]
    fn dates_come_in_two_encodings() {
        assert_eq!(date(b"19900214"), Ok((1990, 2, 14)));
        assert_eq!(date(&[0x19, 0x90, 0x02, 0x14]), Ok((1990, 2, 14)));
        for wrong in [&b"19900230"[..], b"1990021", b"1990021x", &[0x19, 0x90, 0x02, 0x3F]] {
            assert_eq!(date(wrong), Err(DataGroupError::Malformed), "{wrong:?}");
        }
    }
}
