//! What an operator configures; every key is known, an unknown one stops the start (exit code 78).

use std::collections::BTreeMap;
use std::path::PathBuf;

use mahfada_base::Seconds;
use mahfada_events::WebhookConfig;
use mahfada_telemetry::TelemetryConfig;
use mahfada_web::config::{ApiKey, OutboundConfig, SealingConfig, ServerConfig, StorageConfig};
use mahfada_web::keys::SigningConfig;
use mahfada_web::rate_limit::RateLimitsConfig;
use mahfada_web::trust_client::TrustSource;
use schemars::JsonSchema;
use serde::Deserialize;

/// The configuration of the service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
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
    /// How long what has ended is kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// Endpoints of agencies that are told of their events.
    #[serde(default)]
    pub webhooks: Vec<WebhookConfig>,
    /// How often each port may be asked.
    #[serde(default)]
    pub rate_limits: RateLimitsConfig,
    /// Where traces go; nowhere unless configured.
    #[serde(default)]
    pub telemetry: TelemetryConfig,
    /// What is logged, such as `info`.
    #[serde(default = "default_log_level")]
    pub log_level: String,
}

/// How fresh the status of a credential must be (decision D10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusConfig {
    /// The greatest age of a status list that is not fetched again, in seconds; 0 fetches for every presentation.
    #[serde(default = "default_max_age")]
    pub max_age_seconds: Seconds,
}

/// How long what has ended is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// The seconds after the end of its life at which a presentation is forgotten with its verdict and claims; default
    /// 7 days, at least 300: so long may a citizen take to come back. The agency keeps what it needs in its own file.
    pub presentations_seconds: Seconds,
    /// The seconds for which events can be read again; default 30 days.
    pub events_seconds: Seconds,
}

/// One agency: who it is to the API, to the wallet, and to the registry.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
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
    /// Queries that the agency asks by name; each is checked at start.
    #[serde(default)]
    pub saved_queries: Vec<SavedQueryConfig>,
    /// Refuses a copy of a credential that this agency has accepted within the last 24 hours (`presentation_reused`).
    ///
    /// Wallets that get copies in batches show each once; leave it off where wallets hold a single copy.
    #[serde(default)]
    pub refuse_reused: bool,
}

/// A query that an agency asks by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedQueryConfig {
    /// The name: letters, digits, `-`, `_`, `.`, at most 64; metrics count by it.
    pub name: String,
    /// What the answer is for, by language (`ar`, `fr`, `en`); without it pages show the registered purpose.
    #[serde(default)]
    pub purpose: BTreeMap<String, String>,
    /// The DCQL query, JSON.
    pub query_file: PathBuf,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            presentations_seconds: 7 * 86_400,
            events_seconds: 30 * 86_400,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_schema_says_what_it_is() {
        let schema = schemars::schema_for!(Config).to_value();
        let keys = schema["properties"].as_object().unwrap();
        for key in [
            "retention",
            "webhooks",
            "rate_limits",
            "telemetry",
            "agencies",
            "status",
        ] {
            assert!(keys.contains_key(key), "{key}");
        }
        let sections = schema["$defs"].as_object().unwrap();
        for name in ["AgencyConfig", "SavedQueryConfig", "RetentionConfig", "StatusConfig"] {
            for (key, value) in sections[name]["properties"].as_object().unwrap() {
                assert!(value["description"].is_string(), "{name}.{key}: {value}");
            }
        }
        assert!(keys.values().all(|value| value["description"].is_string()), "{schema}");
    }

    #[test]
    fn what_an_operator_leaves_out_has_a_default() {
        let retention: RetentionConfig = serde_json::from_str("{}").unwrap();
        assert_eq!(
            (retention.presentations_seconds, retention.events_seconds),
            (604_800, 2_592_000)
        );
        serde_json::from_str::<RetentionConfig>(r#"{"presentation_seconds": 1}"#).unwrap_err();
    }
}
