//! Runs the two servers of a service with the same limits and ends both together.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpServer};

use crate::body::DEFAULT_BODY_CAP;
use crate::listen::Listeners;
use crate::tls::ServerTls;
use crate::{logging, protocol};

/// The number of worker threads of each listener when the configuration says nothing.
pub const DEFAULT_WORKERS: usize = 2;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
const SHUTDOWN_SECONDS: u64 = 10;
const MAX_CONNECTIONS: usize = 4096;

/// Why a service does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Plain HTTP on an address that others can reach (decision D1).
    #[error("{0} is no loopback address and needs TLS")]
    PlainOutsideLoopback(SocketAddr),
    /// A socket failed.
    #[error("a listener failed")]
    Io(#[from] io::Error),
}

/// Runs both servers with [`DEFAULT_WORKERS`] until `shutdown` is ready, then lets open requests end.
///
/// Endpoints registered as `web::resource(path).route(…)` answer 405 to other methods; a bare `route(path, …)` answers 404.
///
/// # Errors
/// [`ServeError`] before anything is served, or when a socket fails.
pub async fn serve<P, M, S>(
    listeners: Listeners,
    tls: impl Into<ServerTls>,
    public: P,
    management: M,
    shutdown: S,
) -> Result<(), ServeError>
where
    P: Fn(&mut ServiceConfig) + Clone + Send + 'static,
    M: Fn(&mut ServiceConfig) + Clone + Send + 'static,
    S: Future<Output = ()>,
{
    serve_with(DEFAULT_WORKERS, listeners, tls, public, management, shutdown).await
}

/// Runs both servers as [`serve`] does, with `workers` threads each.
///
/// # Errors
/// [`ServeError`] before anything is served, or when a socket fails.
pub async fn serve_with<P, M, S>(
    workers: usize,
    listeners: Listeners,
    tls: impl Into<ServerTls>,
    public: P,
    management: M,
    shutdown: S,
) -> Result<(), ServeError>
where
    P: Fn(&mut ServiceConfig) + Clone + Send + 'static,
    M: Fn(&mut ServiceConfig) + Clone + Send + 'static,
    S: Future<Output = ()>,
{
    let tls = tls.into();
    let public = server(workers, listeners.public, tls.public, public)?;
    let management = server(workers, listeners.management, tls.management, management)?;
    let handles = [public.handle(), management.handle()];
    let running = async { tokio::try_join!(public, management).map(|_| ()) };
    tokio::pin!(running);
    tokio::select! {
        ended = &mut running => Ok(ended?),
        () = shutdown => {
            let [first, second] = handles;
            // A server hears of its end only while it is polled.
            let (ended, (), ()) = tokio::join!(running, first.stop(true), second.stop(true));
            Ok(ended?)
        }
    }
}

/// Becomes ready with SIGTERM or Ctrl-C.
pub async fn shutdown_signal() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "SIGTERM cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = terminated => {}
        interrupted = tokio::signal::ctrl_c() => {
            if let Err(error) = interrupted {
                tracing::error!(%error, "Ctrl-C cannot be heard");
            }
        }
    }
}

fn server<F>(
    workers: usize,
    listener: TcpListener,
    tls: Option<rustls::ServerConfig>,
    configure: F,
) -> Result<Server, ServeError>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let address = listener.local_addr()?;
    if tls.is_none() && !address.ip().is_loopback() {
        return Err(ServeError::PlainOutsideLoopback(address));
    }
    let server = HttpServer::new(move || {
        App::new()
            .app_data(PayloadConfig::new(DEFAULT_BODY_CAP))
            .wrap(from_fn(explain_empty_refusal))
            .wrap(from_fn(logging::record))
            .configure(configure.clone())
            .default_service(web::to(async || protocol::not_found()))
    })
    .workers(workers.max(1))
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(REQUEST_TIMEOUT)
    .client_disconnect_timeout(DISCONNECT_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .tls_handshake_timeout(HANDSHAKE_TIMEOUT)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals();
    let server = match tls {
        Some(config) => server.listen_rustls_0_23(listener, config)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// The framework answers a wrong method with an empty body; this one says so.
async fn explain_empty_refusal(
    request: ServiceRequest,
    next: Next<impl actix_web::body::MessageBody + 'static>,
) -> Result<ServiceResponse, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let empty = matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && empty {
        return Ok(response.into_response(protocol::method_not_allowed()));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::Ipv4Addr;

    use actix_web::HttpResponse;
    use actix_web::web::Bytes;

    use super::*;
    use crate::client::{OutboundClient, OutboundError};
    use crate::fixture::{Authority, TestServer};

    fn routes(config: &mut ServiceConfig) {
        let echo = web::post().to(async |body: Bytes| HttpResponse::Ok().body(body));
        config.service(web::resource("/hello").route(web::get().to(async || "hello")));
        config.service(web::resource("/echo").route(echo));
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
            let mut stream = std::net::TcpStream::connect(address).unwrap();
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
}
