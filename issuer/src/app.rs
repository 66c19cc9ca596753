//! The service put together: what the configuration names is loaded, checked, and served.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use mahfada_base::{CLOCK_SKEW, Clock, Report, Secret};
use mahfada_crypto::{CryptoProvider, Random, aws_lc};
use mahfada_storage::{Outcome, StatusListRecord, Storage, StorageError};
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_web::api_key::ApiKeys;
use mahfada_web::clock::SystemClock;
use mahfada_web::config::{ApiKey, SecretFileError};
use mahfada_web::health;
use mahfada_web::listen::Listeners;
use mahfada_web::sealing::SealingKey;
use mahfada_web::server::{self, ServeError};
use mahfada_web::tls::{ServerTls, TlsError};

use crate::config::{Config, KeysConfig};
use crate::credential_issuer::{CredentialIssuer, IssuerConfigError, refuse_test_key};
use crate::issuance::status::{STATUS_BITS, StatusTokens};
use crate::proofing::{CardConfigError, CardProofing};
use crate::routes;

/// How often used nonces and proofs that have expired are forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(5);

/// Whether the published test card authority may be an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestAnchors {
    /// A service that is configured with it does not start (exit code 78).
    Refused,
    /// Only the demonstration says this; there is no configuration key for it.
    AcceptedByDemo,
}

/// Everything a handler needs.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) issuers: Vec<CredentialIssuer>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) crypto: &'static CryptoProvider,
    pub(crate) sealing: SealingKey,
    pub(crate) keys: Keys,
    pub(crate) card: Option<CardProofing>,
    pub(crate) api_keys: ApiKeys,
    pub(crate) status_tokens: StatusTokens,
}

/// The secret keys, each for one use.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) challenge: Secret<[u8; 32]>,
    pub(crate) nonce: Secret<[u8; 32]>,
    pub(crate) offer: Secret<[u8; 32]>,
    pub(crate) reference: Secret<[u8; 32]>,
}

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A credential issuer cannot run as configured.
    #[error(transparent)]
    Issuer(#[from] IssuerConfigError),
    /// The card authorities cannot be used as configured.
    #[error(transparent)]
    Card(#[from] CardConfigError),
    /// A secret cannot be read.
    #[error("keys")]
    Secret(#[from] SecretFileError),
    /// Two credential issuers have one slug.
    #[error("issuers.slug: {0:?} stands twice")]
    SlugTwice(String),
    /// An API key is for a tenant that is no credential issuer of this service.
    #[error("api_keys.tenant: no credential issuer has the slug {0:?}")]
    UnknownTenant(String),
    /// The TLS certificate cannot be used.
    #[error("server")]
    Tls(#[from] TlsError),
    /// The store cannot be opened at this path.
    #[error("storage.path: {0}")]
    Storage(PathBuf, #[source] StorageError),
    /// A socket failed.
    #[error("the server stopped")]
    Serve(#[from] ServeError),
}

impl RunError {
    /// Tells whether the configuration is at fault, so that the process exits with 78.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        !matches!(
            self,
            Self::Serve(_) | Self::Storage(_, StorageError::Busy | StorageError::Full)
        )
    }
}

/// Runs the service until `shutdown` is ready.
///
/// # Errors
/// [`RunError`], naming the configuration key where that is at fault.
pub async fn run(
    config: Config,
    test_anchors: TestAnchors,
    listeners: Listeners,
    shutdown: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let tls = ServerTls::load(&config.server)?;
    let workers = config.server.workers;
    let app = Data::new(App::load(config, test_anchors)?);
    let forgetting = tokio::spawn(forget_expired(app.clone()));
    let public_app = app.clone();
    let management_app = app.clone();
    let served = server::serve_with(
        workers,
        listeners,
        tls,
        move |config| {
            config.app_data(public_app.clone());
            routes::public(config);
        },
        move |config| {
            let readiness = management_app.clone();
            health::configure(config, move || readiness.readiness());
            config.app_data(management_app.clone());
            routes::management(config);
        },
        shutdown,
    )
    .await;
    forgetting.abort();
    Ok(served?)
}

/// Forgets used nonces and proofs once they are refused by their age alone.
async fn forget_expired(app: Data<App>) {
    let mut interval = tokio::time::interval(FORGET_EVERY);
    loop {
        interval.tick().await;
        if let Err(error) = app.forget_expired().await {
            tracing::warn!(code = error.code(), "expired single-use values are kept");
        }
    }
}

/// Loads everything that the configuration names and lets it go again.
///
/// # Errors
/// [`RunError`], as [`run`] would return before it listens.
pub fn check(config: Config) -> Result<(), RunError> {
    ServerTls::load(&config.server)?;
    App::load(config, TestAnchors::Refused).map(|_| ())
}

impl App {
    /// Loads what the configuration names; nothing listens yet.
    pub(crate) fn load(config: Config, test_anchors: TestAnchors) -> Result<Self, RunError> {
        let crypto = &aws_lc::PROVIDER;
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
            issuers.push(CredentialIssuer::load(
                issuer,
                &config.server.public_url,
                card.is_some(),
                crypto,
            )?);
        }
        check_issuers(&issuers, &config.api_keys)?;
        let path = config.storage.path;
        let storage: Arc<dyn Storage> =
            Arc::new(SqliteStorage::open(&path).map_err(|error| RunError::Storage(path.clone(), error))?);
        create_status_lists(&*storage, &issuers).map_err(|error| RunError::Storage(path, error))?;
        Ok(Self {
            issuers,
            storage,
            clock: Arc::new(SystemClock),
            random: Arc::new(aws_lc::SystemRandom),
            crypto,
            sealing: SealingKey::from_config(&config.sealing)?,
            keys: Keys::read(&config.keys)?,
            card,
            api_keys: ApiKeys::from_config(&config.api_keys),
            status_tokens: StatusTokens::default(),
        })
    }

    /// Finds a credential issuer by the path segment of its identifier.
    pub(crate) fn issuer(&self, slug: &str) -> Option<&CredentialIssuer> {
        self.issuers.iter().find(|issuer| issuer.config.slug == slug)
    }

    pub(crate) async fn forget_expired(&self) -> Result<u64, StorageError> {
        let until = self.clock.now().minus(CLOCK_SKEW);
        let forgotten: Result<u64, Infallible> = self
            .storage
            .execute(move |unit| Ok(Outcome::Commit(unit.single_use().purge_expired(until)?)))
            .await?;
        match forgotten {
            Ok(count) => Ok(count),
            Err(never) => match never {},
        }
    }

    fn readiness(&self) -> Report {
        let mut report = Report::new();
        match self.storage.ready() {
            Ok(()) => report.passed("storage"),
            Err(error) => report.failed("storage", error.code()),
        }
        for issuer in &self.issuers {
            for (name, identity) in [("signer", &issuer.signing), ("status_signer", &issuer.status.signing)] {
                match identity.self_test(self.crypto) {
                    Ok(()) => report.passed(name),
                    Err(error) => report.failed(name, format!("{}: {}", issuer.config.slug, error.code())),
                }
            }
        }
        report
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
