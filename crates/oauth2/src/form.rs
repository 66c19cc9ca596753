//! Form bodies and query strings: every parameter at most once (RFC 6749 §3.1, §3.2).

use std::collections::BTreeMap;
use std::fmt;

/// The most bytes that a form body or a query may have.
pub const MAX_FORM_BYTES: usize = 128 * 1024;

/// Parameters of a form body or a query; `Debug` shows names only, values may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Form(BTreeMap<String, String>);

/// Why a form was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The body is too long or no UTF-8 after decoding.
    #[error("not a form of at most {MAX_FORM_BYTES} bytes in UTF-8")]
    Malformed,
    /// A parameter occurs twice.
    #[error("a parameter is repeated")]
    Repeated,
    /// A parameter that the message needs is absent or empty.
    #[error("parameter {0} is missing")]
    Missing(&'static str),
    /// A parameter has a value that the message does not allow.
    #[error("parameter {0} has an invalid value")]
    Invalid(&'static str),
}

impl FormError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "form_malformed",
            Self::Repeated => "duplicate_parameter",
            Self::Missing(_) => "parameter_missing",
            Self::Invalid(_) => "parameter_invalid",
        }
    }
}

impl Form {
    /// Reads `application/x-www-form-urlencoded` and refuses a repeated parameter, known or not.
    ///
    /// # Errors
    /// [`FormError::Malformed`] or [`FormError::Repeated`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        if bytes.len() > MAX_FORM_BYTES {
            return Err(FormError::Malformed);
        }
        let mut parameters = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(bytes) {
            // The decoder puts U+FFFD where bytes are no UTF-8; no parameter of ours may contain it.
            if name.contains('\u{FFFD}') || value.contains('\u{FFFD}') {
                return Err(FormError::Malformed);
            }
            if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(FormError::Repeated);
            }
        }
        Ok(Self(parameters))
    }

    /// Returns a value; a parameter without value counts as omitted (RFC 6749 §3.1).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns a value that the message needs.
    ///
    /// # Errors
    /// [`FormError::Missing`] with the name.
    pub fn require(&self, name: &'static str) -> Result<&str, FormError> {
        self.get(name).ok_or(FormError::Missing(name))
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Writes parameters as `application/x-www-form-urlencoded`, in the order given.
pub fn encode_form<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish()
}

/// The most bytes of a `client_id`: the server keeps and echoes the text of whoever asks.
const MAX_CLIENT_ID: usize = 256;

/// Takes the name that a client gives itself, if any.
pub(crate) fn client_id(form: &Form) -> Result<Option<String>, FormError> {
    match form.get("client_id") {
        Some(text) if text.len() > MAX_CLIENT_ID => Err(FormError::Invalid("client_id")),
        named => Ok(named.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_repeated_parameter_even_when_equal_empty_or_unknown() {
        for body in ["a=1&a=2", "a=1&a=1", "a=&a=", "x=1&b=2&x=3", "a=1&%61=2"] {
            assert_eq!(Form::parse(body.as_bytes()), Err(FormError::Repeated), "{body}");
        }
    }

    #[test]
    fn refuses_what_is_not_utf8_and_what_is_too_long() {
        assert_eq!(Form::parse(b"a=%ff"), Err(FormError::Malformed));
        assert_eq!(Form::parse(b"a=\xff"), Err(FormError::Malformed));
        assert_eq!(Form::parse(&vec![b'a'; MAX_FORM_BYTES + 1]), Err(FormError::Malformed));
    }

    #[test]
    fn an_empty_value_counts_as_omitted() {
        let form = Form::parse(b"a=&b=1+2%2B").unwrap();
        assert_eq!(form.require("a"), Err(FormError::Missing("a")));
        assert_eq!(form.require("b"), Ok("1 2+"));
    }

    #[test]
    fn debug_shows_no_value() {
        let form = Form::parse(b"code=hush").unwrap();
        assert!(!format!("{form:?}").contains("hush"));
    }
}
