//! What people see of an issuer, a credential and its claims (OID4VCI §12.2.4, Appendix B.2).

use mahfada_base::ClaimsPath;
use serde::{Deserialize, Serialize};

/// What people see of a credential and its claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialMetadata {
    /// The credential's names by language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Display>,
    /// The claims, in the order in which they are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimDescription>,
}

/// A claim of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimDescription {
    /// Where the claim stands.
    pub path: ClaimsPath,
    /// Whether the issuer always includes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mandatory: bool,
    /// The claim's names by language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Display>,
}

/// A name and a look in one language; plain text, never markup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The language tag (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The description of a credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Image>,
    /// The background as a CSS colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_color: Option<String>,
    /// The background as an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_image: Option<Image>,
    /// The text colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_color: Option<String>,
}

/// An image by its address; fetching it tells its host who looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The address: `https:` or `data:`.
    pub uri: String,
    /// What a screen reader says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
}

impl Display {
    /// Names something in one language.
    pub fn named(name: impl Into<String>, locale: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            locale: Some(locale.into()),
            ..Self::default()
        }
    }
}

/// Finds the entry for a language (`ar`, `fr-MA`, …): the same tag, then the same language, then the first entry.
#[must_use]
pub fn localized<'d>(display: &'d [Display], language: &str) -> Option<&'d Display> {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let matching = |exact: bool| {
        display.iter().find(|entry| {
            entry.locale.as_deref().is_some_and(|locale| {
                if exact {
                    locale.eq_ignore_ascii_case(language)
                } else {
                    primary(locale) == primary(language)
                }
            })
        })
    };
    matching(true).or_else(|| matching(false)).or_else(|| display.first())
}
