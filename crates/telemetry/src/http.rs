//! Middleware: how long each route takes, and one span per request.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::metrics::Metrics;
use crate::span;

/// The route of requests that match none: one label, whatever path was tried.
pub const UNMATCHED: &str = "unmatched";

/// Who reaches the routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// Wallets, browsers, anyone: a `traceparent` of theirs is ignored, since it would let them name a trace.
    Public,
    /// Agencies and operators: their `traceparent` continues their own trace (W3C Trace Context).
    Management,
}

/// Registers `routes` so that each of their requests is measured; it belongs where the routes were configured before.
pub fn configure_measured(
    config: &mut ServiceConfig,
    port: Port,
    metrics: Metrics,
    routes: impl FnOnce(&mut ServiceConfig),
) {
    let middleware = from_fn(move |request: ServiceRequest, next: Next<_>| {
        let metrics = metrics.clone();
        async move { record(port, &metrics, request, next).await }
    });
    config.service(web::scope("").wrap(middleware).configure(routes));
}

/// Measures one request and opens its span. Both hold the route pattern, the method and the status, and nothing else.
///
/// # Errors
/// The error of the handler, unchanged.
pub async fn record<B: MessageBody>(
    port: Port,
    metrics: &Metrics,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let route = request.match_pattern().unwrap_or_else(|| UNMATCHED.to_owned());
    let span = request_span(port, &route, &request);
    let started = tokio::time::Instant::now();
    let answer = next.call(request).instrument(span.clone()).await;
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "error");
    }
    metrics.http_request(&route, status.as_u16(), started.elapsed());
    answer
}

fn request_span(port: Port, route: &str, request: &ServiceRequest) -> Span {
    let method = known_method(request.method().as_str());
    let span = tracing::info_span!(
        target: span::TARGET,
        "http",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    if port == Port::Management {
        let parent = TraceContextPropagator::new().extract(&TraceParent(request.headers()));
        // Without the export there is no layer that could hold a parent.
        let _ = span.set_parent(parent);
    }
    span
}

/// Hands out `traceparent` alone: `tracestate` is free text of the sender and would be exported as it came.
struct TraceParent<'headers>(&'headers HeaderMap);

impl Extractor for TraceParent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then(|| self.0.get(key)?.to_str().ok())?
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// A method is free text on the wire and would carry anything out.
fn known_method(method: &str) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("_OTHER")
}

#[cfg(test)]
mod tests;
