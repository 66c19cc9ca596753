//! Starts logging and, where a collector is configured, the export of traces.

use std::time::Duration;

use mahfada_web::logging::{self, LoggingError};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};
use url::Url;

use crate::config::{TelemetryConfig, TelemetryConfigError};
use crate::span;

const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
const SCOPE: &str = "mahfada";

/// Why telemetry does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// The section `telemetry` is refused.
    #[error("telemetry")]
    Config(#[from] TelemetryConfigError),
    /// The log level is none, or logging was started already.
    #[error("logging")]
    Logging(#[from] LoggingError),
    /// The trust anchors of the collector cannot be used.
    #[error("the trust anchors of the collector cannot be used")]
    TrustAnchors,
    /// The exporter cannot be built.
    #[error("the exporter of traces cannot be built")]
    Exporter(#[from] ExporterBuildError),
    /// The HTTP client of the exporter cannot be built.
    #[error("the client of the exporter cannot be built")]
    Client,
}

/// Sends what is left when it is dropped, at the end of the service.
#[derive(Debug)]
#[must_use = "dropping it ends the export of traces"]
pub struct TelemetryGuard {
    provider: Option<SdkTracerProvider>,
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        if let Some(provider) = &self.provider
            && let Err(error) = provider.shutdown_with_timeout(EXPORT_TIMEOUT)
        {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Starts JSON logging at `log_level` and, if an endpoint is configured, the export of spans under the name `service`.
///
/// Variables of the environment do not switch the export on; `OTEL_EXPORTER_OTLP_HEADERS` may add a collector's key.
///
/// # Errors
/// [`TelemetryError`]; nothing is started then.
pub fn init(
    service: &'static str,
    log_level: &str,
    config: &TelemetryConfig,
) -> Result<TelemetryGuard, TelemetryError> {
    let lines = logging::layer().with_filter(logging::filter(log_level)?);
    let provider = provider(service, config)?;
    Registry::default()
        .with(lines)
        .with(provider.as_ref().map(spans))
        .try_init()
        .map_err(|_| LoggingError::Started)?;
    Ok(TelemetryGuard { provider })
}

/// The layer that exports; it sees our own spans and no events, so that no log detail becomes a span event.
fn spans<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(SCOPE))
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|metadata| {
            metadata.is_span() && metadata.target() == span::TARGET
        }))
}

fn provider(service: &'static str, config: &TelemetryConfig) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    let Some(url) = config.traces_url()? else {
        return Ok(None);
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client(&url, config)?)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url.as_str())
        .with_timeout(EXPORT_TIMEOUT)
        .build()?;
    let resource = Resource::builder_empty()
        .with_service_name(service)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sample_ratio)));
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(sampler)
        .with_batch_exporter(exporter)
        .build();
    Ok(Some(provider))
}

/// The exporter works on a thread of its own, hence the blocking client; it is built on one too, since building it
/// inside a runtime is refused.
fn client(url: &Url, config: &TelemetryConfig) -> Result<reqwest::blocking::Client, TelemetryError> {
    mahfada_web::tls::install_provider();
    let mut builder = reqwest::blocking::Client::builder()
        .https_only(url.scheme() == "https")
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .timeout(EXPORT_TIMEOUT);
    if let Some(path) = &config.trust_anchors_file {
        let pem = std::fs::read(path).map_err(|_| TelemetryError::TrustAnchors)?;
        let anchors = reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| TelemetryError::TrustAnchors)?;
        if anchors.is_empty() {
            return Err(TelemetryError::TrustAnchors);
        }
        builder = builder.tls_certs_merge(anchors);
    }
    std::thread::spawn(move || builder.build())
        .join()
        .map_err(|_| TelemetryError::Client)?
        .map_err(|_| TelemetryError::Client)
}

#[cfg(test)]
mod tests;
