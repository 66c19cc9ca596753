//! The transaction code that an offer announces (OID4VCI §4.1.1).

use serde::{Deserialize, Serialize};

use super::OfferError;

const MAX_DESCRIPTION_CHARS: usize = 300;

/// What the wallet tells the citizen about the code to type in; an empty object means: ask for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxCode {
    /// Which characters the code has.
    #[serde(default, skip_serializing_if = "TxCodeInputMode::is_default")]
    pub input_mode: TxCodeInputMode,
    /// How many characters the code has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// How the code reaches the citizen: at most 300 characters, shown as plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Which characters a transaction code has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TxCodeInputMode {
    /// Digits only.
    #[default]
    Numeric,
    /// Any characters.
    Text,
}

impl TxCodeInputMode {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    const fn is_default(&self) -> bool {
        matches!(self, Self::Numeric)
    }
}

impl TxCode {
    /// Tells whether what the citizen typed can be the code: a slip is caught before it costs an attempt.
    #[must_use]
    pub fn accepts(&self, typed: &str) -> bool {
        let length = u32::try_from(typed.chars().count()).ok();
        !typed.is_empty()
            && self.length.is_none_or(|expected| length == Some(expected))
            && (self.input_mode == TxCodeInputMode::Text || typed.bytes().all(|b| b.is_ascii_digit()))
    }

    pub(super) fn validate(&self) -> Result<(), OfferError> {
        let described = self.description.as_deref().unwrap_or_default();
        if self.length == Some(0) || described.chars().count() > MAX_DESCRIPTION_CHARS {
            return Err(OfferError::TxCode);
        }
        Ok(())
    }
}
