//! The configuration of the trust registry: `trust-registry.toml` and `MAHFADA_TRUST_REGISTRY__…`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use mahfada_base::Seconds;
use mahfada_telemetry::TelemetryConfig;
use mahfada_trust::{LONGEST_LIST_LIFE, LocalizedString, LocalizedText, TrustRole};
use mahfada_web::config::{ServerConfig, StorageConfig};
use mahfada_web::keys::SigningConfig;
use mahfada_web::rate_limit::RateLimitsConfig;
use schemars::JsonSchema;
use serde::Deserialize;

/// The shortest time for which a list may be good, in seconds: renewal has to happen within half of it.
pub const SHORTEST_LIST_LIFE: Seconds = 300;

/// What the trust registry needs to run; every key is known, an unknown one stops the start (exit code 78).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it is known and where it listens. Needed.
    pub server: ServerConfig,
    /// Where it keeps what it has published and what officers decided. Needed.
    pub storage: StorageConfig,
    /// Who runs the scheme. Needed.
    pub operator: OperatorConfig,
    /// The root document (JSON) that the officers signed offline: the version published before, or its successor. An
    /// older one changes nothing. Needed.
    pub root_document_file: PathBuf,
    /// Who signs the list of each role, by role: `pid-issuers`, `attestation-issuers`, `status-signers`, `access-ca`,
    /// `registration-signers`. A role without signer has no list. Needed.
    #[schemars(with = "BTreeMap<String, SigningConfig>")]
    pub list_signers: BTreeMap<TrustRole, SigningConfig>,
    /// Who signs registration certificates, with a key of its own. Default: nobody, and none are issued.
    #[serde(default)]
    pub registration_signer: Option<SigningConfig>,
    /// The register of entities (JSON). It is read at the start; a change counts from the next start on. Needed.
    pub entities_file: PathBuf,
    /// For how long a list is good, in seconds, from 300 (five minutes) to 259200 (72 hours, decision D8); it is renewed
    /// when half of that is over. Default: 86400 (a day).
    #[serde(default = "default_list_life")]
    #[schemars(range(min = 300, max = 259_200))]
    pub list_life_seconds: u32,
    /// The keys of the management port with their rights. Default: none, and nobody gets in.
    #[serde(default)]
    pub api_keys: Vec<ManagementKey>,
    /// How often each port may be asked. Default: 6000 requests a minute for each client address on the public port and
    /// for each tenant on the management port, 300 a minute there without a valid key.
    #[serde(default)]
    pub rate_limits: RateLimitsConfig,
    /// Where traces go. Default: nowhere.
    #[serde(default)]
    pub telemetry: TelemetryConfig,
    /// What is logged: `error`, `warn`, `info`, `debug` or `trace`, or a filter by module. Default: `info`.
    #[serde(default = "default_log_level")]
    pub log_level: String,
}

/// The operator of the scheme, as every list names it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorConfig {
    /// The name by language; one of them is the organization of the list signers' certificates. Needed.
    pub name: Vec<OperatorName>,
    /// The country as two capital letters, the same as in the list signers' certificates. Default: `MA`.
    #[serde(default = "default_territory")]
    #[schemars(regex(pattern = "^[A-Z]{2}$"))]
    pub territory: String,
}

/// The name of the operator in one language.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorName {
    /// The language (BCP 47), such as `ar`, `fr` or `en`. Needed.
    pub lang: String,
    /// The name. Needed.
    pub value: String,
}

/// An API key of the management port, known by its hash, and what it may do.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagementKey {
    /// Who calls with it; the audit log names this. Needed.
    pub tenant: String,
    /// SHA-256 of the key text, 64 hexadecimal digits. Needed.
    #[serde(deserialize_with = "sha256_hex")]
    #[schemars(with = "String", regex(pattern = "^[0-9A-Fa-f]{64}$"))]
    pub sha256: [u8; 32],
    /// What the key may do; a key with any right may also look. Default: nothing at all.
    #[serde(default)]
    pub rights: BTreeSet<Right>,
}

/// What a key of the management port may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Have the lists signed and published again.
    Publish,
    /// Suspend and reinstate organizations.
    Suspend,
    /// Have registration certificates issued.
    Register,
}

impl Right {
    /// Returns the word that the configuration uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Suspend => "suspend",
            Self::Register => "register",
        }
    }
}

impl Config {
    /// Returns for how long a list is good, if that is neither shorter than renewal needs nor longer than readers accept.
    #[must_use]
    pub fn list_life(&self) -> Option<Seconds> {
        let life = Seconds::from(self.list_life_seconds);
        (SHORTEST_LIST_LIFE..=LONGEST_LIST_LIFE).contains(&life).then_some(life)
    }
}

impl OperatorConfig {
    /// Returns the name as lists carry it.
    #[must_use]
    pub fn localized_name(&self) -> LocalizedText {
        let names = self.name.iter().map(|name| LocalizedString {
            lang: name.lang.clone(),
            value: name.value.clone(),
        });
        names.collect()
    }
}

fn sha256_hex<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_hex(&text).ok_or_else(|| serde::de::Error::custom("sha256 is not 64 hexadecimal digits"))
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *to = u8::from_str_radix(std::str::from_utf8(from).ok()?, 16).ok()?;
    }
    Some(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_hash_is_64_hexadecimal_digits() {
        assert_eq!(parse_hex(&"0a".repeat(32)), Some([10; 32]));
        for bad in ["0a".repeat(31), "0g".repeat(32), "+a".repeat(32), String::new()] {
            assert_eq!(parse_hex(&bad), None, "{bad}");
        }
    }

    #[test]
    fn the_words_of_rights_are_those_of_the_configuration() {
        for right in [Right::Publish, Right::Suspend, Right::Register] {
            let read: Right = serde_json::from_value(right.as_str().into()).unwrap();
            assert_eq!(read, right);
        }
    }
}
