//! `/livez`, `/healthz` and `/readyz` of the management port.

use actix_web::http::StatusCode;
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, Responder};
use mahfada_base::Report;

use crate::protocol::{self, Endpoint};

/// Adds `/livez` and `/healthz`, which answer as long as the process does, and `/readyz`, which makes the checks of
/// `readiness`.
///
/// `/readyz` answers 200 with the report when it accepts, and 503 with the report otherwise.
pub fn configure<F>(config: &mut ServiceConfig, readiness: F)
where
    F: Fn() -> Report + Clone + 'static,
{
    let ready = move || {
        let answer = readyz(&readiness());
        async move { answer }
    };
    config
        .service(Endpoint::at("/livez").get(livez))
        .service(Endpoint::at("/healthz").get(livez))
        .service(Endpoint::at("/readyz").get(ready));
}

/// Answers that the process runs.
pub async fn livez() -> impl Responder {
    HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .body("ok")
}

/// Answers a readiness report.
#[must_use]
pub fn readyz(report: &Report) -> HttpResponse {
    let status = if report.accepts() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    protocol::json(status, report)
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    use super::*;

    async fn ready(report: Report) -> (u16, String) {
        let app = init_service(App::new().configure(move |config| {
            let report = report.clone();
            configure(config, move || report.clone());
        }))
        .await;
        for path in ["/livez", "/healthz"] {
            let alive = call_service(&app, TestRequest::with_uri(path).to_request()).await;
            assert_eq!(alive.status(), 200, "{path}");
        }
        let answer = call_service(&app, TestRequest::with_uri("/readyz").to_request()).await;
        (
            answer.status().as_u16(),
            String::from_utf8(read_body(answer).await.to_vec()).unwrap(),
        )
    }

    #[actix_web::test]
    async fn readiness_follows_the_report() {
        let mut report = Report::new();
        assert_eq!(ready(report.clone()).await.0, 503);
        report.passed("storage");
        assert_eq!(ready(report.clone()).await.0, 200);
        report.failed("signing_key", "pid");
        let (status, body) = ready(report).await;
        assert_eq!(status, 503);
        assert!(body.contains("signing_key"), "{body}");
    }
}
