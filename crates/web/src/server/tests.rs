//! Servers on free ports of this machine.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::web::Bytes;

use super::*;
use crate::client::{OutboundClient, OutboundError};
use crate::fixture::{Authority, TestServer};

fn routes(config: &mut ServiceConfig) {
    let echo = web::post().to(async |body: Bytes| HttpResponse::Ok().body(body));
    config.service(web::resource("/hello").route(web::get().to(async || "hello")));
    config.service(web::resource("/echo").route(echo));
    config.service(protocol::Endpoint::at("/things").get(async || "things"));
    config.service(web::resource("/events").route(web::get().to(async || HttpResponse::Ok().body(Ticks::new()))));
}

/// A body that takes 1.6 seconds: longer than any limit of [`impatient`].
struct Ticks {
    interval: tokio::time::Interval,
    left: u32,
}

impl Ticks {
    fn new() -> Self {
        let interval = tokio::time::interval(Duration::from_millis(400));
        Self { interval, left: 5 }
    }
}

impl actix_web::body::MessageBody for Ticks {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Poll::Ready(None);
        };
        std::task::ready!(self.interval.poll_tick(cx));
        self.left = left;
        Poll::Ready(Some(Ok(Bytes::from_static(b"tick"))))
    }
}

/// Limits that a test can wait for.
fn impatient() -> ServerOptions {
    let mut options = ServerOptions::from(1);
    options.connections.first_head = Duration::from_secs(1);
    options.connections.keep_alive = Duration::from_secs(1);
    options
}

/// Sends each part after the answer to the one before, then reads until the server closes the connection.
async fn talk(server: &TestServer, parts: &'static [&'static str]) -> String {
    let address = server.public;
    let talking = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        // A server that never closes fails the test instead of holding it.
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut heard = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                heard.extend(one_answer(&mut stream));
            }
            stream.write_all(part.as_bytes()).unwrap();
        }
        stream.read_to_end(&mut heard).unwrap();
        String::from_utf8(heard).unwrap()
    });
    talking.await.unwrap()
}

/// Reads up to the end of an answer whose body is `hello`.
fn one_answer(stream: &mut TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\nhello") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        heard.extend(byte);
    }
    heard
}

