//! Authentic sources: where the claims of offered credentials come from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use mahfada_base::{ClaimsPath, PathSegment};
use serde_json::{Map, Value};

use crate::config::{ClaimConfig, ClaimKind};

/// A register of subjects, read whole from a CSV file when the service starts; `Debug` says only how many there are.
pub(crate) struct CsvRegister(BTreeMap<String, Map<String, Value>>);

impl fmt::Debug for CsvRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CsvRegister({} subjects)", self.0.len())
    }
}

/// Why a register was not read.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The file cannot be read or is no CSV.
    #[error("cannot read the register {0}")]
    Unreadable(PathBuf, #[source] csv::Error),
    /// The key column or the column of a mandatory claim is missing.
    #[error("the register {0} has no column {1}")]
    Column(PathBuf, String),
    /// A value is not of the claim's kind.
    #[error("the register {path} has another kind of value in line {line}, column {column}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column.
        column: String,
    },
    /// A subject stands twice.
    #[error("the register {0} has a subject twice, in line {1}")]
    Twice(PathBuf, u64),
}

impl CsvRegister {
    /// Reads the file; a column is named by the claim's path, joined with dots. Empty values are absent claims.
    pub(crate) fn read(path: &Path, key_column: &str, claims: &[ClaimConfig]) -> Result<Self, RegisterError> {
        let unreadable = |error| RegisterError::Unreadable(path.to_owned(), error);
        let mut reader = csv::Reader::from_path(path).map_err(unreadable)?;
        let header = reader.headers().map_err(unreadable)?.clone();
        let column = |name: &str| header.iter().position(|column| column == name);
        let missing = |name: &str| RegisterError::Column(path.to_owned(), name.to_owned());
        let key = column(key_column).ok_or_else(|| missing(key_column))?;
        let mut columns = Vec::new();
        for claim in claims {
            let name = claim.path.to_string();
            match column(&name) {
                Some(index) => columns.push((index, name, claim)),
                None if claim.mandatory => return Err(missing(&name)),
                None => {}
            }
        }
        let mut subjects = BTreeMap::new();
        for (record, line) in reader.records().zip(2..) {
            let record = record.map_err(unreadable)?;
            let mut values = Map::new();
            for (index, name, claim) in &columns {
                let text = record.get(*index).unwrap_or_default().trim();
                if !text.is_empty() {
                    let value = typed(text, claim.kind).ok_or_else(|| RegisterError::Value {
                        path: path.to_owned(),
                        line,
                        column: name.clone(),
                    })?;
                    insert(&mut values, &claim.path, value);
                }
            }
            let subject = record.get(key).unwrap_or_default().trim().to_owned();
            if subjects.insert(subject, values).is_some() {
                return Err(RegisterError::Twice(path.to_owned(), line));
            }
        }
        Ok(Self(subjects))
    }

    /// Returns the claims about a subject.
    pub(crate) fn claims(&self, subject: &str) -> Option<&Map<String, Value>> {
        self.0.get(subject)
    }
}

fn typed(text: &str, kind: ClaimKind) -> Option<Value> {
    match kind {
        ClaimKind::Text => is_printable(text).then(|| text.into()),
        ClaimKind::Boolean => text.parse::<bool>().ok().map(Value::from),
        ClaimKind::Integer => text.parse::<i64>().ok().map(Value::from),
    }
}

/// TI-39: characters that change how the text around them looks do not get into a credential.
fn is_printable(text: &str) -> bool {
    let reorders = |c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !text.chars().any(|c| c.is_control() || reorders(c))
}

/// Puts a value at a path of names; indexes do not occur in what a source gives.
pub(crate) fn insert(claims: &mut Map<String, Value>, path: &ClaimsPath, value: Value) {
    let names: Vec<&str> = path
        .segments()
        .iter()
        .filter_map(|segment| match segment {
            PathSegment::Name(name) => Some(name.as_str()),
            PathSegment::Index(_) | PathSegment::All => None,
        })
        .collect();
    let Some((last, parents)) = names.split_last() else {
        return;
    };
    let mut place = claims;
    for name in parents {
        let below = place
            .entry((*name).to_owned())
            .or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(members) = below else {
            return;
        };
        place = members;
    }
    place.insert((*last).to_owned(), value);
}
