//! The service put together: what the configuration names is loaded, checked, and served.

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web::Data;
use mahfada_base::{Clock, Report};
use mahfada_crypto::{CryptoProvider, Random, aws_lc};
use mahfada_storage::{Storage, StorageError, TenantId};
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_web::api_key::ApiKeys;
use mahfada_web::client::{OutboundClient, OutboundError};
use mahfada_web::clock::SystemClock;
use mahfada_web::config::{ConfigError, EX_CONFIG, PublicUrl, SecretFileError};
use mahfada_web::health;
use mahfada_web::listen::Listeners;
use mahfada_web::sealing::SealingKey;
use mahfada_web::server::{self, ServeError};
use mahfada_web::tls::{ServerTls, TlsError};
use mahfada_web::trust_client::TrustSourceError;

use crate::agency::{Agency, AgencyConfigError};
use crate::config::Config;
use crate::presentation::status::StatusLists;
use crate::routes;
use crate::trust::{LiveTrust, Origin, recall};

/// Whether a query is held against the agency's registration before anybody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationCheck {
    /// A query beyond the registration is refused and no request is made.
    Enforced,
    /// Only the demonstration says this, to show that the wallet refuses by itself; there is no configuration key for it.
    SkippedByDemo,
}

/// Everything a handler needs.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) public_url: PublicUrl,
    pub(crate) agencies: Vec<Agency>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) crypto: &'static CryptoProvider,
    pub(crate) sealing: SealingKey,
    pub(crate) trust: LiveTrust,
    pub(crate) status: StatusLists,
    pub(crate) api_keys: ApiKeys,
    pub(crate) registration_check: RegistrationCheck,
}

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An agency cannot ask as configured.
    #[error(transparent)]
    Agency(#[from] AgencyConfigError),
    /// A number is out of range.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// The sealing key cannot be read.
    #[error("sealing.key_file")]
    Secret(#[from] SecretFileError),
    /// The TLS certificate cannot be used.
    #[error("server")]
    Tls(#[from] TlsError),
    /// The outbound settings cannot be used.
    #[error("outbound.trust_anchors_file")]
    Outbound(#[from] OutboundError),
    /// The pinned root document or what was remembered of the trust lists cannot be used.
    #[error("trust")]
    Trust(#[from] TrustSourceError),
    /// The trust registry gave no list that holds, so that nobody could be trusted.
    #[error("no list of trusted entities could be had from the trust registry ({0})")]
    NoLists(String),
    /// The store cannot be opened at this path.
    #[error("storage.path: {0}")]
    Storage(PathBuf, #[source] StorageError),
    /// A socket failed while serving.
    #[error("the server stopped")]
    Serve(#[from] ServeError),
    /// The asynchronous runtime or a socket cannot be had.
    #[error("the operating system refused")]
    Io(#[from] std::io::Error),
}

impl RunError {
    /// Tells whether the configuration is at fault.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        !matches!(
            self,
            Self::Serve(ServeError::Io(_)) | Self::Io(_) | Self::NoLists(_) | Self::Storage(..)
        )
    }

    /// Returns the exit code: 78 when the configuration is at fault, 1 otherwise.
    #[must_use]
    pub const fn exit_code(&self) -> i32 {
        if self.is_configuration() { EX_CONFIG } else { 1 }
    }
}

/// Runs the service until `shutdown` is ready.
///
/// It does not start without trust lists: the trust registry must answer once.
///
/// # Errors
/// [`RunError`], naming the configuration key where that is at fault.
pub async fn run(
    config: Config,
    registration_check: RegistrationCheck,
    listeners: Listeners,
    shutdown: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let tls = ServerTls::load(&config.server)?;
    let workers = config.server.workers;
    let app = Data::new(App::load(config, registration_check).await?);
    app.warn_about_registrations();
    let public_app = app.clone();
    let management_app = app.clone();
    let serving = server::serve_with(
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
    );
    tokio::select! {
        served = serving => Ok(served?),
        () = app.trust.keep_current() => Ok(()),
    }
}

impl App {
    /// Loads what the configuration names and fetches the trust lists; nothing listens yet.
    pub(crate) async fn load(config: Config, registration_check: RegistrationCheck) -> Result<Self, RunError> {
        let crypto = &aws_lc::PROVIDER;
        if config.status.max_age_seconds < 0 {
            return Err(RunError::Range("status.max_age_seconds"));
        }
        let agencies = load_agencies(&config, crypto)?;
        let sealing = SealingKey::from_config(&config.sealing)?;
        let client = OutboundClient::new(&config.outbound)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let path = config.storage.path;
        let failed = |error| RunError::Storage(path.clone(), error);
        let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&path).map_err(failed)?);
        let memory = recall(&*storage).await.map_err(failed)?;
        let store = config.trust.load(memory.as_deref(), crypto)?;
        let origin = Origin {
            source: config.trust,
            client: client.clone(),
            storage: Arc::clone(&storage),
            clock: Arc::clone(&clock),
            crypto,
        };
        let trust = LiveTrust::new(store, Some(origin));
        let report = trust.refresh().await;
        if !trust.has_lists() {
            let code = report.first_failure().map_or("list_unavailable", |check| &*check.code);
            return Err(RunError::NoLists(code.to_owned()));
        }
        Ok(Self {
            public_url: config.server.public_url,
            agencies,
            storage,
            clock,
            random: Arc::new(aws_lc::SystemRandom),
            crypto,
            sealing,
            trust,
            status: StatusLists::new(client, config.status.max_age_seconds),
            api_keys: ApiKeys::from_config(&config.api_keys),
            registration_check,
        })
    }

    /// Finds an agency by its tenant name.
    pub(crate) fn agency(&self, tenant: &TenantId) -> Option<&Agency> {
        self.agencies.iter().find(|agency| agency.tenant == *tenant)
    }

    fn warn_about_registrations(&self) {
        for agency in &self.agencies {
            let verified = agency.verify_registration(&self.trust.read(), self.clock.now(), self.crypto);
            if let Err(error) = verified {
                tracing::warn!(
                    tenant = agency.tenant.as_str(),
                    code = error.code(),
                    "the registration certificate does not hold"
                );
            }
        }
    }

    fn readiness(&self) -> Report {
        let mut report = Report::new();
        match self.storage.ready() {
            Ok(()) => report.passed("storage"),
            Err(error) => report.failed("storage", error.code()),
        }
        for agency in &self.agencies {
            match agency.access.self_test(self.crypto) {
                Ok(()) => report.passed("access_signer"),
                Err(error) => report.failed("access_signer", format!("{}: {}", agency.tenant, error.code())),
            }
        }
        if self.trust.is_current(self.clock.now()) {
            report.passed("trust_lists");
        } else {
            report.failed("trust_lists", "a list of trusted entities is missing or has expired");
        }
        report
    }
}

fn load_agencies(config: &Config, crypto: &CryptoProvider) -> Result<Vec<Agency>, AgencyConfigError> {
    let mut agencies: Vec<Agency> = Vec::new();
    for agency in &config.agencies {
        if agencies.iter().any(|other| other.tenant.as_str() == agency.tenant) {
            return Err(AgencyConfigError::TenantTwice(agency.tenant.clone()));
        }
        agencies.push(Agency::load(agency, &config.server.public_url, crypto)?);
    }
    let unknown = config
        .api_keys
        .iter()
        .find(|key| !agencies.iter().any(|agency| agency.tenant.as_str() == key.tenant));
    match unknown {
        Some(key) => Err(AgencyConfigError::UnknownTenant(key.tenant.clone())),
        None => Ok(agencies),
    }
}
