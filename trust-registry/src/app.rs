//! Puts the service together and runs it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix_web::web::Data;
use clap::Parser;
use mahfada_base::{Clock, Report, UnixTime};
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_storage::{Outcome, Storage, StorageError, UnitOfWork};
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_trust::TrustRole;
use mahfada_web::api_key::ApiKeys;
use mahfada_web::clock::SystemClock;
use mahfada_web::config::{ConfigError, EX_CONFIG, load, process_environment};
use mahfada_web::keys::{IdentityError, SigningIdentity};
use mahfada_web::listen::Listeners;
use mahfada_web::logging;
use mahfada_web::problem::Problem;
use mahfada_web::server::{ServeError, serve_with, shutdown_signal};
use mahfada_web::tls::{ServerTls, TlsError};

use crate::config::Config;
use crate::registry::publish::Edition;
use crate::registry::{
    EntityError, EntityRegister, ListOperator, PublishError, Publisher, Registrar, RootPublishError, publish_root,
};
use crate::routes;

/// How often the lists are looked at; one is renewed when half its life is over.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(30);

/// Why the trust registry does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The root document file cannot be read.
    #[error("root_document_file: cannot read {path}")]
    RootFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The root document is not published.
    #[error("root_document_file: {0}")]
    Root(#[from] RootPublishError),
    /// A signing identity cannot be used.
    #[error("{key}: {source}")]
    Identity {
        /// The key of the configuration.
        key: String,
        /// What is wrong with it.
        #[source]
        source: IdentityError,
    },
    /// The register of entities is refused.
    #[error("entities_file: {0}")]
    Entities(#[from] EntityError),
    /// The first lists could not be published.
    #[error("the lists cannot be published: {0}")]
    Publish(#[from] PublishError),
    /// The TLS files cannot be used.
    #[error("server: {0}")]
    Tls(#[from] TlsError),
    /// The store cannot be opened.
    #[error("storage.path: {0}")]
    Storage(#[from] StorageError),
    /// The servers do not run.
    #[error("server: {0}")]
    Serve(#[from] ServeError),
    /// The asynchronous runtime or a socket cannot be had.
    #[error("the operating system refused")]
    Io(#[from] std::io::Error),
}

impl RunError {
    /// Returns the exit code: 78 when the configuration is at fault, 1 otherwise.
    #[must_use]
    pub const fn exit_code(&self) -> i32 {
        match self {
            Self::Publish(PublishError::Storage(_))
            | Self::Storage(_)
            | Self::Io(_)
            | Self::Serve(ServeError::Io(_)) => 1,
            _ => EX_CONFIG,
        }
    }
}

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Registry {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    publisher: Publisher,
    registrar: Option<Registrar>,
    api_keys: ApiKeys,
    editions: RwLock<BTreeMap<TrustRole, Edition>>,
}

impl Registry {
    /// Reads what the configuration names, publishes the root document, and signs the first lists.
    pub(crate) async fn open(
        config: &Config,
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RunError> {
        let bytes = std::fs::read(&config.root_document_file).map_err(|source| RunError::RootFile {
            path: config.root_document_file.clone(),
            source,
        })?;
        let root = publish_root(storage.as_ref(), bytes, clock.now(), &PROVIDER).await?;
        let operator = ListOperator {
            name: config.operator.name.clone(),
            territory: config.operator.territory.clone(),
        };
        let publisher = Publisher::new(
            Arc::clone(&storage),
            operator,
            root,
            list_signers(config)?,
            EntityRegister::load(&config.entities_file)?,
            config.list_life(),
            &PROVIDER,
        );
        let registry = Self {
            storage,
            clock,
            publisher,
            registrar: registrar(config)?,
            api_keys: ApiKeys::from_config(&config.api_keys),
            editions: RwLock::default(),
        };
        registry.publish().await?;
        Ok(registry)
    }

    pub(crate) const fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    pub(crate) const fn registrar(&self) -> Option<&Registrar> {
        self.registrar.as_ref()
    }

    pub(crate) const fn api_keys(&self) -> &ApiKeys {
        &self.api_keys
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Publishes what needs it, and remembers the editions for readiness.
    pub(crate) async fn publish(&self) -> Result<BTreeMap<TrustRole, Edition>, PublishError> {
        let editions = self.publisher.publish(self.now()).await?;
        self.editions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&editions);
        Ok(editions)
    }

    /// Runs a work that refuses nothing; a failing store becomes a problem answer.
    pub(crate) async fn read<T, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce(&mut dyn UnitOfWork) -> Result<Outcome<T, std::convert::Infallible>, StorageError> + Send + 'static,
    {
        let Ok(value) = self.storage.execute(work).await.map_err(|error| {
            tracing::error!(code = error.code(), "the store failed");
            Problem::unavailable(error.code())
        })?;
        Ok(value)
    }

    /// Checks the store, every signing key, and that every list is current.
    pub(crate) fn readiness(&self) -> Report {
        let mut report = Report::new();
        match self.storage.ready() {
            Ok(()) => report.passed("storage"),
            Err(error) => report.failed(error.code(), "the store does not take work"),
        }
        let registrar = self
            .registrar
            .iter()
            .map(|registrar| ("registration".to_owned(), registrar.identity()));
        let signers = self
            .publisher
            .signers()
            .map(|(role, identity)| (role.slug().to_owned(), identity));
        for (name, identity) in signers.chain(registrar) {
            match identity.self_test(&PROVIDER) {
                Ok(()) => report.passed("signing_key"),
                Err(error) => report.failed(error.code(), name),
            }
        }
        let now = self.now();
        let editions = self.editions.read().unwrap_or_else(PoisonError::into_inner);
        for role in self.publisher.roles() {
            match editions.get(&role) {
                Some(edition) if edition.next_update > now => report.passed("list"),
                _ => report.failed("list_expired", role.slug()),
            }
        }
        report
    }

    async fn renew_lists(&self) {
        let mut ticks = tokio::time::interval(RENEWAL_INTERVAL);
        loop {
            ticks.tick().await;
            if let Err(error) = self.publish().await {
                tracing::error!(code = error.code(), "the lists were not renewed");
            }
        }
    }
}

/// Runs the trust registry on bound sockets until `shutdown` is ready.
///
/// # Errors
/// [`RunError`] naming the key of the configuration that is at fault, or what failed.
pub async fn run(config: Config, listeners: Listeners, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
    let tls = ServerTls::load(&config.server)?;
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&config.storage.path)?);
    let registry = Data::new(Registry::open(&config, storage, Arc::new(SystemClock)).await?);
    let (public, management) = (registry.clone(), registry.clone());
    let serving = serve_with(
        config.server.workers,
        listeners,
        tls,
        move |service| routes::public(service, &public),
        move |service| routes::management(service, &management),
        shutdown,
    );
    tokio::select! {
        served = serving => Ok(served?),
        () = registry.renew_lists() => Ok(()),
    }
}

fn list_signers(config: &Config) -> Result<BTreeMap<TrustRole, SigningIdentity>, RunError> {
    config
        .list_signers
        .iter()
        .map(|(role, files)| {
            let key = || format!("list_signers.{}", role.slug());
            let identity =
                SigningIdentity::load(files, &PROVIDER).map_err(|source| RunError::Identity { key: key(), source })?;
            Ok((*role, identity))
        })
        .collect()
}

fn registrar(config: &Config) -> Result<Option<Registrar>, RunError> {
    let Some(files) = &config.registration_signer else {
        return Ok(None);
    };
    let identity = SigningIdentity::load(files, &PROVIDER).map_err(|source| RunError::Identity {
        key: "registration_signer".to_owned(),
        source,
    })?;
    let (country, url) = (
        config.operator.territory.clone(),
        config.server.public_url.as_str().to_owned(),
    );
    Ok(Some(Registrar::new(identity, country, url)))
}

/// The trust registry of the national identity wallet.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file (TOML).
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Runs the service as a process: arguments, environment, signals, exit code.
#[must_use]
pub fn main() -> ExitCode {
    main_from(std::env::args_os())
}

/// Runs the service with the arguments of another command, the first of which is the name shown in messages.
#[must_use]
pub fn main_from(arguments: impl IntoIterator<Item: Into<OsString> + Clone>) -> ExitCode {
    let arguments = Arguments::parse_from(arguments);
    match start(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a subscriber yet, this one makes sure that the reason is seen.
            let _ = logging::init("error");
            tracing::error!(error = %error, "the trust registry does not run");
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
        }
    }
}

fn start(arguments: &Arguments) -> Result<(), RunError> {
    let config: Config = load("trust-registry", arguments.config.as_deref(), process_environment())?;
    logging::init(&config.log_level).map_err(|error| ConfigError::Key {
        message: format!("log_level: {error}"),
    })?;
    let listeners = Listeners::bind(&config.server)?;
    tokio::runtime::Runtime::new()?.block_on(run(config, listeners, shutdown_signal()))
}
