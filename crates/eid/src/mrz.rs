//! The machine readable zone of cards (TD1) and passports (TD3), Doc 9303-4 and 9303-5.

use std::fmt;

/// The layout of a machine readable zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MrzFormat {
    /// Three lines of 30 characters: identity cards.
    Td1,
    /// Two lines of 44 characters: passports.
    Td3,
}

/// Why characters are no machine readable zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MrzError {
    /// The length fits no layout, or a character or a date is not allowed.
    #[error("not a machine readable zone of a card or a passport")]
    Format,
    /// A check digit does not fit its field.
    #[error("a check digit is wrong")]
    CheckDigit,
}

impl MrzError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format => "mrz_format",
            Self::CheckDigit => "mrz_check_digit",
        }
    }
}

/// A machine readable zone whose check digits are right; fillers are taken off its fields.
///
/// It says nothing about who wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz {
    format: MrzFormat,
    document_code: String,
    issuer: String,
    document_number: String,
    birth_date: ShortDate,
    sex: Option<char>,
    expiry_date: ShortDate,
    nationality: String,
    optional_data: String,
    family_name: String,
    given_name: String,
}

/// A date of the zone: the last two digits of the year, month, day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortDate {
    /// The last two digits of the year.
    pub year: u8,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day, 1 to 31.
    pub day: u8,
}

impl Mrz {
    /// Reads a zone without line breaks and checks every check digit (Doc 9303-3 §4.9).
    ///
    /// # Errors
    /// [`MrzError`] when the layout or a check digit is wrong.
    pub fn parse(characters: &[u8]) -> Result<Self, MrzError> {
        if !characters.iter().all(|c| matches!(c, b'A'..=b'Z' | b'0'..=b'9' | b'<')) {
            return Err(MrzError::Format);
        }
        let zone = Zone(std::str::from_utf8(characters).map_err(|_| MrzError::Format)?);
        match characters.len() {
            90 => zone.td1(),
            88 => zone.td3(),
            _ => Err(MrzError::Format),
        }
    }

    /// Returns the layout.
    #[must_use]
    pub const fn format(&self) -> MrzFormat {
        self.format
    }

    /// Returns the document code, such as `I` or `ID`.
    #[must_use]
    pub fn document_code(&self) -> &str {
        &self.document_code
    }

    /// Returns the issuing state as ISO 3166-1 alpha-3.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the number of the document, overflow included.
    #[must_use]
    pub fn document_number(&self) -> &str {
        &self.document_number
    }

    /// Returns the date of birth.
    #[must_use]
    pub const fn birth_date(&self) -> ShortDate {
        self.birth_date
    }

    /// Returns `M` or `F`, or nothing when unspecified.
    #[must_use]
    pub const fn sex(&self) -> Option<char> {
        self.sex
    }

    /// Returns the date of expiry; its century is always the 21st.
    #[must_use]
    pub const fn expiry_date(&self) -> ShortDate {
        self.expiry_date
    }

    /// Returns the nationality as ISO 3166-1 alpha-3.
    #[must_use]
    pub fn nationality(&self) -> &str {
        &self.nationality
    }

    /// Returns the first field of optional data; Moroccan cards carry the CNIE number there.
    #[must_use]
    pub fn optional_data(&self) -> &str {
        &self.optional_data
    }

    /// Returns the primary identifier.
    #[must_use]
    pub fn family_name(&self) -> &str {
        &self.family_name
    }

    /// Returns the secondary identifier, empty when there is none.
    #[must_use]
    pub fn given_name(&self) -> &str {
        &self.given_name
    }
}

impl fmt::Debug for Mrz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mrz")
            .field("format", &self.format)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl ShortDate {
    fn parse(text: &str) -> Result<Self, MrzError> {
        let number = |from: usize| -> Result<u8, MrzError> {
            let digits = text.get(from..from.saturating_add(2)).ok_or(MrzError::Format)?;
            if digits.bytes().all(|b| b.is_ascii_digit()) {
                digits.parse().map_err(|_| MrzError::Format)
            } else {
                Err(MrzError::Format)
            }
        };
        let date = Self {
            year: number(0)?,
            month: number(2)?,
            day: number(4)?,
        };
        let possible = (1..=12).contains(&date.month) && (1..=31).contains(&date.day);
        if possible { Ok(date) } else { Err(MrzError::Format) }
    }
}

