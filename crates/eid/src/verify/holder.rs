//! The person on a verified card.

use std::fmt;

use mahfada_base::{CLOCK_SKEW, UnixTime};

use super::country;
use super::refusal::{Refusal, refusal, require};
use crate::data_group::{AdditionalDocumentDetails, AdditionalPersonalDetails};
use crate::mrz::{Mrz, ShortDate};

type Date = (i64, u8, u8);

/// Who a verified card belongs to, as its signed files say; only a verification makes one.
///
/// It does not say that the person who presents the card is this one: that is the holder factor's business.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedHolder {
    family_name: String,
    given_name: String,
    family_name_ar: Option<String>,
    given_name_ar: Option<String>,
    birthdate: String,
    sex: Option<char>,
    nationality: String,
    document_number: String,
    personal_number: String,
    date_of_expiry: String,
    date_of_issuance: Option<String>,
    place_of_birth: Option<String>,
    address: Option<String>,
}

impl VerifiedHolder {
    /// Returns the family name in Latin script, as the machine readable zone spells it.
    #[must_use]
    pub fn family_name(&self) -> &str {
        &self.family_name
    }

    /// Returns the given name in Latin script, as the machine readable zone spells it.
    #[must_use]
    pub fn given_name(&self) -> &str {
        &self.given_name
    }

    /// Returns the family name in Arabic script, from DG11.
    #[must_use]
    pub fn family_name_ar(&self) -> Option<&str> {
        self.family_name_ar.as_deref()
    }

    /// Returns the given name in Arabic script, from DG11.
    #[must_use]
    pub fn given_name_ar(&self) -> Option<&str> {
        self.given_name_ar.as_deref()
    }

    /// Returns the date of birth as YYYY-MM-DD.
    #[must_use]
    pub fn birthdate(&self) -> &str {
        &self.birthdate
    }

    /// Returns `M` or `F`, or nothing when unspecified.
    #[must_use]
    pub const fn sex(&self) -> Option<char> {
        self.sex
    }

    /// Returns the nationality as ISO 3166-1 alpha-3.
    #[must_use]
    pub fn nationality(&self) -> &str {
        &self.nationality
    }

    /// Returns the nationality as ISO 3166-1 alpha-2, unless the code is unknown.
    #[must_use]
    pub fn nationality_alpha2(&self) -> Option<&'static str> {
        country::alpha2(&self.nationality)
    }

    /// Returns the number of the card, which changes with every card.
    #[must_use]
    pub fn document_number(&self) -> &str {
        &self.document_number
    }

    /// Returns the personal number: the CNIE number, for life.
    #[must_use]
    pub fn personal_number(&self) -> &str {
        &self.personal_number
    }

    /// Returns the date of expiry as YYYY-MM-DD.
    #[must_use]
    pub fn date_of_expiry(&self) -> &str {
        &self.date_of_expiry
    }

    /// Returns the date of issue as YYYY-MM-DD, from DG12.
    #[must_use]
    pub fn date_of_issuance(&self) -> Option<&str> {
        self.date_of_issuance.as_deref()
    }

    /// Returns the place of birth, from DG11.
    #[must_use]
    pub fn place_of_birth(&self) -> Option<&str> {
        self.place_of_birth.as_deref()
    }

    /// Returns the address, from DG11.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }
}

impl fmt::Debug for VerifiedHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifiedHolder(…)")
    }
}

/// Checks that the signed files agree with each other, and joins them.
pub(super) fn join(
    mrz: &Mrz,
    personal: AdditionalPersonalDetails,
    document: &AdditionalDocumentDetails,
    now: UnixTime,
) -> Result<VerifiedHolder, Refusal> {
    let optional = Some(mrz.optional_data()).filter(|number| !number.is_empty());
    if let (Some(signed), Some(printed)) = (&personal.personal_number, optional) {
        require(
            signed == printed,
            "cross_field",
            "DG1 and DG11 give different personal numbers",
        )?;
    }
    let personal_number = personal.personal_number.or_else(|| optional.map(str::to_owned));
    let personal_number = personal_number.filter(|number| !number.is_empty());
    let birth = birth_date(mrz.birth_date(), personal.birth_date, now)?;
    if let Some(issued) = document.issue_date {
        check_issue_date(issued, mrz.expiry_date(), now)?;
    }
    let (family_name_ar, given_name_ar) = personal.name.filter(is_arabic).unzip();
    Ok(VerifiedHolder {
        family_name: mrz.family_name().to_owned(),
        given_name: mrz.given_name().to_owned(),
        family_name_ar,
        given_name_ar: given_name_ar.filter(|name| !name.is_empty()),
        birthdate: text(birth),
        sex: mrz.sex(),
        nationality: mrz.nationality().to_owned(),
        document_number: mrz.document_number().to_owned(),
        personal_number: personal_number.ok_or_else(|| {
            refusal(
                "personal_number_missing",
                "neither DG1 nor DG11 gives a personal number",
            )
        })?,
        date_of_expiry: text(this_century(mrz.expiry_date())),
        date_of_issuance: document.issue_date.map(text),
        place_of_birth: personal.place_of_birth,
        address: personal.address,
    })
}

/// Requires the date of expiry not to have passed; the day itself still counts.
pub(super) fn check_expiry(expiry: ShortDate, now: UnixTime) -> Result<(), Refusal> {
    let (year, month, day) = this_century(expiry);
    let date = UnixTime::from_date(year, month, day)
        .ok_or_else(|| refusal("mrz_format", "the date of expiry does not exist"))?;
    require(now.start_of_day() <= date, "document_expired", "the card has expired")
}

fn birth_date(short: ShortDate, full: Option<Date>, now: UnixTime) -> Result<Date, Refusal> {
    let date = full.unwrap_or_else(|| {
        let (this, ..) = this_century(short);
        let year = if this > now.date().0 {
            this.saturating_sub(100)
        } else {
            this
        };
        (year, short.month, short.day)
    });
    let (year, month, day) = date;
    let agrees = year.rem_euclid(100) == i64::from(short.year) && (month, day) == (short.month, short.day);
    require(agrees, "cross_field", "DG1 and DG11 give different dates of birth")?;
    let exists = UnixTime::from_date(year, month, day).is_some_and(|date| date <= now);
    require(exists, "cross_field", "the date of birth does not exist or lies ahead")?;
    Ok(date)
}

fn check_issue_date(issued: Date, expiry: ShortDate, now: UnixTime) -> Result<(), Refusal> {
    let possible = issued <= now.plus(CLOCK_SKEW).date() && issued <= this_century(expiry);
    require(
        possible,
        "cross_field",
        "the date of issue lies ahead or after the expiry",
    )
}

fn this_century(date: ShortDate) -> Date {
    (i64::from(date.year).saturating_add(2000), date.month, date.day)
}

fn text((year, month, day): Date) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

fn is_arabic((primary, secondary): &(String, String)) -> bool {
    primary
        .chars()
        .chain(secondary.chars())
        .any(|c| matches!(c, '\u{0600}'..='\u{06FF}' | '\u{0750}'..='\u{077F}'))
}
