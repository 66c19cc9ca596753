//! One disclosure: salt, name and value behind one digest (RFC 9901 §4.2).

use std::fmt;

use mahfada_base::base64url;
use mahfada_base::json;
use serde_json::Value;

/// One claim or array element together with the salt that hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    encoded: String,
    name: Option<String>,
    value: Value,
}

/// Why a text is no disclosure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DisclosureError {
    /// The text is not canonical base64url.
    #[error("a disclosure is not canonical base64url")]
    Base64(#[from] base64url::Base64Error),
    /// The content is not JSON, or repeats a member.
    #[error("a disclosure holds no JSON")]
    Json(#[from] json::JsonError),
    /// The content is not an array of two or three elements.
    #[error("a disclosure has neither two nor three elements")]
    Arity,
    /// The salt or the claim name is no string.
    #[error("the salt or the name of a disclosure is no string")]
    NotText,
}

impl DisclosureError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Arity => "sd_arity",
            Self::Base64(_) | Self::Json(_) | Self::NotText => "sd_malformed",
        }
    }
}

impl Disclosure {
    /// Parses the encoded form; whether a digest refers to it is not checked here.
    ///
    /// # Errors
    /// [`DisclosureError`] when it is not an array of a salt, a name if it is a claim, and a value.
    pub fn parse(encoded: &str) -> Result<Self, DisclosureError> {
        let Value::Array(elements) = json::parse(&base64url::decode(encoded)?)? else {
            return Err(DisclosureError::Arity);
        };
        let (salt, name, value) = match <[Value; 3]>::try_from(elements) {
            Ok([salt, name, value]) => (salt, Some(name), value),
            Err(elements) => {
                let [salt, value] = <[Value; 2]>::try_from(elements).map_err(|_| DisclosureError::Arity)?;
                (salt, None, value)
            }
        };
        let name = match name {
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(DisclosureError::NotText),
            None => None,
        };
        if !salt.is_string() {
            return Err(DisclosureError::NotText);
        }
        Ok(Self {
            encoded: encoded.to_owned(),
            name,
            value,
        })
    }

    /// Makes the disclosure of a claim (with a name) or of an array element (without).
    pub(crate) fn new(salt: &str, name: Option<&str>, value: Value) -> Self {
        let (salt, written) = (Value::from(salt), &value);
        let elements = match name {
            Some(name) => format!("[{salt},{},{written}]", Value::from(name)),
            None => format!("[{salt},{written}]"),
        };
        let encoded = base64url::encode(elements);
        Self {
            encoded,
            name: name.map(ToOwned::to_owned),
            value,
        }
    }

    /// Returns the form on the wire, over which the digest is taken.
    #[must_use]
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// Returns the claim name; `None` for an array element.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the value as it was disclosed, digests inside it included.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }
}

impl fmt::Debug for Disclosure {
    /// Shows the name and no value: values are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disclosure")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
