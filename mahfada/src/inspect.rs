//! `mahfada inspect`: takes a document of the system apart and shows it. It verifies nothing, and says so of every part.

mod certificate;
mod document;
mod link;
mod sd_jwt;
mod token;

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;

use crate::output;
use crate::source::{self, SourceError};

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is no document of this system.
    #[error("neither a token, a certificate, a link nor a document of this system")]
    Unknown,
}

/// A document taken apart.
#[derive(Debug, Serialize)]
pub(crate) struct Inspection {
    what: &'static str,
    verified: bool,
    note: &'static str,
    parts: Vec<Part>,
}

/// A piece of a document, as it came.
#[derive(Debug, Serialize)]
pub(crate) struct Part {
    #[serde(rename = "part")]
    name: String,
    verified: bool,
    content: Value,
}

/// Shows what a file, or standard input for `-`, holds.
///
/// The exit code is 0 when it was recognised, and 2 when it was not or could not be read.
#[must_use]
pub fn run(file: &Path) -> ExitCode {
    output::judged(inspect_file(file).map(|found| output::json_pretty(&found)))
}

fn inspect_file(file: &Path) -> Result<Inspection, InspectError> {
    inspect(&source::read(file)?).ok_or(InspectError::Unknown)
}

/// Recognises a document by its form and takes it apart.
fn inspect(bytes: &[u8]) -> Option<Inspection> {
    if let Some(found) = certificate::inspect_der(bytes) {
        return Some(found);
    }
    let text = std::str::from_utf8(bytes).ok()?.trim();
    certificate::inspect_pem(text)
        .or_else(|| link::inspect(text))
        .or_else(|| document::inspect(text))
        .or_else(|| sd_jwt::inspect(text))
        .or_else(|| token::inspect(text))
}

impl Inspection {
    pub(crate) const fn new(what: &'static str, parts: Vec<Part>) -> Self {
        Self {
            what,
            verified: false,
            note: "Nothing here was verified: neither signatures, times, trust nor status.",
            parts,
        }
    }
}

impl Part {
    pub(crate) fn new(name: impl Into<String>, content: impl Into<Value>) -> Self {
        Self {
            name: name.into(),
            verified: false,
            content: content.into(),
        }
    }
}
