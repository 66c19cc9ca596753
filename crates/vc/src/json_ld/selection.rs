//! JSON pointers, and the part of a document that they select (Data Integrity ECDSA §3.4.11 to §3.4.13).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    All,
    Members(BTreeMap<String, Self>),
    Elements(BTreeMap<usize, Self>),
}

/// A pointer that is none, or that points at nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pointer points at nothing")]
pub(crate) struct SelectionError;

/// Members that come along with every object on the way, because the meaning of the others hangs on them.
const COMPANIONS: [&str; 5] = ["@context", "id", "@id", "type", "@type"];

/// Selects what the pointers (RFC 6901) point at, with context, identifier and type of everything on the way.
pub(crate) fn select<'p>(
    document: &Value,
    pointers: impl IntoIterator<Item = &'p str>,
) -> Result<Selection, SelectionError> {
    let mut selection = initial(document);
    for pointer in pointers {
        let path = parse(pointer)?;
        add(&mut selection, document, &path)?;
    }
    Ok(selection)
}

fn initial(value: &Value) -> Selection {
    match value {
        Value::Object(members) => Selection::Members(
            COMPANIONS
                .iter()
                .filter(|name| members.contains_key(**name))
                .map(|name| ((*name).to_owned(), Selection::All))
                .collect(),
        ),
        Value::Array(_) => Selection::Elements(BTreeMap::new()),
        _ => Selection::All,
    }
}

fn add(selection: &mut Selection, value: &Value, path: &[String]) -> Result<(), SelectionError> {
    let Some((step, rest)) = path.split_first() else {
        *selection = Selection::All;
        return Ok(());
    };
    match value {
        Value::Object(members) => {
            let child = members.get(step).ok_or(SelectionError)?;
            if let Selection::Members(chosen) = selection {
                return add(
                    chosen.entry(step.clone()).or_insert_with(|| initial(child)),
                    child,
                    rest,
                );
            }
            exists(child, rest)
        }
        Value::Array(items) => {
            let place = array_index(step).ok_or(SelectionError)?;
            let child = items.get(place).ok_or(SelectionError)?;
            if let Selection::Elements(chosen) = selection {
                return add(chosen.entry(place).or_insert_with(|| initial(child)), child, rest);
            }
            exists(child, rest)
        }
        _ => Err(SelectionError),
    }
}

/// Everything here is selected already, but a pointer to nothing stays an error.
fn exists(value: &Value, path: &[String]) -> Result<(), SelectionError> {
    path.iter()
        .try_fold(value, |value, step| match value {
            Value::Object(members) => members.get(step),
            Value::Array(items) => items.get(array_index(step)?),
            _ => None,
        })
        .map(|_| ())
        .ok_or(SelectionError)
}

fn array_index(step: &str) -> Option<usize> {
    let plain = step == "0" || (!step.starts_with('0') && step.bytes().all(|b| b.is_ascii_digit()));
    plain.then(|| step.parse().ok()).flatten()
}

fn parse(pointer: &str) -> Result<Vec<String>, SelectionError> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let steps = pointer.strip_prefix('/').ok_or(SelectionError)?;
    steps.split('/').map(unescape).collect()
}

fn unescape(step: &str) -> Result<String, SelectionError> {
    let mut out = String::with_capacity(step.len());
    let mut chars = step.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '~' => match chars.next() {
                Some('0') => '~',
                Some('1') => '/',
                _ => return Err(SelectionError),
            },
            other => other,
        });
    }
    Ok(out)
}

impl Selection {
    /// Returns the part selected of a member; `None` when nothing of it is.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::All => Some(self),
            Self::Members(chosen) => chosen.get(name),
            Self::Elements(_) => None,
        }
    }

    /// Returns the part selected of an array element; `None` when nothing of it is.
    pub(crate) fn element(&self, place: usize) -> Option<&Self> {
        match self {
            Self::All => Some(self),
            Self::Elements(chosen) => chosen.get(&place),
            Self::Members(_) => None,
        }
    }

    /// Copies the selected part of a document; arrays close up.
    pub(crate) fn reveal(&self, value: &Value) -> Value {
        match (self, value) {
            (Self::Members(chosen), Value::Object(members)) => {
                let part: Map<String, Value> = chosen
                    .iter()
                    .filter_map(|(name, selection)| Some((name.clone(), selection.reveal(members.get(name)?))))
                    .collect();
                Value::Object(part)
            }
            (Self::Elements(chosen), Value::Array(items)) => chosen
                .iter()
                .filter_map(|(place, selection)| Some(selection.reveal(items.get(*place)?)))
                .collect(),
            _ => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reveal(document: &Value, pointers: &[&str]) -> Option<Value> {
        Some(select(document, pointers.iter().copied()).ok()?.reveal(document))
    }

    #[test]
    fn takes_context_identifier_and_type_along() {
        let document = json!({"@context": ["c"], "id": "a:b", "type": "T", "x": {"id": "a:c", "y": [1, {"type": "U", "z": 2}, 3], "w": 4}});
        assert_eq!(
            reveal(&document, &["/x/y/1/z"]),
            Some(
                json!({"@context": ["c"], "id": "a:b", "type": "T", "x": {"id": "a:c", "y": [{"type": "U", "z": 2}]}})
            )
        );
        assert_eq!(reveal(&document, &[""]), Some(document.clone()));
        assert_eq!(
            reveal(&document, &["/x/y/2", "/x/y/0", "/x/y"]).unwrap()["x"]["y"],
            document["x"]["y"]
        );
    }

    #[test]
    fn refuses_pointers_to_nothing() {
        let document = json!({"a": [1], "b/~": 2});
        for pointer in ["a", "/c", "/a/1", "/a/00", "/a/-", "/a/0/x", "/~2", "/b"] {
            assert_eq!(reveal(&document, &[pointer]), None, "{pointer}");
            assert_eq!(reveal(&document, &["", pointer]), None, "{pointer} after the whole");
        }
        assert_eq!(reveal(&document, &["/b~1~0"]), Some(json!({"b/~": 2})));
    }
}
