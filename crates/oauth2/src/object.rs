//! JSON objects read as objects: a derived reader would also take an array of the members' values in their order.

use mahfada_base::json::{self, JsonError};
use serde::Deserialize as _;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;

/// Reads a message whose outermost value is an object; unknown members are ignored, repeated ones refused.
///
/// # Errors
/// [`JsonError`] naming the first fault.
pub fn object_from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    read(json::parse(bytes)?).map_err(JsonError::Malformed)
}

/// Reads an optional member that is an object; for `#[serde(default, deserialize_with)]`. Null counts as absent.
///
/// # Errors
/// The error of the deserializer when the value is anything else.
pub fn optional_object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value => read(value).map(Some).map_err(D::Error::custom),
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, serde_json::Error> {
    if value.is_object() {
        serde_json::from_value(value)
    } else {
        Err(serde_json::Error::custom("not an object"))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Outer {
        a: u8,
        #[serde(default, deserialize_with = "optional_object")]
        b: Option<Inner>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        #[serde(default)]
        c: u8,
    }

    #[test]
    fn an_array_is_no_object() {
        for text in [
            "[1]",
            r#"{"a":1,"b":[]}"#,
            r#"{"a":1,"b":[1]}"#,
            r#"{"a":1,"a":1}"#,
            "null",
        ] {
            object_from_slice::<Outer>(text.as_bytes()).unwrap_err();
        }
        for (text, b) in [
            (r#"{"a":1}"#, None),
            (r#"{"a":1,"b":null}"#, None),
            (r#"{"a":1,"b":{},"zz":[]}"#, Some(Inner { c: 0 })),
        ] {
            assert_eq!(object_from_slice::<Outer>(text.as_bytes()).unwrap(), Outer { a: 1, b });
        }
    }
}
