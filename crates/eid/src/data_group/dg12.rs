//! DG12, additional document details (Doc 9303-10 §4.7.12): the date of issue stands here.

use std::fmt;

use super::{DataGroupError, date, text};
use crate::tlv::{Reader, Tlv};

/// What DG12 says about the document; every field is optional there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AdditionalDocumentDetails {
    /// The issuing authority.
    pub authority: Option<String>,
    /// The date of issue as (year, month, day).
    pub issue_date: Option<(i64, u8, u8)>,
}

impl fmt::Debug for AdditionalDocumentDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdditionalDocumentDetails(…)")
    }
}

/// Reads DG12; elements that no verdict reports are checked for shape only.
///
/// # Errors
/// [`DataGroupError`] when the file or a text is malformed.
pub fn parse_dg12(file: &[u8]) -> Result<AdditionalDocumentDetails, DataGroupError> {
    let mut reader = Reader::new(Tlv::only_of(0x6C, file)?);
    let mut details = AdditionalDocumentDetails::default();
    while !reader.is_empty() {
        let element = reader.next()?;
        match element.tag {
            0x5F19 => details.authority = Some(text(element.value)?),
            0x5F26 => details.issue_date = Some(date(element.value)?),
            _ => {}
        }
    }
    Ok(details)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_authority_and_date() {
        let file = b"\x6C\x18\x5C\x04\x5F\x19\x5F\x26\x5F\x19\x04DGSN\x5F\x26\x0820230201";
        let details = parse_dg12(file).unwrap();
        assert_eq!(details.authority.as_deref(), Some("DGSN"));
        assert_eq!(details.issue_date, Some((2023, 2, 1)));
    }
}
