//! Reads the file, lays the environment over it, and names the key that is wrong.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Why a configuration was refused; the message names the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{path} is not TOML: {message}")]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A variable of the environment names no key, or a key below a plain value.
    #[error("environment variable {name} does not name a configuration key")]
    Variable {
        /// The variable.
        name: String,
    },
    /// A key is unknown, missing, or has a value of another kind.
    #[error("configuration: {message}")]
    Key {
        /// The key and what is wrong with it.
        message: String,
    },
}

impl ConfigError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "config"
    }
}

/// Returns the environment of the process, without variables that are not Unicode.
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Reads the configuration of `service` from a TOML file and from variables `MAHFADA_<SERVICE>__<SECTION>__<KEY>`.
///
/// A variable wins over the file. Its text is read as a TOML value when it is a boolean, a number, an array, a table or
/// a quoted string, and as plain text otherwise. The sections of this crate refuse unknown keys; a `T` of a service does
/// so by `#[serde(deny_unknown_fields)]`. It does not open the files that the configuration names.
///
/// # Errors
/// [`ConfigError`] naming the file, the variable or the key.
pub fn load<T: DeserializeOwned>(
    service: &str,
    toml_path: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<T, ConfigError> {
    let mut table = toml_path.map_or_else(|| Ok(Table::new()), read_table)?;
    let prefix = format!("MAHFADA_{}__", service.to_ascii_uppercase().replace('-', "_"));
    for (name, text) in environment {
        if let Some(keys) = name.strip_prefix(&prefix) {
            let keys: Vec<String> = keys.split("__").map(str::to_ascii_lowercase).collect();
            overlay(&mut table, &keys, value_of(&text)).ok_or(ConfigError::Variable { name })?;
        }
    }
    T::deserialize(Value::Table(table)).map_err(|error| ConfigError::Key {
        message: one_line(&error.to_string()),
    })
}

fn read_table(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    text.parse().map_err(|error: toml::de::Error| ConfigError::NotToml {
        path: path.to_owned(),
        message: one_line(error.message()),
    })
}

fn overlay(table: &mut Table, keys: &[String], value: Value) -> Option<()> {
    match keys {
        [] => None,
        [key] if key.is_empty() => None,
        [key] => {
            table.insert(key.clone(), value);
            Some(())
        }
        [section, rest @ ..] => {
            let below = table
                .entry(section.clone())
                .or_insert_with(|| Value::Table(Table::new()));
            overlay(below.as_table_mut()?, rest, value)
        }
    }
}

fn value_of(text: &str) -> Value {
    match format!("value = {text}").parse::<Table>() {
        Ok(mut table) if table.len() == 1 => match table.remove("value") {
            Some(Value::Datetime(_)) | None => Value::String(text.to_owned()),
            Some(value) => value,
        },
        _ => Value::String(text.to_owned()),
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::config::StorageConfig;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        storage: StorageConfig,
        #[serde(default)]
        count: u32,
    }

    fn env(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn refusal(pairs: &[(&str, &str)]) -> String {
        load::<Sample>("issuer", None, env(pairs)).unwrap_err().to_string()
    }

    #[test]
    fn the_environment_wins_and_other_services_do_not_count() {
        let sample: Sample = load(
            "trust-registry",
            None,
            env(&[
                ("MAHFADA_TRUST_REGISTRY__STORAGE__PATH", "/var/lib/x.db"),
                ("MAHFADA_TRUST_REGISTRY__COUNT", "7"),
                ("MAHFADA_ISSUER__COUNT", "8"),
                ("PATH", "/bin"),
            ]),
        )
        .unwrap();
        assert_eq!(sample.storage.path, Path::new("/var/lib/x.db"));
        assert_eq!(sample.count, 7);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let message = refusal(&[
            ("MAHFADA_ISSUER__STORAGE__PATH", "x"),
            ("MAHFADA_ISSUER__STORAGE__PAHT", "x"),
        ]);
        assert!(message.contains("paht") && message.contains("storage"), "{message}");
    }

    #[test]
    fn a_missing_and_a_mistyped_key_are_named() {
        assert!(refusal(&[]).contains("storage"));
        let message = refusal(&[
            ("MAHFADA_ISSUER__STORAGE__PATH", "x"),
            ("MAHFADA_ISSUER__COUNT", "many"),
        ]);
        assert!(message.contains("count"), "{message}");
    }

    #[test]
    fn a_variable_without_a_key_is_refused_by_name() {
        let pairs = [
            ("MAHFADA_ISSUER__STORAGE__PATH", "x"),
            ("MAHFADA_ISSUER__STORAGE__PATH__DEEPER", "x"),
        ];
        assert!(refusal(&pairs).contains("MAHFADA_ISSUER__STORAGE__PATH__DEEPER"));
        assert!(refusal(&[("MAHFADA_ISSUER__", "x")]).contains("MAHFADA_ISSUER__"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load::<Sample>("issuer", Some(Path::new("/nonexistent/i.toml")), env(&[])).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/i.toml"));
        assert_eq!(error.code(), "config");
    }
}
