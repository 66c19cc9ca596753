//! The rows: what a specification demands, and which tests prove it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::scan::Tests;
use crate::workspace::{self, WorkspaceError};

/// The rows cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequirementsError {
    /// A file cannot be read.
    #[error("the rows cannot be read")]
    Workspace(#[from] WorkspaceError),
    /// A file has not the form of rows.
    #[error("{0} holds no rows")]
    Form(PathBuf, #[source] toml::de::Error),
}

/// One specification with its rows; a file of `requirements/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specification {
    /// Its name.
    pub title: String,
    /// The edition that the rows are of, and what else a reader should know.
    pub edition: String,
    /// What is kept and proved.
    #[serde(default)]
    pub requirement: Vec<Requirement>,
    /// What is known and not kept yet, or kept without a test.
    #[serde(default)]
    pub not_yet: Vec<Gap>,
}

/// A requirement that tests prove.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The stable name of the row.
    pub id: String,
    /// Where the specification demands it.
    pub clause: String,
    /// What it demands, in our words and in one line.
    pub text: String,
    /// The tests, as `package::module::name`.
    pub tests: Vec<String>,
}

/// A requirement that is known and not kept yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The stable name of the row.
    pub id: String,
    /// Where the specification demands it.
    pub clause: String,
    /// What it demands, and what is missing.
    pub text: String,
}

/// Reads every file of a folder, in the order of their names.
///
/// # Errors
/// [`RequirementsError`] naming the file at fault.
pub fn read_all(folder: &Path) -> Result<Vec<Specification>, RequirementsError> {
    let mut specifications = Vec::new();
    for file in workspace::entries(folder)? {
        let text = fs::read_to_string(&file).map_err(|error| WorkspaceError::Io(file.clone(), error))?;
        specifications.push(toml::from_str(&text).map_err(|error| RequirementsError::Form(file, error))?);
    }
    Ok(specifications)
}

/// Says in one sentence each what is wrong with the rows; nothing is said when every row is proved by tests that run.
#[must_use]
pub fn faults(specifications: &[Specification], tests: &Tests) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    for specification in specifications {
        for row in &specification.requirement {
            check_row(&row.id, [&row.clause, &row.text], &mut ids, &mut faults);
            check_tests(row, tests, &mut faults);
        }
        for gap in &specification.not_yet {
            check_row(&gap.id, [&gap.clause, &gap.text], &mut ids, &mut faults);
        }
    }
    faults
}

fn check_row<'rows>(id: &'rows str, texts: [&str; 2], ids: &mut BTreeSet<&'rows str>, faults: &mut Vec<String>) {
    if !ids.insert(id) {
        faults.push(format!("{id} stands twice"));
    }
    if texts
        .iter()
        .any(|text| text.trim().is_empty() || text.contains(['\n', '|']))
    {
        faults.push(format!("{id} has no clause or text of one line"));
    }
}

fn check_tests(row: &Requirement, tests: &Tests, faults: &mut Vec<String>) {
    if row.tests.is_empty() {
        faults.push(format!("{} names no test", row.id));
    }
    let mut named = BTreeSet::new();
    for test in &row.tests {
        if !named.insert(test) {
            faults.push(format!("{} names {test} twice", row.id));
        }
        if !tests.exists(test) {
            faults.push(format!("{} names {test}, which does not exist", row.id));
        } else if tests.is_ignored(test) {
            faults.push(format!("{} names {test}, which is ignored", row.id));
        }
    }
}
