//! The service as it runs: two ports, and the renewal of the lists beside them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use mahfada_base::Clock as _;
use mahfada_storage::Storage;
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_telemetry::http;
use mahfada_web::clock::SystemClock;
use mahfada_web::listen::Listeners;
use mahfada_web::server::{self, ServerOptions};
use mahfada_web::tls::ServerTls;
use mahfada_web::{health, openapi};

use crate::app::{Loaded, Registry, RunError, check_storage_folder};
use crate::config::Config;
use crate::{measures, routes};

/// How often the lists are looked at; one is renewed when half its life is over.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(30);

/// Runs the trust registry on bound sockets until `shutdown` is ready.
///
/// # Errors
/// [`RunError`] naming the key of the configuration that is at fault, or what failed.
pub async fn run(config: Config, listeners: Listeners, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
    let tls = ServerTls::load(&config.server)?;
    let document: Arc<str> = openapi::to_text(&crate::openapi::document())?.into();
    let loaded = Loaded::load(&config)?;
    let options = ServerOptions::new(&config.server, config.rate_limits, loaded.keys().by_tenant());
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&config.storage.path)?);
    let registry = Data::new(Registry::open(loaded, storage, Arc::new(SystemClock)).await?);
    let (public, management) = (registry.clone(), registry.clone());
    let serving = server::serve_with(
        options,
        listeners,
        tls,
        move |service| configure_public(service, &public),
        move |service| configure_management(service, &management, &document),
        shutdown,
    );
    tokio::select! {
        served = serving => Ok(served?),
        () = renew_lists(&registry) => Ok(()),
    }
}

/// Loads everything that the configuration names, makes every list once, and lets it all go again: nothing is written,
/// published or listened on.
///
/// The store is not opened, so that the root document in force and the decisions of officers are not looked at.
///
/// # Errors
/// [`RunError`], as [`run`] would return before it listens.
pub fn check(config: &Config) -> Result<(), RunError> {
    ServerTls::load(&config.server)?;
    check_storage_folder(&config.storage.path)?;
    let loaded = Loaded::load(config)?;
    let rehearsed = loaded.maker().rehearse(SystemClock.now());
    rehearsed.map_err(|(role, error)| RunError::List(role, error))
}

/// Adds everything of the public port.
pub(crate) fn configure_public(config: &mut ServiceConfig, registry: &Data<Registry>) {
    config.app_data(registry.clone());
    let metrics = registry.metrics().clone();
    http::configure_measured(config, http::Port::Public, metrics, routes::public);
}

/// Adds everything of the management port.
pub(crate) fn configure_management(config: &mut ServiceConfig, registry: &Data<Registry>, document: &Arc<str>) {
    let (readiness, measured) = (registry.clone(), registry.clone());
    health::configure(config, move || readiness.readiness());
    openapi::configure(config, Arc::clone(document));
    mahfada_telemetry::configure(config, registry.metrics().clone(), move |metrics| {
        measures::before_scrape(&measured, &metrics);
        std::future::ready(())
    });
    config.app_data(registry.clone());
    let metrics = registry.metrics().clone();
    http::configure_measured(config, http::Port::Management, metrics, routes::management);
}

async fn renew_lists(registry: &Registry) {
    let mut ticks = tokio::time::interval(RENEWAL_INTERVAL);
    loop {
        ticks.tick().await;
        // What failed is in the log.
        drop(registry.publish().await);
    }
}
