//! Forms and query strings in which every name stands once (RFC 6749 §3.1).

use std::collections::BTreeMap;

/// A name stands twice in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RepeatedParameter;

/// Reads the names and values of a form and refuses a name that stands twice.
pub(crate) fn parse(form: &[u8]) -> Result<BTreeMap<String, String>, RepeatedParameter> {
    let mut parameters = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(form) {
        if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(RepeatedParameter);
        }
    }
    Ok(parameters)
}

/// Writes a form.
pub(crate) fn write<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish()
}
