//! What an operator configures; every key is known, an unknown one stops the start (exit code 78).

use std::collections::BTreeMap;
use std::path::PathBuf;

use mahfada_base::{ClaimsPath, Seconds};
use mahfada_eid::LevelOfAssurance;
use mahfada_events::WebhookConfig;
use mahfada_telemetry::TelemetryConfig;
use mahfada_web::config::{ApiKey, OutboundConfig, SealingConfig, SecretFile, ServerConfig, StorageConfig};
use mahfada_web::keys::SigningConfig;
use mahfada_web::rate_limit::RateLimitsConfig;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::card_limits::CardLimitsConfig;

/// The configuration of the service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the service is known and listens.
    pub server: ServerConfig,
    /// Where it keeps its state.
    pub storage: StorageConfig,
    /// The key that seals claims at rest.
    pub sealing: SealingConfig,
    /// The keys of nonces, challenges, offers and references.
    pub keys: KeysConfig,
    /// The card authorities and the policy; without it no configuration may have the card as its source.
    pub card: Option<CardConfig>,
    /// Who may use the management port, each for the credential issuer named as tenant.
    #[serde(default)]
    pub api_keys: Vec<ApiKey>,
    /// The credential issuers.
    pub issuers: Vec<IssuerConfig>,
    /// Where agencies are told of their events, beside the stream of the management port.
    #[serde(default)]
    pub webhooks: Vec<WebhookConfig>,
    /// What webhooks may reach.
    #[serde(default)]
    pub outbound: OutboundConfig,
    /// How often each port may be asked.
    #[serde(default)]
    pub rate_limits: RateLimitsConfig,
    /// How often one address, card or person may go through a card session.
    #[serde(default)]
    pub card_limits: CardLimitsConfig,
    /// Where traces go; nowhere unless configured.
    #[serde(default)]
    pub telemetry: TelemetryConfig,
    /// What is logged, such as `info`.
    #[serde(default = "default_log_level")]
    pub log_level: String,
}

/// Secret keys of 32 bytes, each for one use.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// Keys the challenge of a card session (`K_chal`).
    pub challenge_key_file: SecretFile,
    /// Authenticates `c_nonce` values.
    pub nonce_key_file: SecretFile,
    /// Derives the codes of offers and keys transaction codes.
    pub offer_key_file: SecretFile,
    /// Keys the references to cards and persons (`K_card`, decision D12).
    pub reference_key_file: SecretFile,
}

/// The card authorities and the policy for evidence.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardConfig {
    /// A folder of CSCA certificates (DER, `.cer`).
    pub anchors_dir: PathBuf,
    /// A folder of link certificates.
    pub links_dir: Option<PathBuf>,
    /// A folder of revocation lists (DER, `.crl`).
    pub crls_dir: Option<PathBuf>,
    /// Whether a card must prove its chip; a copy passes without.
    #[serde(default = "yes")]
    pub require_chip_proof: bool,
    /// Whether a current revocation list must be at hand.
    #[serde(default)]
    pub require_crl: bool,
    /// Whether old algorithms are accepted, and said so in the verdict.
    #[serde(default)]
    pub allow_legacy: bool,
    /// The least level of assurance that a card session must reach (decision D13).
    #[serde(default = "low")]
    #[schemars(with = "String", extend("enum" = ["low", "substantial", "high"]))]
    pub least_level: LevelOfAssurance,
}

/// One credential issuer; its identifier is the public URL and the slug.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// The path of the identifier, such as `pid`.
    pub slug: String,
    /// The name by language.
    pub name: BTreeMap<String, String>,
    /// Signs credentials, challenges and metadata.
    pub signing: SigningConfig,
    /// The status list of this issuer.
    pub status: StatusConfig,
    /// The most copies in one answer.
    #[serde(default = "default_batch_size")]
    pub batch_size: usize,
    /// Whether a wallet may redeem an offer without naming itself.
    #[serde(default)]
    pub anonymous_access: bool,
    /// The credentials on offer.
    pub configurations: Vec<ConfigurationConfig>,
}

/// A status list and its signer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusConfig {
    /// Signs the list; never the credential key.
    pub signing: SigningConfig,
    /// How many entries the list has.
    #[serde(default = "default_status_size")]
    pub size: u32,
    /// How long a signed list may be trusted, in seconds.
    #[serde(default = "default_status_lifetime")]
    pub lifetime_seconds: Seconds,
    /// After how long it should be fetched again, in seconds.
    #[serde(default = "default_status_ttl")]
    pub ttl_seconds: Seconds,
}

/// One entry of `credential_configurations_supported`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationConfig {
    /// The `credential_configuration_id`.
    pub id: String,
    /// The type.
    pub vct: String,
    /// The scope that stands for it.
    pub scope: String,
    /// The technical validity of a credential, in days.
    pub validity_days: u16,
    /// The name by language.
    pub name: BTreeMap<String, String>,
    /// Where the claims come from.
    pub source: SourceConfig,
    /// Claims that are the same in every credential.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// The claims.
    pub claims: Vec<ClaimConfig>,
}

/// Where claims come from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SourceConfig {
    /// The citizen's card (way A).
    Card {},
    /// A CSV file with a header line, reached by an offer (way B).
    Csv {
        /// The file.
        file: PathBuf,
        /// The column that names the subject.
        key_column: String,
    },
}

/// One claim of a credential.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimConfig {
    /// Where the claim stands: the names from the outermost member in, such as `["address", "locality"]`. In a register
    /// its column is named by the same names, joined with dots.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub path: ClaimsPath,
    /// Whether the holder may keep it back.
    #[serde(default)]
    pub disclosure: DisclosureRule,
    /// Whether a credential without it may not be issued.
    #[serde(default)]
    pub mandatory: bool,
    /// What a text source means.
    #[serde(default)]
    pub kind: ClaimKind,
    /// The label by language.
    pub label: BTreeMap<String, String>,
}

/// Whether the holder may keep a claim back (SD-JWT VC type metadata, `sd`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisclosureRule {
    /// The claim is disclosed only when the holder chooses so.
    #[default]
    Always,
    /// The claim is visible in every presentation.
    Never,
}

/// The JSON type of a claim that comes from text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// Text as it stands.
    #[default]
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
}

fn default_log_level() -> String {
    "info".to_owned()
}

const fn yes() -> bool {
    true
}

const fn low() -> LevelOfAssurance {
    LevelOfAssurance::Low
}

const fn default_batch_size() -> usize {
    10
}

const fn default_status_size() -> u32 {
    1 << 20
}

const fn default_status_lifetime() -> Seconds {
    12 * 3_600
}

const fn default_status_ttl() -> Seconds {
    300
}
