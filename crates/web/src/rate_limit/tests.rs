//! Limits by a clock that only moves when told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServiceResponse;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpRequest, web};
use governor::clock::FakeRelativeClock;
use mahfada_crypto::aws_lc::PROVIDER;
use serde_json::{Value, json};

use super::*;
use crate::api_key::ApiKeys;

const ONE_SECOND: Duration = Duration::from_secs(1);

fn limit_of(config: LimitConfig, max_keys: usize) -> (KeyedLimit<u32, FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (KeyedLimit::bounded(config, clock.clone(), max_keys), clock)
}

#[test]
fn a_key_has_its_allowance_and_then_waits() {
    let (limit, clock) = limit_of(LimitConfig::new(3, 60), 10);
    for _ in 0..3 {
        limit.check(&1).unwrap();
    }
    assert_eq!(limit.check(&1), Err(RateLimited { retry_after: 20 }));
    limit.check(&2).unwrap();
    clock.advance(Duration::from_millis(19_001));
    assert_eq!(limit.check(&1), Err(RateLimited { retry_after: 1 }));
    clock.advance(ONE_SECOND);
    limit.check(&1).unwrap();
    assert_eq!(limit.check(&1).unwrap_err().to_string(), "too many requests");
}

#[test]
fn a_refused_request_costs_nothing() {
    let (limit, clock) = limit_of(LimitConfig::new(1, 10), 10);
    limit.check(&1).unwrap();
    for _ in 0..100 {
        assert_eq!(limit.check(&1), Err(RateLimited { retry_after: 10 }));
    }
    clock.advance(10 * ONE_SECOND);
    limit.check(&1).unwrap();
}

#[test]
fn a_zero_limits_nothing() {
    for config in [LimitConfig::new(0, 60), LimitConfig::new(1, 0)] {
        let (limit, _) = limit_of(config, 10);
        for _ in 0..1_000 {
            limit.check(&1).unwrap();
        }
        assert!(limit.is_empty());
    }
}

#[test]
fn no_more_keys_are_counted_than_the_bound_and_nobody_is_forgotten() {
    let (limit, clock) = limit_of(LimitConfig::new(2, 60), 100);
    limit.check(&0).unwrap();
    limit.check(&0).unwrap();
    for key in 1..100 {
        limit.check(&key).unwrap();
    }
    assert_eq!(limit.len(), 100);
    // Newcomers share one allowance of 2.
    limit.check(&100).unwrap();
    limit.check(&101).unwrap();
    for key in 102..5_000 {
        limit.check(&key).unwrap_err();
    }
    assert_eq!(limit.len(), 100);
    limit.check(&0).unwrap_err();
    limit.check(&1).unwrap();
    clock.advance(120 * ONE_SECOND);
    limit.check(&0).unwrap();
}

#[test]
fn keys_that_were_quiet_make_room() {
    let (limit, clock) = limit_of(LimitConfig::new(2, 2), 10_000);
    for key in 0..1_000 {
        limit.check(&key).unwrap();
    }
    clock.advance(10 * ONE_SECOND);
    for key in 1_000..1_024 {
        limit.check(&key).unwrap();
    }
    assert_eq!(limit.len(), 24);
}

#[test]
fn the_defaults_are_generous_and_every_value_can_be_set() {
    #[derive(serde::Deserialize)]
    struct Sample {
        rate_limits: RateLimitsConfig,
    }
    let parse = |text: &str| toml::from_str::<Sample>(text).map(|sample| sample.rate_limits);
    assert_eq!(parse("[rate_limits]").unwrap(), RateLimitsConfig::default());
    let set =
        parse("rate_limits.public.requests = 0\n[rate_limits.management]\nrequests = 5\nper_seconds = 1").unwrap();
    assert_eq!(set.public, LimitConfig::new(0, 60));
    assert_eq!(set.management, LimitConfig::new(5, 1));
    assert_eq!(set.management_without_key, LimitConfig::new(300, 60));
    for unknown in [
        "[rate_limits]\npubic = {requests = 1}",
        "[rate_limits.public]\nrequests = 1\nburst = 1",
    ] {
        let error = parse(unknown).unwrap_err().to_string();
        assert!(error.contains("unknown field"), "{error}");
    }
}

/// A port with a handler that tells whom it was asked by.
async fn answers(port: PortLimit<FakeRelativeClock>, requests: Vec<TestRequest>) -> Vec<ServiceResponse> {
    let port = Arc::new(port);
    let whom = async |request: HttpRequest| format!("{:?}", ClientNetwork::of_request(&request));
    let app = init_service(
        App::new()
            .wrap(from_fn(move |request, next| limit(Arc::clone(&port), request, next)))
            .route("/", web::get().to(whom)),
    )
    .await;
    let mut answers = Vec::new();
    for request in requests {
        answers.push(call_service(&app, request.to_request()).await);
    }
    answers
}

fn statuses(answers: &[ServiceResponse]) -> Vec<u16> {
    answers.iter().map(|answer| answer.status().as_u16()).collect()
}

fn two_each() -> RateLimitsConfig {
    RateLimitsConfig {
        public: LimitConfig::new(2, 60),
        management: LimitConfig::new(2, 60),
        management_without_key: LimitConfig::new(1, 60),
    }
}

fn public(proxies: &[&str]) -> PortLimit<FakeRelativeClock> {
    let proxies = proxies.iter().map(|text| text.parse().unwrap()).collect();
    PortLimit::public(&two_each(), proxies, FakeRelativeClock::default())
}

fn management() -> PortLimit<FakeRelativeClock> {
    let key = |tenant: &str| (tenant.to_owned(), PROVIDER.digest.sha256(tenant.as_bytes()));
    let keys = ApiKeys::new(vec![key("cnss"), key("dgsn")]);
    PortLimit::management(&two_each(), Vec::new(), keys, FakeRelativeClock::default())
}

