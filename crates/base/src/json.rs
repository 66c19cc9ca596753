//! JSON from outside: bounded, and with every member name once.
//!
//! `serde_json::Value` keeps the last of two equal members silently, and two parsers that keep different ones
//! disagree about what was signed; so protocol input passes through [`parse`] first.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

/// The most bytes that a JSON document from outside may have, unless the caller allows fewer.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The deepest nesting that a JSON document from outside may have.
pub const MAX_DEPTH: usize = 32;

/// Why a JSON text was refused.
///
/// Neither `Display` nor `Debug` repeats anything of the text: it may be a presentation, and errors are logged.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text has more bytes than allowed.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The number of bytes allowed.
        limit: usize,
    },
    /// An object repeats a member.
    #[error("an object has the same member twice, at line {line}, column {column}")]
    Duplicate {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// The text is not JSON, nests too deeply, or lacks what the type needs.
    ///
    /// The parser's own error quotes what it did not expect, so it is no `#[source]` and must not be displayed.
    #[error("{}", Fault(.0))]
    Malformed(serde_json::Error),
}

impl fmt::Debug for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonError({self})")
    }
}

/// The kind and place of a parser's error, without its text.
struct Fault<'a>(&'a serde_json::Error);

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.classify() {
            Category::Syntax => "not JSON",
            Category::Eof => "the JSON ends too early",
            Category::Data => "not the data expected",
            Category::Io => "not readable",
        })?;
        // A value that was parsed before has no place any more.
        if self.0.line() > 0 {
            write!(f, ", at line {}, column {}", self.0.line(), self.0.column())?;
        }
        Ok(())
    }
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
    let repeats = Cell::new(false);
    let strict = Strict {
        depth: 0,
        repeats: &repeats,
    };
    let value = strict.deserialize(&mut deserializer).map_err(|error| {
        if repeats.get() {
            JsonError::Duplicate {
                line: error.line(),
                column: error.column(),
            }
        } else {
            JsonError::Malformed(error)
        }
    })?;
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

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    /// Set when a member is repeated: the parser's error has no kind of its own for that.
    repeats: &'a Cell<bool>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        if depth > MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Self { depth, ..*self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
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
                self.repeats.set(true);
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
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"a":2}}]"#, r#"{"a":1,"\u0061":2}"#] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, JsonError::Duplicate { line: 1, .. }), "{text}");
            assert!(error.to_string().contains("same member twice"), "{error}");
        }
    }

    #[test]
    fn says_kind_and_place_and_nothing_of_the_text() {
        let canary = "Amina-19850412";
        let wanted = format!(r#"{{"a":"{canary}"}}"#);
        let faults = [
            (
                from_slice::<u8>(wanted.as_bytes()).unwrap_err(),
                "not the data expected",
            ),
            (
                from_slice::<std::collections::BTreeMap<String, u8>>(wanted.as_bytes()).unwrap_err(),
                "not the data expected",
            ),
            (parse(canary.as_bytes()).unwrap_err(), "not JSON, at line 1, column 1"),
            (
                parse(format!("\"{canary}").as_bytes()).unwrap_err(),
                "the JSON ends too early, at line 1, column 15",
            ),
            (
                parse(format!(r#"{{"{canary}":1,"{canary}":2}}"#).as_bytes()).unwrap_err(),
                "an object has the same member twice, at line 1, column 36",
            ),
        ];
        for (error, expected) in faults {
            assert_eq!(error.to_string(), expected);
            assert!(!format!("{error:?} {error:#?}").contains(canary), "{error:?}");
            assert!(std::error::Error::source(&error).is_none());
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
