//! `mahfada eid check`: judges recorded card sessions by their bytes, as the issuer would have.

mod files;
mod judge;
mod vectors;

use std::path::PathBuf;
use std::process::ExitCode;

pub use files::Folders;

use crate::output;

/// What to judge and with which authorities.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file of cases.
    pub vectors: PathBuf,
    /// Where authorities, link certificates and revocation lists are looked up by name.
    pub folders: Folders,
    /// Whether algorithms of older cards count.
    pub allow_legacy: bool,
}

/// Why the cases could not be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EidCheckError {
    /// A file cannot be read.
    #[error("cannot read {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file of cases is longer than anybody needs.
    #[error("{0} is too long")]
    TooLong(PathBuf),
    /// The file of cases has another form.
    #[error("{0} is no file of card cases")]
    Malformed(PathBuf, #[source] serde_json::Error),
    /// A certificate or list is named that is in no folder.
    #[error("no file {name} in {folder}")]
    NoSuchFile {
        /// The name in the file of cases.
        name: String,
        /// Where it was looked up.
        folder: PathBuf,
    },
    /// A name leads out of its folder.
    #[error("{0} is not the name of a file")]
    FileName(String),
    /// Two cases have one name.
    #[error("two cases are called {0}")]
    RepeatedCase(String),
    /// A case follows one that is not there, or itself.
    #[error("case {0} follows no case that can come before it")]
    After(String),
    /// A case has no time, and the policy neither.
    #[error("case {0} does not say when it was")]
    NoTime(String),
    /// The policy names a country that is not known here.
    #[error("unknown country {0}; its three letters are understood")]
    Country(String),
}

/// Judges every case and writes a line of JSON for each.
///
/// The exit code is 0 when every case was judged, whatever the verdicts, and 2 when the file, or a certificate that
/// it names, cannot be read; then nothing is judged.
#[must_use]
pub fn run(options: &Options) -> ExitCode {
    let verdicts = vectors::Vectors::read(&options.vectors)
        .and_then(|vectors| judge::judge_all(&vectors, &options.folders, options.allow_legacy));
    output::judged(verdicts.map(|verdicts| verdicts.iter().for_each(output::json_line)))
}