fn from(address: &str) -> TestRequest {
    TestRequest::default().peer_addr(SocketAddr::new(address.parse().unwrap(), 4711))
}

fn forwarded(address: &str, for_whom: &str) -> TestRequest {
    from(address).insert_header(("x-forwarded-for", for_whom))
}

fn keyed(address: &str, key: &str) -> TestRequest {
    from(address).insert_header(("authorization", format!("Bearer {key}")))
}

#[actix_web::test]
async fn the_public_port_counts_addresses_and_refuses_in_words_of_oauth() {
    let requests = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"].map(from);
    let mut answers = answers(public(&[]), requests.into()).await;
    assert_eq!(statuses(&answers), [200, 200, 429, 200]);
    let refused = answers.remove(2);
    assert_eq!(refused.headers().get("retry-after").unwrap(), "30");
    assert_eq!(refused.headers().get("content-type").unwrap(), "application/json");
    assert_eq!(refused.headers().get("cache-control").unwrap(), "no-store");
    let body: Value = serde_json::from_slice(&read_body(refused).await).unwrap();
    let expected = json!({"error": "temporarily_unavailable", "error_description": "too many requests"});
    assert_eq!(body, expected);
}

#[actix_web::test]
async fn the_addresses_of_one_ipv6_network_are_one_client() {
    let requests = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"].map(from);
    assert_eq!(
        statuses(&answers(public(&[]), requests.into()).await),
        [200, 200, 429, 200]
    );
}

#[actix_web::test]
async fn a_stranger_does_not_escape_by_naming_others() {
    let requests = ["203.0.113.1", "203.0.113.2", "203.0.113.3"].map(|other| forwarded("192.0.2.1", other));
    assert_eq!(statuses(&answers(public(&[]), requests.into()).await), [200, 200, 429]);
    let requests = ["203.0.113.1", "203.0.113.2", "203.0.113.3"].map(|other| forwarded("192.0.2.1", other));
    assert_eq!(
        statuses(&answers(public(&["10.0.0.0/8"]), requests.into()).await),
        [200, 200, 429]
    );
}

#[actix_web::test]
async fn behind_a_proxy_of_ours_clients_are_told_apart() {
    let requests = [
        forwarded("10.0.0.1", "203.0.113.1"),
        forwarded("10.0.0.1", "203.0.113.1"),
        forwarded("10.0.0.1", "1.1.1.1, 203.0.113.1"),
        forwarded("10.0.0.1", "203.0.113.2"),
    ];
    let mut answers = answers(public(&["10.0.0.0/8"]), requests.into()).await;
    assert_eq!(statuses(&answers), [200, 200, 429, 200]);
    let whom = read_body(answers.remove(3)).await;
    assert_eq!(whom, format!("{:?}", ClientNetwork::of("203.0.113.2".parse().unwrap())));
}

#[actix_web::test]
async fn the_management_port_counts_tenants_wherever_they_call_from() {
    let requests = [
        keyed("192.0.2.1", "cnss"),
        keyed("192.0.2.2", "cnss"),
        keyed("192.0.2.3", "cnss"),
        keyed("192.0.2.3", "dgsn"),
    ];
    let mut answers = answers(management(), requests.into()).await;
    assert_eq!(statuses(&answers), [200, 200, 429, 200]);
    let refused = answers.remove(2);
    assert_eq!(refused.headers().get("retry-after").unwrap(), "30");
    assert_eq!(
        refused.headers().get("content-type").unwrap(),
        "application/problem+json"
    );
    let body: Value = serde_json::from_slice(&read_body(refused).await).unwrap();
    assert_eq!(body["code"], "rate_limited");
}

#[actix_web::test]
async fn who_has_no_valid_key_is_counted_by_address_and_costs_no_tenant_anything() {
    let requests = [
        keyed("192.0.2.1", "guess one"),
        keyed("192.0.2.1", "guess two"),
        from("192.0.2.1"),
        from("192.0.2.2"),
        keyed("192.0.2.1", "cnss"),
    ];
    assert_eq!(
        statuses(&answers(management(), requests.into()).await),
        [200, 429, 429, 200, 200]
    );
}

#[actix_web::test]
async fn a_browser_reads_a_page_and_a_client_json() {
    let html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let asking = |accept| from("192.0.2.1").insert_header(("accept", accept));
    let requests = vec![
        from("192.0.2.1"),
        from("192.0.2.1"),
        asking(html),
        asking("*/*"),
        asking("application/json"),
        asking("text/html;q=0, application/json"),
        asking(html).method(actix_web::http::Method::POST),
        from("192.0.2.1"),
    ];
    let mut answers = answers(public(&[]), requests).await.split_off(2).into_iter();
    let page = answers.next().unwrap();
    assert_eq!(page.status(), 429);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("retry-after", "30"),
        ("vary", "accept"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ] {
        assert_eq!(page.headers().get(name).unwrap(), value);
    }
    let text = String::from_utf8(read_body(page).await.to_vec()).unwrap();
    let texts = crate::problem::ProblemCode::RateLimited.row().texts;
    for said in [texts.ar.title, texts.fr.what_to_do, texts.en.title] {
        assert!(text.contains(said), "{text}");
    }
    for answer in answers {
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers().get("content-type").unwrap(), "application/json");
        assert_eq!(answer.headers().get("vary").unwrap(), "accept");
    }
}

#[test]
fn no_key_is_in_the_debug_text() {
    let limit = KeyedLimit::<String>::new(&LimitConfig::new(1, 60));
    limit.check(&"canary".to_owned()).unwrap();
    assert!(!format!("{limit:?}").contains("canary"));
}
