use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse};

use super::*;

fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/{slug}/offers/{id}")
                .route(web::get().to(async || HttpResponse::Ok().finish()))
                .default_service(web::to(async || HttpResponse::MethodNotAllowed().finish())),
        )
        .service(
            web::resource("/failing").route(web::get().to(async || -> actix_web::Result<&'static str> {
                Err(actix_web::error::ErrorInternalServerError("canary-error"))
            })),
        )
        .default_service(web::to(async || HttpResponse::NotFound().finish()));
}

#[actix_web::test]
async fn a_request_is_measured_by_its_route_and_by_nothing_of_the_citizen() {
    let metrics = Metrics::new();
    let shared = metrics.clone();
    let app =
        init_service(App::new().configure(|config| configure_measured(config, Port::Public, shared, routes))).await;
    for (method, uri, status) in [
        ("GET", "/pid/offers/canary-id?canary=query", 200),
        ("POST", "/pid/offers/canary-id", 405),
        ("GET", "/canary-path", 404),
        ("CANARY", "/canary/path/of/nothing", 404),
        ("GET", "/failing", 500),
    ] {
        let request = TestRequest::default()
            .method(method.parse().unwrap())
            .uri(uri)
            .insert_header(("authorization", "DPoP canary-header"))
            .peer_addr("192.0.2.77:4711".parse().unwrap());
        let answer = call_service(&app, request.to_request()).await;
        assert_eq!(answer.status(), StatusCode::from_u16(status).unwrap(), "{uri}");
    }
    let text = metrics.expose();
    let count = |route: &str, status: u16, count: u8| {
        let line =
            format!(r#"mahfada_http_request_duration_seconds_count{{route="{route}",status="{status}"}} {count}"#);
        assert!(text.contains(&line), "{line}\n{text}");
    };
    count("/{slug}/offers/{id}", 200, 1);
    count("/{slug}/offers/{id}", 405, 1);
    count(UNMATCHED, 404, 2);
    count("/failing", 500, 1);
    assert!(
        !text.to_lowercase().contains("canary") && !text.contains("192.0.2"),
        "{text}"
    );
}

#[test]
fn only_traceparent_is_read_from_a_request() {
    let mut headers = HeaderMap::new();
    for name in ["traceparent", "tracestate", "baggage"] {
        headers.insert(name.parse().unwrap(), name.parse().unwrap());
    }
    let extractor = TraceParent(&headers);
    assert_eq!(extractor.get("traceparent"), Some("traceparent"));
    assert_eq!(extractor.get("tracestate"), None);
    assert_eq!(extractor.get("baggage"), None);
    assert_eq!(extractor.keys(), ["traceparent"]);
}
