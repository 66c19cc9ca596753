use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use opentelemetry::trace::TraceContextExt as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::*;
use crate::Metrics;
use crate::http::{Port, configure_measured};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

/// What a collector gets: the request line and the headers, and the body.
struct Export {
    head: String,
    body: Vec<u8>,
}

impl Export {
    fn holds(&self, text: &str) -> bool {
        self.holds_bytes(text.as_bytes())
    }

    fn holds_bytes(&self, bytes: &[u8]) -> bool {
        self.body.windows(bytes.len()).any(|window| window == bytes)
    }
}

/// Answers one request.
fn collector() -> (SocketAddr, JoinHandle<Export>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answered = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let head = head.to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        reader.get_mut().write_all(answer).unwrap();
        Export { head, body }
    });
    (address, answered)
}

fn routes(config: &mut web::ServiceConfig) {
    let handler = async || {
        tracing::error!(detail = "canary-event", "canary-message");
        let _span = tracing::info_span!("foreign", id = "canary-foreign").entered();
        let _step = crate::step("credential.sign").entered();
        HttpResponse::Ok().finish()
    };
    config.service(web::resource("/offers/{id}").route(web::get().to(handler)));
}

/// Serves one request with a collector listening, and returns what the collector got.
async fn export(port: Port) -> Export {
    let (address, answered) = collector();
    let config = TelemetryConfig {
        otlp_endpoint: Some(format!("http://{address}")),
        ..TelemetryConfig::default()
    };
    let guard = TelemetryGuard {
        provider: provider("issuer-under-test", &config).unwrap(),
    };
    let subscriber = Registry::default().with(guard.provider.as_ref().map(spans));
    let collecting = tracing::subscriber::set_default(subscriber);
    let app =
        init_service(App::new().configure(|config| configure_measured(config, port, Metrics::new(), routes))).await;
    let request = TestRequest::get()
        .uri("/offers/canary-id?canary=query")
        .peer_addr("192.0.2.77:4711".parse().unwrap())
        .insert_header(("authorization", "DPoP canary-header"))
        .insert_header(("user-agent", "canary-agent"))
        .insert_header(("tracestate", "canary=state"))
        .insert_header(("baggage", "canary=baggage"))
        .insert_header(("traceparent", format!("00-{TRACE_ID}-b7ad6b7169203331-01")));
    assert_eq!(call_service(&app, request.to_request()).await.status(), 200);
    drop(collecting);
    drop(guard);
    answered.join().unwrap()
}

fn trace_id() -> Vec<u8> {
    let id = u128::from_str_radix(TRACE_ID, 16).unwrap();
    id.to_be_bytes().to_vec()
}

#[actix_web::test]
async fn a_configured_collector_gets_the_route_and_nothing_of_the_citizen() {
    let export = export(Port::Public).await;
    assert!(
        export.head.starts_with("post /v1/traces http/1.1\r\n"),
        "{}",
        export.head
    );
    assert!(
        export.head.contains("content-type: application/x-protobuf\r\n"),
        "{}",
        export.head
    );
    for text in ["issuer-under-test", "GET /offers/{id}", "http.route", "credential.sign"] {
        assert!(export.holds(text), "{text}");
    }
    for text in ["canary", "192.0.2", "foreign"] {
        assert!(!export.holds(text), "{text}: {}", String::from_utf8_lossy(&export.body));
    }
}

#[actix_web::test]
async fn only_the_management_port_continues_a_trace() {
    assert!(export(Port::Management).await.holds_bytes(&trace_id()));
    assert!(!export(Port::Public).await.holds_bytes(&trace_id()));
}

#[test]
fn nothing_is_exported_unless_configured() {
    let provider = provider("issuer-under-test", &TelemetryConfig::default()).unwrap();
    assert!(provider.is_none());
    let subscriber = Registry::default().with(provider.as_ref().map(spans));
    tracing::subscriber::with_default(subscriber, || {
        let span = crate::step("credential.sign");
        assert!(!span.context().span().span_context().is_valid());
    });
}

#[test]
fn a_level_or_an_endpoint_that_is_none_starts_nothing() {
    let config = TelemetryConfig {
        otlp_endpoint: Some("http://otel.example".to_owned()),
        ..TelemetryConfig::default()
    };
    let refused = init("issuer-under-test", "info", &config).unwrap_err();
    assert!(matches!(
        refused,
        TelemetryError::Config(TelemetryConfigError::Endpoint)
    ));
    let refused = init("issuer-under-test", "mahfada=verbose=x", &TelemetryConfig::default()).unwrap_err();
    assert!(matches!(refused, TelemetryError::Logging(LoggingError::Level)));
}

#[test]
fn trust_anchors_that_are_none_are_refused() {
    let config = TelemetryConfig {
        otlp_endpoint: Some("https://otel.example".to_owned()),
        trust_anchors_file: Some("/nonexistent.pem".into()),
        ..TelemetryConfig::default()
    };
    assert!(matches!(
        provider("issuer-under-test", &config),
        Err(TelemetryError::TrustAnchors)
    ));
}

/// The one test of this process that starts the global subscriber.
#[actix_web::test]
async fn starts_once_even_inside_a_runtime() {
    let (address, answered) = collector();
    let config = TelemetryConfig {
        otlp_endpoint: Some(format!("http://{address}")),
        ..TelemetryConfig::default()
    };
    let guard = init("issuer-under-test", "off", &config).unwrap();
    let again = init("issuer-under-test", "off", &TelemetryConfig::default()).unwrap_err();
    assert!(matches!(again, TelemetryError::Logging(LoggingError::Started)));
    drop(crate::step("startup"));
    drop(guard);
    assert!(answered.join().unwrap().holds("startup"));
}
