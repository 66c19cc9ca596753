//! A secret lies in a file of its own; the configuration holds the path.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use mahfada_base::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

/// The most bytes that a secret file may have.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// The path of a file with a secret; reading wipes what it does not hand out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct SecretFile(PathBuf);

/// Why a secret file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretFileError {
    /// The file cannot be read.
    #[error("cannot read the secret file {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is empty, longer than any secret, or not of the form that the key asks for.
    #[error("the secret file {path} is not {expected}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: &'static str,
    },
}

impl SecretFile {
    /// Names a file; it is not opened.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the whole file, at most 64 KiB. It does not check who else may read it.
    ///
    /// # Errors
    /// [`SecretFileError`] when the file cannot be read, is empty or is longer.
    pub fn read(&self) -> Result<Secret<Vec<u8>>, SecretFileError> {
        // Room for everything at once, so that growing leaves no copy behind.
        let mut bytes = Vec::with_capacity(usize::try_from(MAX_SECRET_BYTES).unwrap_or(0).saturating_add(1));
        let read = std::fs::File::open(&self.0)
            .and_then(|file| file.take(MAX_SECRET_BYTES.saturating_add(1)).read_to_end(&mut bytes));
        match read {
            Err(source) => {
                bytes.zeroize();
                Err(SecretFileError::Unreadable {
                    path: self.0.clone(),
                    source,
                })
            }
            Ok(length) if length == 0 || u64::try_from(length).is_ok_and(|n| n > MAX_SECRET_BYTES) => {
                bytes.zeroize();
                Err(self.malformed("between 1 byte and 64 KiB long"))
            }
            Ok(_) => Ok(Secret::new(bytes)),
        }
    }

    /// Reads a 32-byte key: raw, or as base64url text with an optional line end.
    ///
    /// # Errors
    /// [`SecretFileError`] when the file cannot be read or holds something else.
    pub fn read_key(&self) -> Result<Secret<[u8; 32]>, SecretFileError> {
        let bytes = self.read()?;
        if let Ok(key) = <[u8; 32]>::try_from(bytes.expose().as_slice()) {
            return Ok(Secret::new(key));
        }
        let decoded = mahfada_base::base64url::decode(bytes.expose().trim_ascii_end())
            .map(Secret::new)
            .map_err(|_| self.malformed("a key of 32 bytes"))?;
        <[u8; 32]>::try_from(decoded.expose().as_slice())
            .map(Secret::new)
            .map_err(|_| self.malformed("a key of 32 bytes"))
    }

    pub(crate) fn malformed(&self, expected: &'static str) -> SecretFileError {
        SecretFileError::Malformed {
            path: self.0.clone(),
            expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::scratch_file;

    #[test]
    fn reads_a_key_raw_or_as_text() {
        let raw = SecretFile::new(scratch_file("raw.key", &[7; 32]));
        let text = SecretFile::new(scratch_file(
            "text.key",
            format!("{}\n", mahfada_base::base64url::encode([7; 32])).as_bytes(),
        ));
        assert_eq!(raw.read_key().unwrap().expose(), &[7; 32]);
        assert_eq!(text.read_key().unwrap().expose(), &[7; 32]);
    }

    #[test]
    fn refuses_an_empty_a_short_and_an_endless_file() {
        for (name, content) in [
            ("empty.key", vec![]),
            ("short.key", vec![1; 31]),
            ("long.key", vec![1; 65_537]),
        ] {
            let file = SecretFile::new(scratch_file(name, &content));
            assert!(
                matches!(file.read_key(), Err(SecretFileError::Malformed { .. })),
                "{name}"
            );
        }
        assert!(matches!(
            SecretFile::new("/nonexistent/key").read(),
            Err(SecretFileError::Unreadable { .. })
        ));
    }
}