const HEAD_AND_HELLO: &str = "HEAD /things HTTP/1.1\r\nhost: localhost\r\n\r\nGET /hello HTTP/1.0\r\n\r\n";
const HELLO: &str = "GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_connection_is_closed() {
    let server = TestServer::start_with(impatient(), None, routes);
    let heard = talk(&server, &[HELLO]).await;
    assert_eq!(heard.matches("HTTP/1.1 200").count(), 1, "{heard}");
    assert!(!heard.contains("connection: close"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_head_that_does_not_end_is_refused() {
    let server = TestServer::start_with(impatient(), None, routes);
    for part in [&[""][..], &["GET /hello HTTP/1.1\r\nhost:"]] {
        let heard = talk(&server, part).await;
        assert!(heard.starts_with("HTTP/1.1 408"), "{heard}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_stream_for_longer_than_any_limit() {
    let server = TestServer::start_with(impatient(), None, routes);
    let heard = talk(&server, &["GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n"]).await;
    assert_eq!(heard.matches("tick").count(), 5, "{heard}");
    assert!(heard.ends_with("0\r\n\r\n"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_crowd_an_answer_closes_its_connection() {
    let mut options = ServerOptions::from(1);
    options.connections.kept_alive = 1;
    let server = TestServer::start_with(options, None, routes);
    let address = server.public;
    let alone = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(HELLO.as_bytes()).unwrap();
        let heard = String::from_utf8(one_answer(&mut stream)).unwrap();
        (stream, heard)
    });
    let (first, heard) = alone.await.unwrap();
    assert!(!heard.contains("connection: close"), "{heard}");
    let heard = talk(&server, &[HELLO]).await;
    assert!(heard.contains("connection: close"), "{heard}");
    drop(first);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_a_port_holds_in_a_running_server_and_the_observer_hears_of_it() {
    use std::sync::Mutex;

    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let mut options = ServerOptions::from(2).with_observer(Arc::new(move |answered| {
        let route = answered.route.map(str::to_owned);
        sink.lock().unwrap().push((answered.method, route, answered.status));
    }));
    options.rate_limits.public = rate_limit::LimitConfig::new(2, 3_600);
    let server = TestServer::start_with(options, None, routes);
    let heard = talk(&server, &[HELLO, HELLO, "GET /nothing HTTP/1.0\r\n\r\n"]).await;
    assert!(
        heard.contains("HTTP/1.0 429") && heard.contains("retry-after: "),
        "{heard}"
    );
    assert!(heard.contains("temporarily_unavailable"), "{heard}");
    let hello = || ("GET", Some("/hello".to_owned()), 200);
    assert_eq!(*seen.lock().unwrap(), [hello(), hello(), ("GET", None, 429)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_hears_which_ones_are_allowed() {
    let server = TestServer::start(None, routes);
    let heard = talk(&server, &["DELETE /things HTTP/1.0\r\n\r\n"]).await;
    assert!(
        heard.starts_with("HTTP/1.0 405") && heard.contains("allow: GET, HEAD\r\n"),
        "{heard}"
    );
    assert!(heard.contains("method_not_allowed"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_hears_the_length_and_no_body_and_the_connection_goes_on() {
    let server = TestServer::start(None, routes);
    let heard = talk(&server, &[HEAD_AND_HELLO]).await;
    let (first, second) = heard.split_once("\r\n\r\n").unwrap();
    assert!(
        first.starts_with("HTTP/1.1 200") && first.contains("content-length: "),
        "{heard}"
    );
    assert!(!first.contains("content-length: 0"), "{heard}");
    assert!(second.starts_with("HTTP/1.0 200"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn serves_over_tls_and_ends_when_told() {
    let authority = Authority::new("Org");
    let server = TestServer::start(Some(&authority.localhost()), routes);
    let client = OutboundClient::new(&authority.outbound()).unwrap();
    let hello = client.get(&server.url("/hello"), "*/*", 100).await.unwrap();
    assert_eq!((hello.status, hello.body.as_slice()), (200, &b"hello"[..]));
    let ready = format!("https://localhost:{}/readyz", server.management.port());
    assert_eq!(client.get(&ready, "*/*", 1000).await.unwrap().status, 200);
    assert!(matches!(server.stop().await, Ok(())));
}

#[tokio::test(flavor = "multi_thread")]
async fn management_paths_are_not_on_the_public_port() {
    let authority = Authority::new("Org");
    let server = TestServer::start(Some(&authority.localhost()), routes);
    let client = OutboundClient::new(&authority.outbound()).unwrap();
    for path in ["/readyz", "/livez"] {
        assert_eq!(
            client.get(&server.url(path), "*/*", 1000).await.unwrap().status,
            404,
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_and_a_wrong_method_get_a_problem() {
    let authority = Authority::new("Org");
    let server = TestServer::start(Some(&authority.localhost()), routes);
    let client = OutboundClient::new(&authority.outbound()).unwrap();
    for (path, status, code) in [("/nothing", 404, "not_found"), ("/echo", 405, "method_not_allowed")] {
        let answer = client.get(&server.url(path), "*/*", 1000).await.unwrap();
        assert_eq!(
            (answer.status, answer.content_type.as_deref()),
            (status, Some("application/problem+json"))
        );
        assert!(String::from_utf8(answer.body).unwrap().contains(code));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_declared_length_ends_at_the_cap() {
    let server = TestServer::start(None, routes);
    let address = server.public;
    let head = b"POST /echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(head).unwrap();
        let chunk = [
            format!("{:x}\r\n", 65_536).into_bytes(),
            vec![b'x'; 65_536],
            b"\r\n".to_vec(),
        ]
        .concat();
        // The server may close before everything is written.
        for _ in 0..=DEFAULT_BODY_CAP / 65_536 {
            if stream.write_all(&chunk).is_err() {
                break;
            }
        }
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8(answer.to_vec()).unwrap()
    });
    assert_eq!(answer.await.unwrap(), "HTTP/1.1 413");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_for_loopback_only() {
    let listeners = || {
        let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Listeners::bind_addresses(here, everywhere).unwrap()
    };
    let refused = serve(listeners(), None, routes, routes, std::future::ready(())).await;
    assert!(matches!(refused, Err(ServeError::PlainOutsideLoopback(_))));
    let tls = crate::tls::server_config(&Authority::new("Org").localhost()).unwrap();
    let served = serve(listeners(), Some(tls), routes, routes, std::future::ready(())).await;
    assert!(matches!(served, Ok(())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_trusts_another_authority_does_not_connect() {
    let server = TestServer::start(Some(&Authority::new("Org").localhost()), routes);
    let client = OutboundClient::new(&Authority::new("Other").outbound()).unwrap();
    let error = client.get(&server.url("/hello"), "*/*", 100).await.unwrap_err();
    assert!(matches!(error, OutboundError::Transport(_)), "{error:?}");
}
