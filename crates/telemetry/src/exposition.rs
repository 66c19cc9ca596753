//! `GET /metrics` of the management port.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;
use mahfada_web::protocol::Endpoint;

use crate::metrics::Metrics;

/// The media type of the exposition (`OpenMetrics` 1.0, "Overall Structure").
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The time that a service may take to refresh its gauges; after it the numbers go out as they are.
pub const SCRAPE_PREPARATION_TIMEOUT: Duration = Duration::from_secs(2);

/// Adds `GET /metrics`; `before_scrape` sets the gauges that are read and not counted, such as ages and backlogs.
///
/// The endpoint asks for no key: it belongs on the management port only.
pub fn configure<F, R>(config: &mut ServiceConfig, metrics: Metrics, before_scrape: F)
where
    F: Fn(Metrics) -> R + Clone + 'static,
    R: Future<Output = ()>,
{
    configure_within(SCRAPE_PREPARATION_TIMEOUT, config, metrics, before_scrape);
}

fn configure_within<F, R>(limit: Duration, config: &mut ServiceConfig, metrics: Metrics, before_scrape: F)
where
    F: Fn(Metrics) -> R + Clone + 'static,
    R: Future<Output = ()>,
{
    let scrape = move || {
        let metrics = metrics.clone();
        let refreshed = before_scrape(metrics.clone());
        async move {
            if tokio::time::timeout(limit, refreshed).await.is_err() {
                tracing::warn!("the gauges were not refreshed in time");
            }
            HttpResponse::Ok()
                .insert_header(("content-type", CONTENT_TYPE))
                .insert_header(("cache-control", "no-store"))
                .body(metrics.expose())
        }
    };
    config.service(Endpoint::at("/metrics").get(scrape));
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::dev::ServiceResponse;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    use super::*;

    async fn scrape(configure: impl FnOnce(&mut ServiceConfig)) -> ServiceResponse {
        let app = init_service(App::new().configure(configure)).await;
        call_service(&app, TestRequest::with_uri("/metrics").to_request()).await
    }

    #[actix_web::test]
    async fn a_scrape_refreshes_the_gauges_and_answers_openmetrics() {
        let refresh = async |metrics: Metrics| metrics.set_webhook_backlog(7);
        let answer = scrape(|config| configure(config, Metrics::new(), refresh)).await;
        assert_eq!(answer.headers().get("content-type").unwrap(), CONTENT_TYPE);
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
        let text = String::from_utf8(read_body(answer).await.to_vec()).unwrap();
        assert!(text.contains("mahfada_webhook_backlog 7\n"), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[actix_web::test]
    async fn another_method_hears_which_ones_are_allowed() {
        let app = init_service(App::new().configure(|config| configure(config, Metrics::new(), async |_| ()))).await;
        let answer = call_service(&app, TestRequest::post().uri("/metrics").to_request()).await;
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers().get("allow").unwrap(), "GET, HEAD");
    }

    #[actix_web::test]
    async fn a_refresh_that_does_not_end_does_not_hold_the_scrape() {
        let limit = Duration::from_millis(10);
        let stuck = |_| std::future::pending();
        let answer = scrape(|config| configure_within(limit, config, Metrics::new(), stuck)).await;
        assert_eq!(read_body(answer).await, "# EOF\n");
    }
}
