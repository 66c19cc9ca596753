//! The service as it runs: two ports, and the jobs beside them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use mahfada_telemetry::http;
use mahfada_web::api_key::ApiKeys;
use mahfada_web::listen::Listeners;
use mahfada_web::server::{self, ServerOptions};
use mahfada_web::tls::ServerTls;
use mahfada_web::{health, openapi};

use crate::app::{App, RunError, TestAnchors};
use crate::config::Config;
use crate::{measures, routes};

/// How often what has ended is forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(5);

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
    let document: Arc<str> = openapi::to_text(&crate::openapi::document())?.into();
    let api_keys = ApiKeys::from_config(&config.api_keys);
    let options = ServerOptions::new(&config.server, config.rate_limits, api_keys);
    let app = Data::new(App::load(config, test_anchors)?);
    let forgetting = tokio::spawn(forget_expired(app.clone()));
    let events = app.events.clone();
    let delivering = tokio::spawn(async move { events.deliver_until_dropped().await });
    let (public_app, management_app, events) = (app.clone(), app.clone(), app.events.clone());
    let served = server::serve_with(
        options,
        listeners,
        tls,
        move |config| configure_public(config, &public_app),
        move |config| configure_management(config, &management_app, &document),
        async move {
            shutdown.await;
            // A stream never ends by itself, and the server waits for what is open.
            events.end_streams();
        },
    )
    .await;
    forgetting.abort();
    delivering.abort();
    Ok(served?)
}

/// Adds everything of the public port.
pub(crate) fn configure_public(config: &mut ServiceConfig, app: &Data<App>) {
    config.app_data(app.clone());
    http::configure_measured(config, http::Port::Public, app.metrics.clone(), routes::public);
}

/// Adds everything of the management port.
pub(crate) fn configure_management(config: &mut ServiceConfig, app: &Data<App>, document: &Arc<str>) {
    let (readiness, measured) = (app.clone(), app.clone());
    health::configure(config, move || readiness.readiness());
    openapi::configure(config, Arc::clone(document));
    mahfada_telemetry::configure(config, app.metrics.clone(), move |metrics| {
        let app = measured.clone();
        async move { measures::before_scrape(&app, &metrics).await }
    });
    config.app_data(app.clone());
    http::configure_measured(config, http::Port::Management, app.metrics.clone(), routes::management);
}

/// Forgets what has ended, again and again.
async fn forget_expired(app: Data<App>) {
    let mut interval = tokio::time::interval(FORGET_EVERY);
    loop {
        interval.tick().await;
        if let Err(error) = app.forget_expired().await {
            tracing::warn!(code = error.code(), "what has ended is kept");
        }
    }
}
