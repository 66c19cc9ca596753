//! JSON from outside: bounded, and with every member name once.
//!
//! `serde_json::Value` keeps the last of two equal members silently, and two parsers that keep different ones
//! disagree about what was signed; so protocol input passes through [`parse`] first.

use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Number, Value};

/// The most bytes that a JSON document from outside may have, unless the caller allows fewer.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The deepest nesting that a JSON document from outside may have.
pub const MAX_DEPTH: usize = 32;

/// Why a JSON text was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text has more bytes than allowed.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The number of bytes allowed.
        limit: usize,
    },
    /// The text is not JSON, nests too deeply, repeats a member, or lacks what the type needs.
    #[error("{0}")]
    Malformed(#[source] serde_json::Error),
}

/// Parses one JSON document, refusing repeated member names at any depth and nesting over [`MAX_DEPTH`].
///
/// # Errors
/// [`JsonError`] naming the first fault and its position.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.len() > MAX_BYTES {
        return Err(JsonError::TooLong { limit: MAX_BYTES });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }
        .deserialize(&mut deserializer)
        .map_err(JsonError::Malformed)?;
    deserializer.end().map_err(JsonError::Malformed)?;
    Ok(value)
}

/// Parses one JSON document as [`parse`] does and reads a `T` from it; unknown members are ignored.
///
/// # Errors
/// [`JsonError`] naming the first fault.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    serde_json::from_value(parse(bytes)?).map_err(JsonError::Malformed)
}

struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        if depth > MAX_DEPTH {
            return Err(E::custom(format_args!(
                "nested deeper than {MAX_DEPTH} levels"
            )));
        }
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.deeper()?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom("an object has the same member twice"));
            }
            let value = map.next_value_seed(self.deeper()?)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_repeated_member_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"[{"b":{"a":1,"a":2}}]"#,
            r#"{"a":1,"\u0061":2}"#,
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn bounds_depth_and_length() {
        let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        parse(nested(MAX_DEPTH).as_bytes()).unwrap();
        parse(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
        assert!(matches!(
            parse(&vec![b' '; MAX_BYTES + 1]),
            Err(JsonError::TooLong { .. })
        ));
    }

    #[test]
    fn refuses_bytes_after_the_document() {
        parse(b"{} {}").unwrap_err();
        parse(b"{}x").unwrap_err();
    }

    #[test]
    fn keeps_what_plain_serde_reads() {
        let text = r#"{"a":[1,-2,0.5,"x",null,true],"b":{"c":18446744073709551615}}"#;
        let plain: Value = serde_json::from_str(text).unwrap();
        assert_eq!(parse(text.as_bytes()).unwrap(), plain);
    }
}
