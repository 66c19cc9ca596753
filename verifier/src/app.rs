//! The running service: everything a handler needs, what serves it, and what runs beside it.

mod background;
mod error;
mod load;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use actix_web::HttpRequest;
use actix_web::web::Data;
use mahfada_base::{Clock, Report};
use mahfada_crypto::{CryptoProvider, Random};
use mahfada_events::Events;
use mahfada_storage::{Storage, TenantId};
use mahfada_telemetry::Metrics;
use mahfada_telemetry::http::{Port, configure_measured};
use mahfada_web::api_key::ApiKeys;
use mahfada_web::config::PublicUrl;
use mahfada_web::listen::Listeners;
use mahfada_web::problem::Problem;
use mahfada_web::sealing::SealingKey;
use mahfada_web::server::{self, ServerOptions};
use mahfada_web::tls::ServerTls;
use mahfada_web::{health, openapi};

pub use self::error::RunError;
pub use self::load::check;
use crate::agency::Agency;
use crate::config::{Config, RetentionConfig};
use crate::openapi::document;
use crate::presentation::reuse::ReuseTags;
use crate::presentation::status::StatusLists;
use crate::routes;
use crate::trust::LiveTrust;

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
    pub(crate) reuse: ReuseTags,
    pub(crate) trust: LiveTrust,
    pub(crate) status: StatusLists,
    pub(crate) api_keys: ApiKeys,
    pub(crate) events: Events,
    pub(crate) metrics: Metrics,
    /// How many failed deliveries the metrics have.
    pub(crate) failures_counted: AtomicU64,
    pub(crate) retention: RetentionConfig,
    pub(crate) registration_check: RegistrationCheck,
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
    let api_keys = ApiKeys::from_config(&config.api_keys);
    let options = ServerOptions::new(&config.server, config.rate_limits, api_keys);
    let app = Data::new(App::load(config, registration_check).await?);
    let (public_app, management_app) = (app.clone(), app.clone());
    let api: Arc<str> = openapi::to_text(&document()).unwrap_or_default().into();
    let ending = async {
        shutdown.await;
        app.events.end_streams();
    };
    let serving = server::serve_with(
        options,
        listeners,
        tls,
        move |config| {
            config.app_data(public_app.clone());
            configure_measured(config, Port::Public, public_app.metrics.clone(), routes::public);
        },
        move |config| {
            let (readiness, gauges) = (management_app.clone(), management_app.clone());
            health::configure(config, move || readiness.readiness());
            openapi::configure(config, Arc::clone(&api));
            mahfada_telemetry::configure(config, management_app.metrics.clone(), move |metrics| {
                let app = gauges.clone();
                async move { app.refresh_gauges(metrics).await }
            });
            config.app_data(management_app.clone());
            configure_measured(
                config,
                Port::Management,
                management_app.metrics.clone(),
                routes::management,
            );
        },
        ending,
    );
    tokio::select! {
        served = serving => Ok(served?),
        () = app.trust.keep_current() => Ok(()),
        () = app.keep_purged() => Ok(()),
        () = app.events.deliver_until_dropped() => Ok(()),
    }
}

impl App {
    /// Finds the agency whose API key a request carries.
    pub(crate) fn caller(&self, request: &HttpRequest) -> Result<&Agency, Problem> {
        let tenant = self.api_keys.tenant(request)?;
        self.agencies
            .iter()
            .find(|agency| agency.tenant.as_str() == tenant)
            .ok_or_else(Problem::not_found)
    }

    /// Finds an agency by its tenant name.
    pub(crate) fn agency(&self, tenant: &TenantId) -> Option<&Agency> {
        self.agencies.iter().find(|agency| agency.tenant == *tenant)
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
