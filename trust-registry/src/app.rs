//! The service put together: what the configuration names is loaded and checked.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use mahfada_base::{Clock, Report, UnixTime};
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_storage::{Outcome, Storage, StorageError, UnitOfWork};
use mahfada_telemetry::{Metrics, TelemetryConfigError};
use mahfada_trust::{PinnedRoot, TrustRole};
use mahfada_web::config::EX_CONFIG;
use mahfada_web::fault::Fault as _;
use mahfada_web::keys::{IdentityError, SigningConfig, SigningIdentity};
use mahfada_web::openapi::OpenApiError;
use mahfada_web::problem::Problem;
use mahfada_web::server::ServeError;
use mahfada_web::tls::TlsError;

use crate::access::{ManagementKeyError, ManagementKeys};
use crate::config::Config;
use crate::registry::publish::{Edition, Publication};
use crate::registry::{
    EntityError, EntityRegister, ListMaker, ListOperator, MakeListError, PublishError, Publisher, Registrar,
    RootPublishError, publish_root,
};

/// Why the trust registry does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
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
    #[error("root_document_file")]
    Root(#[from] RootPublishError),
    /// A signing identity cannot be used.
    #[error("{key}")]
    Identity {
        /// The key of the configuration.
        key: String,
        /// What is wrong with it.
        #[source]
        source: IdentityError,
    },
    /// A private key is marked as one for tests.
    #[error("{0}: the private key is a test key")]
    TestKey(String),
    /// One private key signs lists and registrations (decision D15).
    #[error("registration_signer: its key is also a list signer's")]
    SharedKey,
    /// Lists would be good for too short or too long a time.
    #[error("list_life_seconds: {0} is not between 300 and 259200")]
    ListLife(u32),
    /// The register of entities is refused.
    #[error("entities_file")]
    Entities(#[from] EntityError),
    /// The keys of the management port are refused.
    #[error("api_keys")]
    ApiKeys(#[from] ManagementKeyError),
    /// The section `telemetry` cannot be used.
    #[error("telemetry")]
    Telemetry(#[from] TelemetryConfigError),
    /// The description of the API cannot be written.
    #[error("the description of the management API")]
    OpenApi(#[from] OpenApiError),
    /// A list that would be published is refused.
    #[error("list_signers.{}", .0.slug())]
    List(TrustRole, #[source] MakeListError),
    /// The first edition of a list could not be published.
    #[error("the list {} cannot be published", .0.slug())]
    Publish(TrustRole, #[source] PublishError),
    /// The TLS files cannot be used.
    #[error("server")]
    Tls(#[from] TlsError),
    /// The folder of the store is not there.
    #[error("storage.path: no folder {0}")]
    StorageFolder(PathBuf),
    /// The store cannot be opened.
    #[error("storage.path")]
    Storage(#[from] StorageError),
    /// The servers do not run.
    #[error("server")]
    Serve(#[from] ServeError),
}

impl RunError {
    /// Returns the exit code: 78 when the configuration is at fault, 1 otherwise.
    #[must_use]
    pub const fn exit_code(&self) -> i32 {
        match self {
            // The store refuses a first root document that is not version 1: the file is at fault.
            Self::Root(RootPublishError::Storage(StorageError::Conflict)) => EX_CONFIG,
            Self::Root(RootPublishError::Storage(_))
            | Self::Publish(_, PublishError::Storage(_) | PublishError::RootSuperseded)
            | Self::Storage(_)
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
    keys: ManagementKeys,
    metrics: Metrics,
    editions: RwLock<BTreeMap<TrustRole, Edition>>,
}

/// What the configuration names, read and checked; nothing is written yet.
pub(crate) struct Loaded {
    root: Vec<u8>,
    /// Its root is the one offered, which the store may know a successor of.
    maker: ListMaker,
    registrar: Option<Registrar>,
    keys: ManagementKeys,
}

impl Loaded {
    /// Reads every file that the configuration names.
    pub(crate) fn load(config: &Config) -> Result<Self, RunError> {
        config.telemetry.check()?;
        let life = config.list_life().ok_or(RunError::ListLife(config.list_life_seconds))?;
        let root = std::fs::read(&config.root_document_file).map_err(|source| RunError::RootFile {
            path: config.root_document_file.clone(),
            source,
        })?;
        let maker = ListMaker {
            operator: ListOperator {
                name: config.operator.localized_name(),
                territory: config.operator.territory.clone(),
            },
            root: PinnedRoot::from_bytes(&root, &PROVIDER).map_err(RootPublishError::from)?,
            signers: list_signers(config)?,
            register: EntityRegister::load(&config.entities_file)?,
            life,
            provider: &PROVIDER,
        };
        let registrar = registrar(config)?;
        refuse_shared_key(&maker, registrar.as_ref())?;
        Ok(Self {
            root,
            maker,
            registrar,
            keys: ManagementKeys::from_config(&config.api_keys)?,
        })
    }

    pub(crate) const fn maker(&self) -> &ListMaker {
        &self.maker
    }

    pub(crate) const fn keys(&self) -> &ManagementKeys {
        &self.keys
    }
}

impl Registry {
    /// Publishes the root document and the first lists.
    pub(crate) async fn open(
        loaded: Loaded,
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RunError> {
        let root = publish_root(storage.as_ref(), loaded.root, clock.now(), &PROVIDER).await?;
        let maker = ListMaker { root, ..loaded.maker };
        let registry = Self {
            publisher: Publisher::new(Arc::clone(&storage), maker),
            storage,
            clock,
            registrar: loaded.registrar,
            keys: loaded.keys,
            metrics: Metrics::new(),
            editions: RwLock::default(),
        };
        let published = registry.publish().await.into_result();
        published.map_err(|(role, error)| RunError::Publish(role, error))?;
        Ok(registry)
    }

    pub(crate) const fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    pub(crate) const fn registrar(&self) -> Option<&Registrar> {
        self.registrar.as_ref()
    }

    pub(crate) const fn keys(&self) -> &ManagementKeys {
        &self.keys
    }

    pub(crate) const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Returns the editions in force, as far as this process knows.
    pub(crate) fn editions(&self) -> BTreeMap<TrustRole, Edition> {
        self.editions.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Publishes what needs it, and remembers the editions; a list that failed keeps the edition before.
    pub(crate) async fn publish(&self) -> Publication {
        let publication = self.publisher.publish(self.now()).await;
        for (role, error) in &publication.failures {
            let detail = mahfada_web::fault::chain(error);
            tracing::error!(code = error.code(), list = role.slug(), %detail, "the list was not published");
        }
        self.editions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(&publication.editions);
        publication
    }

    /// Runs a work that refuses nothing; a failing store becomes a problem answer.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce(&mut dyn UnitOfWork) -> Result<T, StorageError> + Send + 'static,
    {
        let done = self
            .storage
            .execute(|unit| work(unit).map(Outcome::<T, Infallible>::Commit))
            .await;
        let Ok(value) = done.map_err(|error| error.to_problem())?;
        Ok(value)
    }

    /// Returns the identities that sign, each with its key of the configuration.
    pub(crate) fn identities(&self) -> impl Iterator<Item = (&'static str, &SigningIdentity)> {
        let maker = self.publisher.maker();
        let lists = maker.signers.iter().map(|(role, identity)| (role.slug(), identity));
        lists.chain(
            self.registrar
                .iter()
                .map(|registrar| ("registration", registrar.identity())),
        )
    }

    /// Checks the store, every signing key and its certificate, the root document, and that every list is current.
    pub(crate) fn readiness(&self) -> Report {
        let (mut report, now) = (Report::new(), self.now());
        match self.storage.ready() {
            Ok(()) => report.passed("storage"),
            Err(error) => report.failed(error.code(), "the store does not take work"),
        }
        for (name, identity) in self.identities() {
            match identity.self_test(&PROVIDER) {
                Ok(()) if !is_valid(identity, now) => report.failed("signing_certificate", name),
                Ok(()) => report.passed("signing_key"),
                Err(error) => report.failed(error.code(), name),
            }
        }
        let maker = self.publisher.maker();
        match maker.root.require_current(now) {
            Ok(()) => report.passed("root"),
            Err(error) => report.failed(error.code(), "readers refuse every list"),
        }
        let editions = self.editions();
        for role in maker.roles() {
            match editions.get(&role) {
                Some(edition) if edition.next_update > now => report.passed("list"),
                _ => report.failed("list_expired", role.slug()),
            }
        }
        report
    }
}

fn is_valid(identity: &SigningIdentity, now: UnixTime) -> bool {
    identity
        .leaf()
        .is_some_and(|leaf| leaf.not_before() <= now && now <= leaf.not_after())
}

fn list_signers(config: &Config) -> Result<BTreeMap<TrustRole, SigningIdentity>, RunError> {
    let signers = config.list_signers.iter();
    signers
        .map(|(role, files)| Ok((*role, identity(format!("list_signers.{}", role.slug()), files)?)))
        .collect()
}

fn registrar(config: &Config) -> Result<Option<Registrar>, RunError> {
    let Some(files) = &config.registration_signer else {
        return Ok(None);
    };
    let identity = identity("registration_signer".to_owned(), files)?;
    let (country, url) = (
        config.operator.territory.clone(),
        config.server.public_url.as_str().to_owned(),
    );
    Ok(Some(Registrar::new(identity, country, url)))
}

fn identity(key: String, files: &SigningConfig) -> Result<SigningIdentity, RunError> {
    const MARK: &str = "TEST_ONLY";
    let file = &files.private_key_file;
    let name = file.path().file_name().unwrap_or_default();
    // A file that cannot be read is named below.
    let is_marked = |content: &[u8]| content.windows(MARK.len()).any(|window| window == MARK.as_bytes());
    if name.to_string_lossy().contains(MARK) || file.read().is_ok_and(|content| is_marked(content.expose())) {
        return Err(RunError::TestKey(key));
    }
    SigningIdentity::load(files, &PROVIDER).map_err(|source| RunError::Identity { key, source })
}

/// Decision D15: who signs lists does not sign registrations with the same key.
fn refuse_shared_key(maker: &ListMaker, registrar: Option<&Registrar>) -> Result<(), RunError> {
    let key = registrar.map(|registrar| registrar.identity().signer.public_key());
    let shared = |identity: &SigningIdentity| Some(identity.signer.public_key()) == key;
    if maker.signers.values().any(shared) {
        return Err(RunError::SharedKey);
    }
    Ok(())
}

/// Checks that the store could be made or opened, without touching it.
pub(crate) fn check_storage_folder(path: &Path) -> Result<(), RunError> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if folder.is_dir() && !path.is_dir() {
        return Ok(());
    }
    Err(RunError::StorageFolder(folder.to_owned()))
}
