//! Text in several languages, as lists and registration certificates carry it.

use serde::{Deserialize, Serialize};

/// One text in one language.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LocalizedString {
    /// The language tag, such as `ar` (BCP 47).
    pub lang: String,
    /// The text.
    pub value: String,
}

/// The same text in several languages, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalizedText(Vec<LocalizedString>);

impl LocalizedText {
    /// Starts a text with one language.
    #[must_use]
    pub fn new(lang: impl Into<String>, value: impl Into<String>) -> Self {
        Self(Vec::new()).with(lang, value)
    }

    /// Adds a language.
    #[must_use]
    pub fn with(mut self, lang: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push(LocalizedString {
            lang: lang.into(),
            value: value.into(),
        });
        self
    }

    /// Returns the text in the wanted language, else in its main language (`fr` for `fr-MA`), else the first.
    #[must_use]
    pub fn get(&self, lang: &str) -> Option<&str> {
        let exact = self.0.iter().find(|text| text.lang.eq_ignore_ascii_case(lang));
        let main = || {
            self.0
                .iter()
                .find(|text| main_language(&text.lang).eq_ignore_ascii_case(main_language(lang)))
        };
        exact
            .or_else(main)
            .or_else(|| self.0.first())
            .map(|text| text.value.as_str())
    }

    /// Goes through the languages in order.
    pub fn iter(&self) -> std::slice::Iter<'_, LocalizedString> {
        self.0.iter()
    }

    /// Tells whether there is no text at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether one of the languages says exactly this.
    #[must_use]
    pub fn contains(&self, value: &str) -> bool {
        self.0.iter().any(|text| text.value == value)
    }
}

impl<'a> IntoIterator for &'a LocalizedText {
    type Item = &'a LocalizedString;
    type IntoIter = std::slice::Iter<'a, LocalizedString>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<LocalizedString> for LocalizedText {
    fn from_iter<I: IntoIterator<Item = LocalizedString>>(texts: I) -> Self {
        Self(texts.into_iter().collect())
    }
}

fn main_language(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_back_to_the_main_language_and_then_to_the_first() {
        let text = LocalizedText::new("ar", "س").with("fr", "S").with("en-GB", "Z");
        assert_eq!(text.get("fr-MA"), Some("S"));
        assert_eq!(text.get("en"), Some("Z"));
        assert_eq!(text.get("de"), Some("س"));
        assert_eq!(LocalizedText::default().get("ar"), None);
    }
}
