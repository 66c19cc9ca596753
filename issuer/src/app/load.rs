//! What the configuration names is loaded and checked, then the store is opened.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mahfada_base::Clock;
use mahfada_crypto::{Random, aws_lc};
use mahfada_events::{Events, WebhookConfig};
use mahfada_storage::{Outcome, StatusListRecord, Storage, StorageError};
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_telemetry::Metrics;
use mahfada_web::api_key::ApiKeys;
use mahfada_web::client::OutboundClient;
use mahfada_web::clock::SystemClock;
use mahfada_web::config::{ApiKey, SecretFileError};
use mahfada_web::sealing::SealingKey;
use mahfada_web::tls::ServerTls;

use super::{App, Keys, RunError, TestAnchors};
use crate::card_limits::CardLimits;
use crate::config::{Config, KeysConfig};
use crate::credential_issuer::{CredentialIssuer, IssuerConfigError, refuse_test_key};
use crate::issuance::status::{STATUS_BITS, StatusTokens};
use crate::measures::Measured;
use crate::proofing::CardProofing;

/// What the files of a configuration hold; the database was not touched.
struct Loaded {
    issuers: Vec<CredentialIssuer>,
    card: Option<CardProofing>,
    sealing: SealingKey,
    keys: Keys,
    api_keys: ApiKeys,
    card_limits: CardLimits,
    webhooks: Vec<WebhookConfig>,
    outbound: OutboundClient,
    path: PathBuf,
}

/// Loads and checks everything that the configuration names, and ends.
///
/// It binds no socket and leaves the database alone, so it can run beside the service; whether the database can be
/// opened shows at start.
///
/// # Errors
/// [`RunError`], naming the configuration key at fault.
pub fn check(config: Config) -> Result<(), RunError> {
    ServerTls::load(&config.server)?;
    let mut loaded = Loaded::load(config, TestAnchors::Refused)?;
    let path = std::mem::take(&mut loaded.path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if !folder.unwrap_or_else(|| Path::new(".")).is_dir() {
        return Err(RunError::Folder(path));
    }
    let nowhere = SqliteStorage::in_memory().map_err(|error| RunError::Storage(path, error))?;
    loaded.start(Arc::new(nowhere)).map(|_| ())
}

impl App {
    /// Loads what the configuration names and opens the database; nothing listens yet.
    pub(crate) fn load(config: Config, test_anchors: TestAnchors) -> Result<Self, RunError> {
        let loaded = Loaded::load(config, test_anchors)?;
        let failed = |error| RunError::Storage(loaded.path.clone(), error);
        let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&loaded.path).map_err(failed)?);
        create_status_lists(&*storage, &loaded.issuers).map_err(failed)?;
        loaded.start(storage)
    }
}

impl Loaded {
    fn load(config: Config, test_anchors: TestAnchors) -> Result<Self, RunError> {
        refuse_test_keys(&config)?;
        let card = config
            .card
            .as_ref()
            .map(|card| CardProofing::load(card, test_anchors))
            .transpose()?;
        let mut issuers: Vec<CredentialIssuer> = Vec::new();
        for issuer in config.issuers {
            if issuers.iter().any(|other| other.config.slug == issuer.slug) {
                return Err(RunError::SlugTwice(issuer.slug));
            }
            let loaded = CredentialIssuer::load(issuer, &config.server.public_url, card.is_some(), &aws_lc::PROVIDER)?;
            issuers.push(loaded);
        }
        check_issuers(&issuers, &config.api_keys)?;
        config.telemetry.check()?;
        Ok(Self {
            issuers,
            card,
            sealing: SealingKey::from_config(&config.sealing)?,
            keys: Keys::read(&config.keys)?,
            api_keys: ApiKeys::from_config(&config.api_keys),
            card_limits: CardLimits::new(&config.card_limits),
            webhooks: config.webhooks,
            outbound: OutboundClient::new(&config.outbound)?,
            path: config.storage.path,
        })
    }

    /// Puts the service together on a store.
    fn start(self, storage: Arc<dyn Storage>) -> Result<App, RunError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random: Arc<dyn Random> = Arc::new(aws_lc::SystemRandom);
        let known = |tenant: &str| self.issuers.iter().any(|issuer| issuer.config.slug == tenant);
        let events = Events::load(
            &self.webhooks,
            known,
            self.outbound,
            Arc::clone(&storage),
            Arc::clone(&clock),
            Arc::clone(&random),
        )?;
        Ok(App {
            issuers: self.issuers,
            storage,
            clock,
            random,
            crypto: &aws_lc::PROVIDER,
            sealing: self.sealing,
            keys: self.keys,
            card: self.card,
            api_keys: self.api_keys,
            status_tokens: StatusTokens::default(),
            card_limits: self.card_limits,
            events,
            metrics: Metrics::new(),
            measured: Measured::default(),
        })
    }
}

impl Keys {
    fn read(config: &KeysConfig) -> Result<Self, SecretFileError> {
        Ok(Self {
            challenge: config.challenge_key_file.read_key()?,
            nonce: config.nonce_key_file.read_key()?,
            offer: config.offer_key_file.read_key()?,
            reference: config.reference_key_file.read_key()?,
        })
    }
}

/// Keys are for one role each, over all credential issuers, and API keys are for issuers that exist.
fn check_issuers(issuers: &[CredentialIssuer], api_keys: &[ApiKey]) -> Result<(), RunError> {
    for one in issuers {
        let key = one.signing.signer.public_key();
        if issuers
            .iter()
            .any(|other| other.status.signing.signer.public_key() == key)
        {
            return Err(IssuerConfigError::SharedKey.into());
        }
    }
    let known = |tenant: &str| issuers.iter().any(|issuer| issuer.config.slug == tenant);
    match api_keys.iter().find(|key| !known(&key.tenant)) {
        Some(key) => Err(RunError::UnknownTenant(key.tenant.clone())),
        None => Ok(()),
    }
}

fn refuse_test_keys(config: &Config) -> Result<(), IssuerConfigError> {
    let keys = &config.keys;
    [
        &config.sealing.key_file,
        &keys.challenge_key_file,
        &keys.nonce_key_file,
        &keys.offer_key_file,
        &keys.reference_key_file,
    ]
    .into_iter()
    .try_for_each(refuse_test_key)
}

fn create_status_lists(storage: &dyn Storage, issuers: &[CredentialIssuer]) -> Result<(), StorageError> {
    let lists: Vec<StatusListRecord> = issuers
        .iter()
        .map(|issuer| StatusListRecord {
            uri: issuer.status.uri.clone(),
            issuer: issuer.id(),
            bits: STATUS_BITS,
            size: issuer.status.size,
        })
        .collect();
    let created: Result<(), Infallible> = storage.execute_blocking(move |unit| {
        for list in &lists {
            unit.status_lists().create(list)?;
        }
        Ok(Outcome::Commit(()))
    })?;
    match created {
        Ok(()) => Ok(()),
        Err(never) => match never {},
    }
}
