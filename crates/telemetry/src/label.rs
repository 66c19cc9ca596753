//! Label values: short, printable, and few.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

const MAX_LENGTH: usize = 128;
const MAX_WORDS: usize = 256;

/// The value that stands for every word that is not admitted.
pub(crate) const OTHER: &str = "other";

/// The words that one label may take: the first [`MAX_WORDS`] that come.
///
/// Labels are names of the configuration and stable codes. A caller that hands in an id by mistake loses the id here
/// and not the memory of the process.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary(Mutex<BTreeSet<String>>);

impl Vocabulary {
    /// Returns the word, or [`OTHER`].
    pub(crate) fn admit(&self, word: &str) -> String {
        let printable = word.bytes().all(|byte| byte.is_ascii_graphic());
        if word.len() > MAX_LENGTH || !printable {
            return OTHER.to_owned();
        }
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !words.contains(word) {
            if words.len() >= MAX_WORDS {
                return OTHER.to_owned();
            }
            words.insert(word.to_owned());
        }
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_label_are_bounded() {
        let words = Vocabulary::default();
        for number in 0..MAX_WORDS {
            assert_eq!(words.admit(&number.to_string()), number.to_string());
        }
        assert_eq!(words.admit("one-more"), OTHER);
        assert_eq!(words.admit("0"), "0");
    }

    #[test]
    fn a_word_that_is_long_or_not_printable_is_not_shown() {
        let words = Vocabulary::default();
        for bad in ["a b", "a\nb", "اسم", &"x".repeat(MAX_LENGTH + 1)] {
            assert_eq!(words.admit(bad), OTHER);
        }
        assert_eq!(words.admit(&"x".repeat(MAX_LENGTH)).len(), MAX_LENGTH);
        assert_eq!(words.admit(""), "");
    }
}
