//! One credential issuer as it runs: identifier, keys, configurations.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mahfada_base::{ClaimsPath, PathSegment, Seconds};
use mahfada_crypto::CryptoProvider;
use mahfada_sd_jwt::{SdJwtIssuance, SdJwtIssueError};
use mahfada_storage::{IssuerId, StatusListUri, TenantId};
use mahfada_web::config::{PublicUrl, SecretFile};
use mahfada_web::keys::{IdentityError, SigningIdentity};

use crate::config::{ClaimConfig, ConfigurationConfig, DisclosureRule, IssuerConfig, SourceConfig};
use crate::source::{CsvRegister, RegisterError};

/// The most entries of a status list: 8 MiB of two bits each, the most that readers unpack.
const MAX_STATUS_SIZE: u32 = 1 << 25;

/// A credential issuer with everything it needs to answer.
#[derive(Debug)]
pub(crate) struct CredentialIssuer {
    pub(crate) config: IssuerConfig,
    pub(crate) identifier: String,
    pub(crate) signing: SigningIdentity,
    pub(crate) status: StatusPublisher,
    pub(crate) configurations: Vec<Configuration>,
}

/// What a status list is signed with and for how long.
#[derive(Debug)]
pub(crate) struct StatusPublisher {
    pub(crate) signing: SigningIdentity,
    pub(crate) uri: StatusListUri,
    pub(crate) size: u32,
    pub(crate) lifetime: Seconds,
    pub(crate) ttl: Seconds,
}

/// A credential on offer and its source.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) config: ConfigurationConfig,
    pub(crate) source: Source,
}

/// Where claims come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// The verified card.
    Card,
    /// A register of the agency.
    Csv(CsvRegister),
}

/// Why a credential issuer cannot run as configured.
#[derive(Debug, thiserror::Error)]
pub enum IssuerConfigError {
    /// The slug is no path segment.
    #[error("issuers.slug: {0:?} is not a lower-case path segment")]
    Slug(String),
    /// A key or its chain cannot be used.
    #[error("issuers.{0}")]
    Identity(&'static str, #[source] IdentityError),
    /// The credential key also signs the status list.
    #[error("issuers.status.signing: the status list needs a key of its own")]
    SharedKey,
    /// A key is one of the published test keys.
    #[error("{0} is a test key")]
    TestKey(PathBuf),
    /// A claim may not be selectively disclosable.
    #[error("issuers.configurations.claims")]
    Claim(#[source] SdJwtIssueError),
    /// A register cannot be used.
    #[error("issuers.configurations.source")]
    Register(#[source] RegisterError),
    /// A configuration reads the card and no card authority is configured.
    #[error("card: the configuration {0} reads the card and no card authority is configured")]
    NoCard(String),
    /// Two configurations of one issuer have the same id or scope.
    #[error("issuers.configurations: {0:?} stands twice")]
    Twice(String),
    /// A number is out of range.
    #[error("issuers.{0} is out of range")]
    Range(&'static str),
}

impl CredentialIssuer {
    /// Loads keys and registers, and refuses what could not be issued.
    pub(crate) fn load(
        config: IssuerConfig,
        public_url: &PublicUrl,
        has_card: bool,
        crypto: &CryptoProvider,
    ) -> Result<Self, IssuerConfigError> {
        if config.slug.is_empty()
            || !config
                .slug
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Err(IssuerConfigError::Slug(config.slug));
        }
        check_ranges(&config)?;
        check_names(&config.configurations)?;
        let identifier = public_url.join(&format!("/{}", config.slug));
        let load = |name, signing: &mahfada_web::keys::SigningConfig| {
            refuse_test_key(&signing.private_key_file)?;
            SigningIdentity::load(signing, crypto).map_err(|error| IssuerConfigError::Identity(name, error))
        };
        let signing = load("signing", &config.signing)?;
        let status = StatusPublisher {
            signing: load("status.signing", &config.status.signing)?,
            uri: StatusListUri::new(format!("{identifier}/status/1")),
            size: config.status.size,
            lifetime: config.status.lifetime_seconds,
            ttl: config.status.ttl_seconds,
        };
        let configurations = config
            .configurations
            .iter()
            .map(|configuration| Configuration::load(configuration, has_card))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            config,
            identifier,
            signing,
            status,
            configurations,
        })
    }

    /// Returns the identifier as the store knows it.
    pub(crate) fn id(&self) -> IssuerId {
        IssuerId::new(self.identifier.clone())
    }

    /// Returns the tenant whose API keys manage it.
    pub(crate) fn tenant(&self) -> TenantId {
        TenantId::new(self.config.slug.clone())
    }

    /// Returns the URL of an endpoint.
    pub(crate) fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.identifier)
    }

    /// Finds a configuration by its id.
    pub(crate) fn configuration(&self, id: &str) -> Option<&Configuration> {
        self.configurations
            .iter()
            .find(|configuration| configuration.config.id == id)
    }

    /// Finds a configuration by its scope.
    pub(crate) fn configuration_of_scope(&self, scope: &str) -> Option<&Configuration> {
        self.configurations
            .iter()
            .find(|configuration| configuration.config.scope == scope)
    }
}

