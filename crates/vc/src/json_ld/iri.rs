//! What counts as an absolute IRI.

/// Tells whether the text is an absolute IRI that N-Quads can carry: a scheme, a colon, and no forbidden character.
pub(crate) fn is_absolute(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        && !text.chars().any(|c| c <= ' ' || "<>\"{}|^`\\".contains(c))
}

/// Tells whether the text has the form of a keyword, `@` and letters (JSON-LD 1.1 §5.2).
pub(crate) fn is_keyword_like(text: &str) -> bool {
    text.strip_prefix('@')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_absolute_iris_from_other_text() {
        for yes in [
            "https://a.example/b?c#d",
            "did:key:z6Mk",
            "urn:uuid:1",
            "data:image/png;base64,AA==",
        ] {
            assert!(is_absolute(yes), "{yes}");
        }
        for no in [
            "",
            "a",
            "//a/b",
            "1a:b",
            ":a",
            "_:b0",
            "https ://a",
            "a:b>c",
            "a:\u{1}",
            "a b:c",
        ] {
            assert!(!is_absolute(no), "{no}");
        }
    }
}
