//! DG11, additional personal details (Doc 9303-10 §4.7.11): the Arabic name stands here.

use std::fmt;

use super::{DataGroupError, date, joined, text};
use crate::tlv::{Reader, Tlv};

/// What DG11 says about the holder; every field is optional there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AdditionalPersonalDetails {
    /// The full name as primary and secondary identifier, in the script of the state.
    pub name: Option<(String, String)>,
    /// The personal number: on a Moroccan card the CNIE number.
    pub personal_number: Option<String>,
    /// The full date of birth as (year, month, day).
    pub birth_date: Option<(i64, u8, u8)>,
    /// The place of birth.
    pub place_of_birth: Option<String>,
    /// The permanent address.
    pub address: Option<String>,
}

impl fmt::Debug for AdditionalPersonalDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdditionalPersonalDetails(…)")
    }
}

/// Reads DG11; elements that no verdict reports are checked for shape only.
///
/// # Errors
/// [`DataGroupError::Text`] for text that is not UTF-8 or could disguise itself, else
/// [`DataGroupError::Malformed`]; a repeated element is malformed too.
pub fn parse_dg11(file: &[u8]) -> Result<AdditionalPersonalDetails, DataGroupError> {
    let mut reader = Reader::new(Tlv::only_of(0x6B, file)?);
    let mut details = AdditionalPersonalDetails::default();
    while !reader.is_empty() {
        let element = reader.next()?;
        match element.tag {
            0x5F0E => once(&mut details.name, name(&text(element.value)?))?,
            0x5F10 => once(
                &mut details.personal_number,
                text(element.value)?.trim_end_matches('<').to_owned(),
            )?,
            0x5F2B => once(&mut details.birth_date, date(element.value)?)?,
            0x5F11 => once(&mut details.place_of_birth, joined(&text(element.value)?))?,
            0x5F42 => once(&mut details.address, joined(&text(element.value)?))?,
            _ => {}
        }
    }
    Ok(details)
}

fn once<T>(field: &mut Option<T>, value: T) -> Result<(), DataGroupError> {
    if field.replace(value).is_some() {
        Err(DataGroupError::Malformed)
    } else {
        Ok(())
    }
}

fn name(text: &str) -> (String, String) {
    let (primary, secondary) = text.split_once("<<").unwrap_or((text, ""));
    let spaced = |name: &str| {
        name.split('<')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    (spaced(primary), spaced(secondary))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: &[u8], value: &[u8]) -> Vec<u8> {
        [tag, &[u8::try_from(value.len()).unwrap()], value].concat()
    }

    fn dg11(elements: &[(&[u8], &[u8])]) -> Vec<u8> {
        let body: Vec<u8> = elements.iter().flat_map(|(tag, value)| element(tag, value)).collect();
        element(&[0x6B], &body)
    }

    #[test]
    fn reads_the_arabic_name_and_the_rest() {
        let file = dg11(&[
            (&[0x5C], &[0x5F, 0x0E]),
            (&[0x5F, 0x0E], "الفاسي<<سلمى".as_bytes()),
            (&[0x5F, 0x10], b"BK123456"),
            (&[0x5F, 0x2B], b"19900214"),
            (&[0x5F, 0x11], b"RABAT"),
            (&[0x5F, 0x42], b"12 RUE TEST<RABAT"),
        ]);
        let details = parse_dg11(&file).unwrap();
        assert_eq!(details.name, Some(("الفاسي".to_owned(), "سلمى".to_owned())));
        assert_eq!(details.personal_number.as_deref(), Some("BK123456"));
        assert_eq!(details.birth_date, Some((1990, 2, 14)));
        assert_eq!(details.place_of_birth.as_deref(), Some("RABAT"));
        assert_eq!(details.address.as_deref(), Some("12 RUE TEST, RABAT"));
    }

    #[test]
    fn refuses_text_that_could_disguise_itself() {
        for bad in [
            "\u{202E}abc",
            "a\u{2066}b",
            "a\u{061C}",
            "a\u{200F}",
            "a\nb",
            "a\0",
            "\u{FEFF}a",
            "a\u{7F}",
            "a\u{00AD}b",
            "a\u{E0041}",
        ] {
            let file = dg11(&[(&[0x5F, 0x0E], bad.as_bytes())]);
            assert_eq!(parse_dg11(&file), Err(DataGroupError::Text), "{bad:?}");
        }
        for bad in [&[0xFF, 0xFE][..], &[0xC0, 0x80], &[0xD8]] {
            assert_eq!(parse_dg11(&dg11(&[(&[0x5F, 0x0E], bad)])), Err(DataGroupError::Text));
        }
    }

    #[test]
    fn refuses_an_element_twice() {
        let file = dg11(&[(&[0x5F, 0x10], b"A1"), (&[0x5F, 0x10], b"A2")]);
        assert_eq!(parse_dg11(&file), Err(DataGroupError::Malformed));
    }
}
