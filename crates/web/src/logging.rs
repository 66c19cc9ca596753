//! One JSON line per request on the standard error stream: method, route pattern, status, duration.
//!
//! Never a query, a header, a body, an address or the path itself: ids in paths are capabilities (decision D14, TI-21).

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use tracing::{Instrument as _, Subscriber};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

/// Logging could not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoggingError {
    /// The level is none that the filter knows.
    #[error("no such log level")]
    Level,
    /// Another subscriber is installed already.
    #[error("logging was started already")]
    Started,
}

/// Starts JSON logging to the standard error stream; `level` is a filter such as `info` or `mahfada_web=debug,warn`.
///
/// # Errors
/// [`LoggingError`] when the filter is none, or logging was started already.
pub fn init(level: &str) -> Result<(), LoggingError> {
    tracing_subscriber::registry()
        .with(filter(level)?)
        .with(layer())
        .try_init()
        .map_err(|_| LoggingError::Started)
}

/// Makes the filter of a level, for a subscriber that is composed elsewhere.
///
/// # Errors
/// [`LoggingError::Level`] when the text is no filter.
pub fn filter(level: &str) -> Result<EnvFilter, LoggingError> {
    EnvFilter::try_new(level).map_err(|_| LoggingError::Level)
}

/// Makes the layer that writes one JSON line per event to the standard error stream; it filters nothing.
#[must_use]
pub fn layer<S>() -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_writer(std::io::stderr)
}

/// The name of one request in the log and in the `x-request-id` answer header; it is not a secret and not a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    fn next() -> Self {
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self(format!("{:016x}-{}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is known of an answer once its head is ready; nothing of it belongs to a citizen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered<'a> {
    /// The method; an unknown one is `other`.
    pub method: &'static str,
    /// The pattern of the route, such as `/offers/{id}`; none when no route was found.
    pub route: Option<&'a str>,
    /// The HTTP status.
    pub status: u16,
    /// The time from the request to here; a stream goes on after it.
    pub duration: Duration,
}

/// Hears of every answer.
pub type Observer = Arc<dyn Fn(&Answered<'_>) + Send + Sync>;

/// Middleware: opens a span with the request id, and writes one line when the request ends.
///
/// # Errors
/// The error of the handler, unchanged.
pub async fn record<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    record_for(None, request, next).await
}

/// Middleware: does as [`record`] does, and tells an observer the same.
///
/// # Errors
/// The error of the handler, unchanged.
pub async fn record_for<B: MessageBody>(
    observer: Option<Observer>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let id = RequestId::next();
    let method = known_method(request.method().as_str());
    let span = tracing::info_span!("request", id = id.as_str());
    request.extensions_mut().insert(id.clone());
    let started = tokio::time::Instant::now();
    async move {
        let answer = next.call(request).await;
        let duration = started.elapsed();
        let (status, route) = match &answer {
            Ok(response) => (response.status(), response.request().match_pattern()),
            Err(error) => (error.as_response_error().status_code(), None),
        };
        let answered = Answered {
            method,
            route: route.as_deref(),
            status: status.as_u16(),
            duration,
        };
        answered.log();
        if let Some(observer) = observer {
            observer(&answered);
        }
        answer.map(|mut response| {
            if let Ok(value) = HeaderValue::from_str(id.as_str()) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static("x-request-id"), value);
            }
            response
        })
    }
    .instrument(span)
    .await
}

impl Answered<'_> {
    fn log(&self) {
        let duration_ms = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
        let (method, route, status) = (self.method, self.route.unwrap_or("-"), self.status);
        tracing::info!(method, route, status, duration_ms, "answered");
    }
}

/// A method is free text on the wire and would carry anything into the log.
fn known_method(method: &str) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[actix_web::test]
    async fn a_line_holds_the_route_and_nothing_of_the_citizen() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || writer.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let handler = web::post().to(async || HttpResponse::Ok().finish());
        let app = init_service(App::new().wrap(from_fn(record)).route("/offers/{id}", handler)).await;
        let request = TestRequest::post()
            .uri("/offers/canary-path?canary=query")
            .insert_header(("authorization", "DPoP canary-header"))
            .set_payload("canary-body");
        let answer = call_service(&app, request.to_request()).await;
        let other = TestRequest::default()
            .method("canary-method".parse().unwrap())
            .uri("/canary-unrouted");
        call_service(&app, other.to_request()).await;
        drop(guard);
        let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let id = answer.headers().get("x-request-id").unwrap().to_str().unwrap();
        assert!(
            log.contains("/offers/{id}") && log.contains("\"status\":200") && log.contains(id),
            "{log}"
        );
        assert!(!log.contains("canary"), "{log}");
    }

    #[actix_web::test]
    async fn the_observer_hears_what_the_line_says() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&heard);
        let observer: Observer = Arc::new(move |answered| {
            let route = answered.route.map(str::to_owned);
            sink.lock().unwrap().push((answered.method, route, answered.status));
        });
        let watch = from_fn(move |request, next| record_for(Some(observer.clone()), request, next));
        let handler = web::post().to(async || HttpResponse::Created().finish());
        let app = init_service(App::new().wrap(watch).route("/offers/{id}", handler)).await;
        call_service(&app, TestRequest::post().uri("/offers/canary").to_request()).await;
        call_service(&app, TestRequest::with_uri("/canary").to_request()).await;
        let expected = [("POST", Some("/offers/{id}".to_owned()), 201), ("GET", None, 404)];
        assert_eq!(*heard.lock().unwrap(), expected);
    }

    #[test]
    fn the_layer_goes_into_a_subscriber_that_is_composed_elsewhere() {
        let subscriber = tracing_subscriber::registry()
            .with(filter("mahfada_web=debug,warn").unwrap())
            .with(layer());
        tracing::subscriber::with_default(subscriber, || {
            assert!(tracing::enabled!(tracing::Level::WARN));
            assert!(!tracing::enabled!(target: "other", tracing::Level::INFO));
            assert!(tracing::enabled!(target: "mahfada_web", tracing::Level::DEBUG));
        });
    }

    #[test]
    fn a_level_that_is_none_is_refused() {
        assert_eq!(init("mahfada=verbose=x"), Err(LoggingError::Level));
    }
}
