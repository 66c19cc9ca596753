//! The service put together: what the configuration names is loaded and checked.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use mahfada_base::Clock;
use mahfada_crypto::{CryptoProvider, Random, aws_lc};
use mahfada_events::Events;
use mahfada_openid4vp::exceeds_registration;
use mahfada_storage::Storage;
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_telemetry::Metrics;
use mahfada_web::api_key::ApiKeys;
use mahfada_web::client::OutboundClient;
use mahfada_web::clock::SystemClock;
use mahfada_web::sealing::SealingKey;
use mahfada_web::tls::ServerTls;

use super::{App, RegistrationCheck, RunError};
use crate::agency::{Agency, AgencyConfigError};
use crate::config::Config;
use crate::presentation::record::RETURN_GRACE;
use crate::presentation::reuse::ReuseTags;
use crate::presentation::status::StatusLists;
use crate::presentation::status::memory::SeenLists;
use crate::question;
use crate::trust::{LiveTrust, Origin, recall};

/// What the files of a configuration hold; nothing was opened for writing and nobody was asked.
struct Loaded {
    agencies: Vec<Agency>,
    sealing: SealingKey,
    reuse: ReuseTags,
    client: OutboundClient,
}

/// Loads and checks everything that the configuration names, and ends.
///
/// It binds no socket, does not ask the trust registry and leaves the database alone, so it can run beside the service;
/// whether saved queries are within the registration shows at start, when there are lists to verify that by.
///
/// # Errors
/// [`RunError`], naming the configuration key at fault.
pub fn check(config: &Config) -> Result<(), RunError> {
    let crypto = &aws_lc::PROVIDER;
    ServerTls::load(&config.server)?;
    let loaded = Loaded::load(config, crypto)?;
    config
        .telemetry
        .check()
        .map_err(mahfada_telemetry::TelemetryError::from)?;
    config.trust.load(None, crypto)?;
    let folder = config
        .storage
        .path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if !folder.unwrap_or_else(|| Path::new(".")).is_dir() {
        return Err(RunError::Folder(config.storage.path.clone()));
    }
    let nowhere = SqliteStorage::in_memory().map_err(|error| RunError::Storage(config.storage.path.clone(), error))?;
    loaded.events(
        config,
        Arc::new(nowhere),
        Arc::new(SystemClock),
        Arc::new(aws_lc::SystemRandom),
    )?;
    Ok(())
}

impl Loaded {
    fn load(config: &Config, crypto: &CryptoProvider) -> Result<Self, RunError> {
        let sound = [
            ("status.max_age_seconds", config.status.max_age_seconds >= 0),
            (
                "retention.presentations_seconds",
                config.retention.presentations_seconds >= RETURN_GRACE,
            ),
            ("retention.events_seconds", config.retention.events_seconds >= 0),
        ];
        if let Some((key, _)) = sound.into_iter().find(|(_, sound)| !sound) {
            return Err(RunError::Range(key));
        }
        let sealing_key = config.sealing.key_file.read_key()?;
        Ok(Self {
            agencies: load_agencies(config, crypto)?,
            reuse: ReuseTags::derive(sealing_key.expose(), crypto)?,
            sealing: SealingKey::new(config.sealing.version, sealing_key),
            client: OutboundClient::new(&config.outbound)?,
        })
    }

    fn events(
        &self,
        config: &Config,
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Events, RunError> {
        let known = |tenant: &str| self.agencies.iter().any(|agency| agency.tenant.as_str() == tenant);
        let client = self.client.clone();
        Ok(Events::load(&config.webhooks, known, client, storage, clock, random)?)
    }
}

impl App {
    /// Loads what the configuration names and fetches the trust lists; nothing listens yet.
    pub(crate) async fn load(config: Config, registration_check: RegistrationCheck) -> Result<Self, RunError> {
        let crypto = &aws_lc::PROVIDER;
        let loaded = Loaded::load(&config, crypto)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random: Arc<dyn Random> = Arc::new(aws_lc::SystemRandom);
        let path = config.storage.path.clone();
        let failed = |error| RunError::Storage(path.clone(), error);
        let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&path).map_err(failed)?);
        let events = loaded.events(&config, Arc::clone(&storage), Arc::clone(&clock), Arc::clone(&random))?;
        let seen = SeenLists::recall(Arc::clone(&storage), crypto.digest)
            .await
            .map_err(failed)?;
        let memory = recall(&*storage).await.map_err(failed)?;
        let store = config.trust.load(memory.as_deref(), crypto)?;
        let origin = Origin {
            source: config.trust,
            client: loaded.client.clone(),
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
        let app = Self {
            public_url: config.server.public_url,
            agencies: loaded.agencies,
            storage,
            clock,
            random,
            crypto,
            sealing: loaded.sealing,
            reuse: loaded.reuse,
            trust,
            status: StatusLists::new(loaded.client, config.status.max_age_seconds, seen),
            api_keys: ApiKeys::from_config(&config.api_keys),
            events,
            metrics: Metrics::new(),
            failures_counted: AtomicU64::new(0),
            retention: config.retention,
            registration_check,
        };
        app.check_registrations()?;
        Ok(app)
    }

    /// Warns of registrations that do not hold, and refuses saved queries that go beyond one that does.
    fn check_registrations(&self) -> Result<(), AgencyConfigError> {
        for agency in &self.agencies {
            match agency.verify_registration(&self.trust.read(), self.clock.now(), self.crypto) {
                Err(error) => tracing::warn!(
                    tenant = agency.tenant.as_str(),
                    code = error.code(),
                    "the registration certificate does not hold"
                ),
                Ok(registration) if self.registration_check == RegistrationCheck::Enforced => {
                    for saved in &agency.saved_queries {
                        let excess = exceeds_registration(&saved.query, &registration);
                        if !excess.is_empty() {
                            return Err(AgencyConfigError::SavedQueryExcess {
                                tenant: agency.tenant.to_string(),
                                name: saved.name.clone(),
                                excess: question::describe(&excess),
                            });
                        }
                    }
                }
                Ok(_) => {}
            }
        }
        Ok(())
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