struct Zone<'a>(&'a str);

impl<'a> Zone<'a> {
    fn td1(&self) -> Result<Mrz, MrzError> {
        let (document_number, optional_data) = self.td1_numbers()?;
        self.check(30, 36)?;
        self.check(38, 44)?;
        // Doc 9303-5 §4.2.2: the composite digit covers these parts of lines 1 and 2.
        let composite: String = [self.at(5, 30)?, self.at(30, 37)?, self.at(38, 45)?, self.at(48, 59)?].concat();
        check_digit(&composite, self.at(59, 60)?)?;
        let (family_name, given_name) = names(self.at(60, 90)?)?;
        Ok(Mrz {
            format: MrzFormat::Td1,
            document_code: without_fillers(self.at(0, 2)?),
            issuer: without_fillers(self.at(2, 5)?),
            document_number,
            birth_date: ShortDate::parse(self.at(30, 36)?)?,
            sex: sex(self.at(37, 38)?)?,
            expiry_date: ShortDate::parse(self.at(38, 44)?)?,
            nationality: without_fillers(self.at(45, 48)?),
            optional_data,
            family_name,
            given_name,
        })
    }

    // Doc 9303-5 §4.2.2.1 note (j): a longer number goes on in the optional data, with its check digit at the end.
    fn td1_numbers(&self) -> Result<(String, String), MrzError> {
        let optional = self.at(15, 30)?;
        if self.at(14, 15)? != "<" {
            check_digit(self.at(5, 14)?, self.at(14, 15)?)?;
            return Ok((without_fillers(self.at(5, 14)?), without_fillers(optional)));
        }
        let (overflow, rest) = optional.split_once('<').unwrap_or((optional, ""));
        let split = overflow.len().checked_sub(1).ok_or(MrzError::CheckDigit)?;
        let (tail, digit) = overflow.split_at_checked(split).ok_or(MrzError::Format)?;
        let number = format!("{}{tail}", self.at(5, 14)?);
        check_digit(&number, digit)?;
        Ok((without_fillers(&number), without_fillers(rest)))
    }

    fn td3(&self) -> Result<Mrz, MrzError> {
        self.check(44, 53)?;
        self.check(57, 63)?;
        self.check(65, 71)?;
        // Doc 9303-4 §4.2.2: an empty personal number may have a filler for its digit.
        if self.at(72, 87)? != "<".repeat(15) || self.at(86, 87)? != "<" {
            self.check(72, 86)?;
        }
        let composite: String = [self.at(44, 54)?, self.at(57, 64)?, self.at(65, 87)?].concat();
        check_digit(&composite, self.at(87, 88)?)?;
        let (family_name, given_name) = names(self.at(5, 44)?)?;
        Ok(Mrz {
            format: MrzFormat::Td3,
            document_code: without_fillers(self.at(0, 2)?),
            issuer: without_fillers(self.at(2, 5)?),
            document_number: without_fillers(self.at(44, 53)?),
            birth_date: ShortDate::parse(self.at(57, 63)?)?,
            sex: sex(self.at(64, 65)?)?,
            expiry_date: ShortDate::parse(self.at(65, 71)?)?,
            nationality: without_fillers(self.at(54, 57)?),
            optional_data: without_fillers(self.at(72, 86)?),
            family_name,
            given_name,
        })
    }

    fn at(&self, from: usize, to: usize) -> Result<&'a str, MrzError> {
        self.0.get(from..to).ok_or(MrzError::Format)
    }

    fn check(&self, from: usize, to: usize) -> Result<(), MrzError> {
        check_digit(self.at(from, to)?, self.at(to, to.saturating_add(1))?)
    }
}

fn check_digit(field: &str, digit: &str) -> Result<(), MrzError> {
    let expected = char::from(b'0'.saturating_add(checksum(field)));
    if digit.chars().eq([expected]) {
        Ok(())
    } else {
        Err(MrzError::CheckDigit)
    }
}

/// Computes the check digit of a field (Doc 9303-3 §4.9): weights 7, 3, 1 modulo 10.
pub(crate) fn checksum(field: &str) -> u8 {
    let sum = field
        .bytes()
        .zip([7_u32, 3, 1].into_iter().cycle())
        .fold(0_u32, |sum, (character, weight)| {
            let value = match character {
                b'0'..=b'9' => u32::from(character - b'0'),
                b'A'..=b'Z' => u32::from(character - b'A').saturating_add(10),
                _ => 0,
            };
            sum.saturating_add(value.saturating_mul(weight))
        });
    u8::try_from(sum % 10).unwrap_or(0)
}

