//! The configuration of the trust registry: `trust-registry.toml` and `MAHFADA_TRUST_REGISTRY__…`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mahfada_base::Seconds;
use mahfada_trust::{LONGEST_LIST_LIFE, LocalizedText, TrustRole};
use mahfada_web::config::{ApiKey, ServerConfig, StorageConfig};
use mahfada_web::keys::SigningConfig;
use serde::Deserialize;

/// What the trust registry needs to run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it is known and where it listens.
    pub server: ServerConfig,
    /// Where it keeps what it has published.
    pub storage: StorageConfig,
    /// Who runs the scheme.
    pub operator: OperatorConfig,
    /// The root document that the officers signed; the version published before, or its successor.
    pub root_document_file: PathBuf,
    /// Who signs the list of each role; a role without signer has no list.
    pub list_signers: BTreeMap<TrustRole, SigningConfig>,
    /// Who signs registration certificates; without it none are issued.
    #[serde(default)]
    pub registration_signer: Option<SigningConfig>,
    /// The register of entities (JSON).
    pub entities_file: PathBuf,
    /// The seconds for which a list is good; at most 72 hours (decision D8).
    #[serde(default = "default_list_life")]
    pub list_life_seconds: u32,
    /// Who may use the management port.
    #[serde(default)]
    pub api_keys: Vec<ApiKey>,
    /// What is logged, such as `info`.
    #[serde(default = "default_log_level")]
    pub log_level: String,
}

/// The operator of the scheme, as every list names it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorConfig {
    /// The name by language; one of them is the organization of the list signers' certificates.
    pub name: LocalizedText,
    /// The country as two capital letters.
    #[serde(default = "default_territory")]
    pub territory: String,
}

impl Config {
    /// Returns for how long a list is good: at least a minute, and never longer than readers accept.
    #[must_use]
    pub fn list_life(&self) -> Seconds {
        Seconds::from(self.list_life_seconds).clamp(60, LONGEST_LIST_LIFE)
    }
}

const fn default_list_life() -> u32 {
    86_400
}

fn default_log_level() -> String {
    "info".to_owned()
}

fn default_territory() -> String {
    "MA".to_owned()
}
