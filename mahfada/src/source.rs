//! Where the commands read from: a file, or standard input when its name is `-`.

use std::io::Read;
use std::path::{Path, PathBuf};

/// The most bytes that are read.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The file cannot be read.
    #[error("cannot read {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// There are more bytes than any document of this system has.
    #[error("{0} is too long")]
    TooLong(PathBuf),
}

/// Reads everything from a file, or from standard input for `-`.
///
/// # Errors
/// [`SourceError`] when it cannot be read or has more than 16 MiB.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    let unreadable = |error| SourceError::Unreadable(path.to_owned(), error);
    let mut bytes = Vec::new();
    let mut source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    let limit = MAX_BYTES.saturating_add(1);
    source
        .by_ref()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length < limit) {
        Ok(bytes)
    } else {
        Err(SourceError::TooLong(path.to_owned()))
    }
}

/// Reads a compact text: what is no UTF-8 becomes something that no format accepts, and white space around it goes.
///
/// # Errors
/// [`SourceError`] as [`read`].
pub(crate) fn read_text(path: &Path) -> Result<String, SourceError> {
    Ok(String::from_utf8_lossy(&read(path)?).trim().to_owned())
}