fn sex(text: &str) -> Result<Option<char>, MrzError> {
    match text {
        "M" => Ok(Some('M')),
        "F" => Ok(Some('F')),
        "<" | "X" => Ok(None),
        _ => Err(MrzError::Format),
    }
}

fn names(field: &str) -> Result<(String, String), MrzError> {
    let field = field.trim_end_matches('<');
    let (family, given) = field.split_once("<<").unwrap_or((field, ""));
    if family.is_empty() {
        return Err(MrzError::Format);
    }
    let spaced = |name: &str| {
        name.split('<')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    Ok((spaced(family), spaced(given)))
}

fn without_fillers(field: &str) -> String {
    field.trim_end_matches('<').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TD1: &str = "I<MARBE12345677BK123456<<<<<<<9002144F3301317MAR<<<<<<<<<<<4EL<FASSI<<SALMA<<<<<<<<<<<<<<<";
    // Doc 9303-4 appendix B and Doc 9303-5 appendix B.
    const TD3: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    const TD1_SPECIMEN: &str =
        "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<";

    #[test]
    fn reads_the_card() {
        let mrz = Mrz::parse(TD1.as_bytes()).unwrap();
        assert_eq!(mrz.format(), MrzFormat::Td1);
        assert_eq!((mrz.family_name(), mrz.given_name()), ("EL FASSI", "SALMA"));
        assert_eq!((mrz.document_number(), mrz.optional_data()), ("BE1234567", "BK123456"));
        assert_eq!(
            (mrz.document_code(), mrz.issuer(), mrz.nationality(), mrz.sex()),
            ("I", "MAR", "MAR", Some('F'))
        );
        assert_eq!(
            mrz.birth_date(),
            ShortDate {
                year: 90,
                month: 2,
                day: 14
            }
        );
        assert_eq!(
            mrz.expiry_date(),
            ShortDate {
                year: 33,
                month: 1,
                day: 31
            }
        );
    }

    #[test]
    fn reads_the_specimens_of_the_specification() {
        let passport = Mrz::parse(TD3.as_bytes()).unwrap();
        assert_eq!(
            (passport.format(), passport.document_number()),
            (MrzFormat::Td3, "L898902C3")
        );
        assert_eq!(
            (passport.family_name(), passport.given_name()),
            ("ERIKSSON", "ANNA MARIA")
        );
        assert_eq!(passport.optional_data(), "ZE184226B");
        assert_eq!(
            Mrz::parse(TD1_SPECIMEN.as_bytes()).unwrap().document_number(),
            "D23145890"
        );
    }

    #[test]
    fn reads_a_document_number_that_overflows() {
        let number = "D23145890734";
        let optional = format!("734{}<<<<<<<<<<<", checksum(number));
        let line1 = format!("I<UTOD23145890<{optional}");
        let composite = checksum(&format!("{}74081221204159<<<<<<<<<<<", &line1[5..]));
        let zone = format!("{line1}7408122F1204159UTO<<<<<<<<<<<{composite}ERIKSSON<<ANNA<MARIA<<<<<<<<<<");
        assert_eq!(Mrz::parse(zone.as_bytes()).unwrap().document_number(), number);
        let wrong = zone.replacen("734", "735", 1);
        assert_eq!(Mrz::parse(wrong.as_bytes()), Err(MrzError::CheckDigit));
    }

    #[test]
    fn every_check_digit_counts() {
        for (zone, positions) in [(TD1, &[14, 36, 44, 59][..]), (TD3, &[53, 63, 71, 86, 87])] {
            for position in positions {
                let mut wrong = zone.as_bytes().to_vec();
                wrong[*position] = if wrong[*position] == b'9' {
                    b'0'
                } else {
                    wrong[*position] + 1
                };
                assert_eq!(Mrz::parse(&wrong), Err(MrzError::CheckDigit), "{position}");
            }
        }
    }

    #[test]
    fn refuses_other_lengths_characters_and_impossible_dates() {
        let lower = TD1.replace("SALMA", "salma");
        for zone in [&TD1[1..], lower.as_str(), ""] {
            assert_eq!(Mrz::parse(zone.as_bytes()), Err(MrzError::Format));
        }
    }
}
