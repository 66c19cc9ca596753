//! What an operator configures; every key is known, an unknown one stops the start (exit code 78).

use std::path::PathBuf;

use mahfada_base::Seconds;
use mahfada_web::config::{ApiKey, OutboundConfig, SealingConfig, ServerConfig, StorageConfig};
use mahfada_web::keys::SigningConfig;
use mahfada_web::trust_client::TrustSource;
use serde::Deserialize;

/// The configuration of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the service is known and listens.
    pub server: ServerConfig,
    /// Where it keeps its state.
    pub storage: StorageConfig,
    /// What it may reach: the trust registry and the status lists of issuers.
    #[serde(default)]
    pub outbound: OutboundConfig,
    /// The key that seals decryption keys and verdicts at rest.
    pub sealing: SealingConfig,
    /// The trust registry and the pinned root document.
    pub trust: TrustSource,
    /// How fresh the status of a credential must be.
    #[serde(default)]
    pub status: StatusConfig,
    /// Who may use the management port, each for the agency named as tenant.
    #[serde(default)]
    pub api_keys: Vec<ApiKey>,
    /// The agencies that ask.
    pub agencies: Vec<AgencyConfig>,
    /// What is logged, such as `info`.
    #[serde(default = "default_log_level")]
    pub log_level: String,
}

/// How fresh the status of a credential must be (decision D10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusConfig {
    /// The greatest age of a status list that is not fetched again, in seconds; 0 fetches for every presentation.
    #[serde(default = "default_max_age")]
    pub max_age_seconds: Seconds,
}

/// One agency: who it is to the API, to the wallet, and to the registry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyConfig {
    /// The tenant that API keys name.
    pub tenant: String,
    /// The access certificate, which signs requests and names the host of the public URL.
    pub access: SigningConfig,
    /// The registration certificate, compact text.
    pub registration_file: PathBuf,
    /// Where a browser goes after a presentation on the same device, `https`; it gets `presentation_id` in the query.
    ///
    /// The agency compares that id with the one its own session began, or a stranger's link could fill in for a citizen.
    #[serde(default)]
    pub return_url: Option<String>,
}

impl Default for StatusConfig {
    fn default() -> Self {
        Self {
            max_age_seconds: default_max_age(),
        }
    }
}

const fn default_max_age() -> Seconds {
    60
}

fn default_log_level() -> String {
    "info".to_owned()
}