impl Configuration {
    fn load(config: &ConfigurationConfig, has_card: bool) -> Result<Self, IssuerConfigError> {
        let configuration = Self {
            source: match &config.source {
                SourceConfig::Card {} if !has_card => {
                    return Err(IssuerConfigError::NoCard(config.id.clone()));
                }
                SourceConfig::Card {} => Source::Card,
                SourceConfig::Csv { file, key_column } => Source::Csv(
                    CsvRegister::read(file, key_column, &claims_of_source(config))
                        .map_err(IssuerConfigError::Register)?,
                ),
            },
            config: config.clone(),
        };
        // TI-44: a claim that must never be selectively disclosable stops the start, not the first issuance. The issuer
        // sets all of them itself, so none may come from a source either.
        let paths: Vec<ClaimsPath> = config.claims.iter().map(|claim| claim.path.clone()).collect();
        SdJwtIssuance::check_paths(&paths).map_err(IssuerConfigError::Claim)?;
        Ok(configuration)
    }

    /// Returns the paths that the holder may keep back.
    pub(crate) fn selectively_disclosable(&self) -> Vec<ClaimsPath> {
        self.config
            .claims
            .iter()
            .filter(|claim| claim.disclosure == DisclosureRule::Always)
            .map(|claim| claim.path.clone())
            .collect()
    }
}

fn check_ranges(config: &IssuerConfig) -> Result<(), IssuerConfigError> {
    let status = &config.status;
    for (name, holds) in [
        ("batch_size", (1..=100).contains(&config.batch_size)),
        ("status.size", (1..=MAX_STATUS_SIZE).contains(&status.size)),
        ("status.ttl_seconds", status.ttl_seconds > 0),
        // A reader that waits for the `ttl` must still hold a list that counts.
        ("status.lifetime_seconds", status.lifetime_seconds >= status.ttl_seconds),
    ] {
        if !holds {
            return Err(IssuerConfigError::Range(name));
        }
    }
    Ok(())
}

fn check_names(configurations: &[ConfigurationConfig]) -> Result<(), IssuerConfigError> {
    let (mut ids, mut scopes) = (BTreeSet::new(), BTreeSet::new());
    for configuration in configurations {
        for (names, name) in [(&mut ids, &configuration.id), (&mut scopes, &configuration.scope)] {
            if !names.insert(name) {
                return Err(IssuerConfigError::Twice(name.clone()));
            }
        }
    }
    Ok(())
}

/// The claims that the source gives; the rest are constants of the configuration.
fn claims_of_source(config: &ConfigurationConfig) -> Vec<ClaimConfig> {
    let is_constant = |claim: &&ClaimConfig| match claim.path.segments() {
        [PathSegment::Name(name)] => config.constants.contains_key(name),
        _ => false,
    };
    config
        .claims
        .iter()
        .filter(|claim| !is_constant(claim))
        .cloned()
        .collect()
}

/// TI-40: key files that carry the mark of test keys, in their name or as text inside, are refused.
pub(crate) fn refuse_test_key(file: &SecretFile) -> Result<(), IssuerConfigError> {
    const MARK: &str = "TEST_ONLY";
    let name = file.path().file_name().unwrap_or_default();
    // A file that cannot be read is somebody else's complaint.
    let inside = file.read().is_ok_and(|content| {
        content
            .expose()
            .windows(MARK.len())
            .any(|window| window == MARK.as_bytes())
    });
    if inside || name.to_string_lossy().contains(MARK) {
        return Err(IssuerConfigError::TestKey(file.path().to_owned()));
    }
    Ok(())
}
