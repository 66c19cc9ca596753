//! What a client of the stream reads.

use std::future::poll_fn;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::web::{self, Data, ServiceConfig};
use mahfada_web::listen::Listeners;

use super::*;
use crate::Events;
use crate::fixture::Fixture;
use crate::slot::MAX_STREAMS_PER_TENANT;

const NEVER: Duration = Duration::from_hours(1);
const AT_ONCE: Duration = Duration::from_millis(1);

fn open(fixture: &Fixture, tenant: &str, last: Option<&str>) -> BoxBody {
    let response = fixture.events.stream(TenantId::new(tenant), last);
    assert_eq!(response.status(), 200);
    response.into_body()
}

async fn next(body: &mut BoxBody) -> Option<String> {
    let block = poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await?;
    Some(String::from_utf8(block.unwrap().to_vec()).unwrap())
}

/// Reads on to the next event, past openings and signs of life, and returns its object's id.
async fn next_object(body: &mut BoxBody) -> String {
    loop {
        let block = next(body).await.unwrap();
        if let Some((_, data)) = block.split_once("data: ") {
            let data: serde_json::Value = serde_json::from_str(data).unwrap();
            return data["data"]["object_id"].as_str().unwrap().to_owned();
        }
    }
}

#[tokio::test]
async fn begins_now_and_says_where() {
    let fixture = Fixture::streaming(NEVER);
    fixture.record("rabat", "old").await;
    let mut body = open(&fixture, "rabat", None);
    assert_eq!(next(&mut body).await.unwrap(), "retry: 3000\nid: 1\n\n");
    let event = fixture.record("rabat", "new").await;
    fixture.events.notify();
    let expected = format!(
        "id: 2\nevent: presentation.verified\ndata: {{\"id\":\"{}\",\"type\":\"presentation.verified\",\
         \"timestamp\":\"2026-11-22T12:00:00Z\",\"data\":{{\"object_id\":\"new\",\"outcome\":\"accepted\"}}}}\n\n",
        event.id
    );
    assert_eq!(next(&mut body).await.unwrap(), expected);
}

#[tokio::test]
async fn resumes_after_the_last_id() {
    let fixture = Fixture::streaming(NEVER);
    for object in ["one", "two", "three"] {
        fixture.record("rabat", object).await;
    }
    let mut body = open(&fixture, "rabat", Some("1"));
    assert_eq!(next_object(&mut body).await, "two");
    assert_eq!(next_object(&mut body).await, "three");
    for foreign in ["evt_1", "-1", ""] {
        let mut body = open(&fixture, "rabat", Some(foreign));
        assert_eq!(next_object(&mut body).await, "one", "{foreign:?}");
    }
}

#[tokio::test]
async fn shows_a_tenant_its_own_only() {
    let fixture = Fixture::streaming(NEVER);
    fixture.record("fes", "theirs before").await;
    let mut bodies = [open(&fixture, "rabat", Some("0")), open(&fixture, "rabat", None)];
    assert_eq!(next(&mut bodies[1]).await.unwrap(), "retry: 3000\nid: 0\n\n");
    fixture.record("fes", "theirs after").await;
    fixture.events.notify();
    fixture.record("rabat", "ours").await;
    fixture.events.notify();
    for body in &mut bodies {
        assert_eq!(next_object(body).await, "ours");
    }
}

#[tokio::test]
async fn pages_through_everything_in_order() {
    let fixture = Fixture::streaming(NEVER);
    for number in 0..200 {
        fixture.record("rabat", &number.to_string()).await;
    }
    let mut body = open(&fixture, "rabat", Some("0"));
    for number in 0..200 {
        assert_eq!(next_object(&mut body).await, number.to_string());
    }
}

#[tokio::test]
async fn shows_that_it_lives_and_what_others_recorded() {
    let fixture = Fixture::streaming(AT_ONCE);
    let mut body = open(&fixture, "rabat", None);
    next(&mut body).await.unwrap();
    assert_eq!(next(&mut body).await.unwrap(), ": keep-alive\n\n");
    fixture.record("rabat", "by another process").await;
    assert_eq!(next_object(&mut body).await, "by another process");
}

#[tokio::test]
async fn reads_no_further_than_the_client() {
    let fixture = Fixture::streaming(NEVER);
    let (sender, mut blocks) = mpsc::channel(1);
    for number in 0..10 {
        fixture.record("rabat", &number.to_string()).await;
    }
    let shared = Arc::clone(&fixture.events.shared);
    let after = Some(EventSequence::new(0));
    let slot = Streams::take(&shared.streams, TenantId::new("rabat")).unwrap();
    tokio::spawn(async move { feed_and_log(shared, slot, after, sender).await });
    // The first block fills the queue; the task then waits for the client.
    while blocks.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!((blocks.len(), blocks.capacity()), (1, 0));
    for _ in 0..11 {
        assert!(blocks.recv().await.is_some());
    }
}

