//! The claims path pointer (OpenID4VP 1.0 §7, SD-JWT VC type metadata).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One step of a claims path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathSegment {
    /// A member of an object.
    Name(String),
    /// An element of an array, counted from 0.
    Index(u64),
    /// All elements of an array: `null` on the wire.
    All,
}

/// A non-empty pointer to claims inside a credential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<PathSegment>", into = "Vec<PathSegment>")]
pub struct ClaimsPath(Vec<PathSegment>);

/// Why a path is none, or why it selects nothing in a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsPathError {
    /// The path has no segment.
    #[error("a claims path has at least one segment")]
    Empty,
    /// A name was applied to something that is no object, or an index or null to something that is no array.
    #[error("a segment does not fit the kind of element it is applied to")]
    WrongKind,
    /// No element is left.
    #[error("the path selects nothing")]
    NoMatch,
}

impl ClaimsPath {
    /// Makes the path of a claim at the top level.
    #[must_use]
    pub fn name(name: impl Into<String>) -> Self {
        Self(vec![PathSegment::Name(name.into())])
    }

    /// Makes the path that goes through the named members in turn.
    ///
    /// # Errors
    /// [`ClaimsPathError::Empty`] without names.
    pub fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, ClaimsPathError> {
        names
            .into_iter()
            .map(|name| PathSegment::Name(name.to_owned()))
            .collect::<Vec<_>>()
            .try_into()
    }

    /// Returns the segments, at least one.
    #[must_use]
    pub fn segments(&self) -> &[PathSegment] {
        &self.0
    }

    /// Selects the elements that the path points to (OpenID4VP 1.0 §7.1).
    ///
    /// # Errors
    /// [`ClaimsPathError::WrongKind`] or [`ClaimsPathError::NoMatch`], as the processing rules say to abort.
    pub fn select<'v>(&self, root: &'v Value) -> Result<Vec<&'v Value>, ClaimsPathError> {
        let mut selected = vec![root];
        for segment in &self.0 {
            let mut next = Vec::new();
            for element in selected {
                match (segment, element) {
                    (PathSegment::Name(name), Value::Object(members)) => {
                        next.extend(members.get(name));
                    }
                    (PathSegment::Index(index), Value::Array(items)) => {
                        next.extend(usize::try_from(*index).ok().and_then(|index| items.get(index)));
                    }
                    (PathSegment::All, Value::Array(items)) => next.extend(items),
                    _ => return Err(ClaimsPathError::WrongKind),
                }
            }
            selected = next;
        }
        if selected.is_empty() {
            Err(ClaimsPathError::NoMatch)
        } else {
            Ok(selected)
        }
    }

    /// Tells whether everything that `other` can select lies at or below what this path can select.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.len() <= other.0.len()
            && self.0.iter().zip(&other.0).all(|(mine, theirs)| match (mine, theirs) {
                (PathSegment::All, PathSegment::Index(_)) => true,
                (mine, theirs) => mine == theirs,
            })
    }
}

impl TryFrom<Vec<PathSegment>> for ClaimsPath {
    type Error = ClaimsPathError;

    fn try_from(segments: Vec<PathSegment>) -> Result<Self, ClaimsPathError> {
        if segments.is_empty() {
            Err(ClaimsPathError::Empty)
        } else {
            Ok(Self(segments))
        }
    }
}

impl From<ClaimsPath> for Vec<PathSegment> {
    fn from(path: ClaimsPath) -> Self {
        path.0
    }
}

impl fmt::Display for ClaimsPath {
    /// Writes the segments with points between them; a name that is not plain ASCII stands in quotes and escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            match segment {
                // Names come from outside: line breaks and reordering marks would forge lines of a log.
                PathSegment::Name(name) if is_plain(name) => f.write_str(name)?,
                PathSegment::Name(name) => write!(f, "{name:?}")?,
                PathSegment::Index(index) => write!(f, "{index}")?,
                PathSegment::All => f.write_str("*")?,
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(value: Value) -> ClaimsPath {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn selects_as_the_examples_of_the_specification() {
        let credential = json!({
            "name": "Arthur Dent",
            "address": {"street_address": "42 Market Street", "locality": "Milliways"},
            "degrees": [{"type": "Bachelor"}, {"type": "Master"}],
            "nationalities": ["British", "Betelgeusian"]
        });
        for (pointer, expected) in [
            (json!(["name"]), vec![json!("Arthur Dent")]),
            (json!(["address", "street_address"]), vec![json!("42 Market Street")]),
            (
                json!(["degrees", null, "type"]),
                vec![json!("Bachelor"), json!("Master")],
            ),
            (json!(["nationalities", 1]), vec![json!("Betelgeusian")]),
        ] {
            let found: Vec<_> = path(pointer.clone())
                .select(&credential)
                .unwrap()
                .into_iter()
                .cloned()
                .collect();
            assert_eq!(found, expected, "{pointer}");
        }
        assert_eq!(
            path(json!(["name", 0])).select(&credential),
            Err(ClaimsPathError::WrongKind)
        );
        assert_eq!(
            path(json!(["degrees", 7])).select(&credential),
            Err(ClaimsPathError::NoMatch)
        );
    }

    #[test]
    fn refuses_what_is_no_path() {
        for text in ["[]", "[-1]", "[1.5]", "[true]", "[{}]", "\"a\""] {
            assert!(serde_json::from_str::<ClaimsPath>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shows_plain_names_as_they_are_and_others_quoted_and_escaped() {
        for (pointer, expected) in [
            (json!(["address", "street_address-2"]), "address.street_address-2"),
            (json!(["degrees", null, 1, "type"]), "degrees.*.1.type"),
            (json!(["a.b", ""]), r#""a.b"."""#),
            (json!(["a\r\n2026-01-01 accepted"]), r#""a\r\n2026-01-01 accepted""#),
            (
                json!(["\u{202e}a\u{2066}", "\u{1b}[2J"]),
                r#""\u{202e}a\u{2066}"."\u{1b}[2J""#,
            ),
            (json!(["\u{2028}\u{200f}\u{feff}"]), r#""\u{2028}\u{200f}\u{feff}""#),
            (json!(["say \"x\""]), r#""say \"x\"""#),
        ] {
            assert_eq!(path(pointer).to_string(), expected);
        }
    }

    #[test]
    fn covers_itself_and_what_lies_below() {
        assert!(path(json!(["a"])).covers(&path(json!(["a", "b"]))));
        assert!(path(json!(["a", null])).covers(&path(json!(["a", 3]))));
        assert!(!path(json!(["a", 3])).covers(&path(json!(["a", null]))));
        assert!(!path(json!(["a", "b"])).covers(&path(json!(["a"]))));
    }
}