#[tokio::test]
async fn a_tenant_has_a_bounded_number_of_streams() {
    let fixture = Fixture::streaming(NEVER);
    let mut bodies: Vec<_> = (0..MAX_STREAMS_PER_TENANT)
        .map(|_| open(&fixture, "rabat", None))
        .collect();
    let refused = fixture.events.stream(TenantId::new("rabat"), None);
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key(RETRY_AFTER));
    open(&fixture, "fes", None);
    bodies.pop();
    while fixture.events.stream(TenantId::new("rabat"), None).status() == 429 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_loses_its_place_while_its_connection_stays() {
    let fixture = Fixture::stalling(AT_ONCE, AT_ONCE);
    let unread: Vec<_> = (0..MAX_STREAMS_PER_TENANT)
        .map(|_| open(&fixture, "rabat", None))
        .collect();
    assert_eq!(fixture.events.stream(TenantId::new("rabat"), None).status(), 429);
    let another = async {
        while fixture.events.stream(TenantId::new("rabat"), None).status() == 429 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), another).await.unwrap();
    assert_eq!(unread.len(), MAX_STREAMS_PER_TENANT);
}

#[tokio::test]
async fn an_event_wakes_the_streams_of_its_tenant_and_none_takes_a_unit_of_work() {
    let fixture = Fixture::streaming(NEVER);
    let mut bodies = ["rabat", "fes"].map(|tenant| open(&fixture, tenant, None));
    for body in &mut bodies {
        next(body).await.unwrap();
    }
    // Where each stands, and the first page of each.
    let both_wait = async {
        while fixture.asked().1 < 4 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), both_wait).await.unwrap();
    fixture.record("rabat", "ours").await;
    fixture.events.notify_tenant(&TenantId::new("rabat"));
    assert_eq!(next_object(&mut bodies[0]).await, "ours");
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fixture.asked(), (1, 5));
}

#[tokio::test]
async fn places_tell_nothing_of_other_tenants() {
    let fixture = Fixture::streaming(NEVER);
    for number in 0..7 {
        fixture.record("fes", &number.to_string()).await;
    }
    fixture.record("rabat", "ours").await;
    let mut body = open(&fixture, "rabat", Some("0"));
    next(&mut body).await.unwrap();
    assert!(next(&mut body).await.unwrap().starts_with("id: 1\n"));
}

#[tokio::test]
async fn client_that_goes_ends_its_task() {
    let fixture = Fixture::streaming(NEVER);
    let mut body = open(&fixture, "rabat", None);
    next(&mut body).await.unwrap();
    drop(body);
    while Arc::strong_count(&fixture.events.shared) > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn streams_end_when_the_service_stops() {
    let fixture = Fixture::streaming(NEVER);
    let mut body = open(&fixture, "rabat", None);
    next(&mut body).await.unwrap();
    fixture.events.end_streams();
    assert_eq!(next(&mut body).await, None);
    let mut late = open(&fixture, "rabat", None);
    next(&mut late).await.unwrap();
    assert_eq!(next(&mut late).await, None);
}

/// Answers the lines of a response up to the first that begins so.
fn lines_up_to(stream: TcpStream, prefix: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in BufReader::new(stream).lines() {
        lines.push(line.unwrap());
        if lines.last().is_some_and(|line| line.starts_with(prefix)) {
            break;
        }
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn travels_over_http() {
    let fixture = Fixture::streaming(NEVER);
    fixture.record("rabat", "one").await;
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listeners = Listeners::bind_addresses(free, free).unwrap();
    let (_, management) = listeners.addresses().unwrap();
    let events = Data::new(fixture.events.clone());
    let routes = move |config: &mut ServiceConfig| {
        let handler = async |events: Data<Events>| events.stream(TenantId::new("rabat"), Some("0"));
        config
            .app_data(events.clone())
            .route("/v1/events", web::get().to(handler));
    };
    let shutdown = std::future::pending();
    tokio::spawn(mahfada_web::server::serve(
        listeners,
        None,
        |_: &mut ServiceConfig| {},
        routes,
        shutdown,
    ));
    let mut stream = TcpStream::connect(management).unwrap();
    stream
        .write_all(b"GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let lines = tokio::task::spawn_blocking(move || lines_up_to(stream, "data: "))
        .await
        .unwrap();
    for expected in [
        "content-type: text/event-stream",
        "cache-control: no-store",
        "event: presentation.verified",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected} in {lines:?}");
    }
}
