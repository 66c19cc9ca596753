//! Runs the two servers of a service with the same limits and ends both together.

mod connections;
mod options;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpServer};
use governor::clock::DefaultClock;

use self::connections::OpenConnections;
use crate::body::DEFAULT_BODY_CAP;
use crate::listen::Listeners;
use crate::rate_limit::PortLimit;
use crate::tls::ServerTls;
use crate::{logging, protocol, rate_limit};

pub use options::ServerOptions;

/// The number of worker threads of each listener when the configuration says nothing.
pub const DEFAULT_WORKERS: usize = 2;

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

/// Runs both servers with [`DEFAULT_WORKERS`] and without rate limits until `shutdown` is ready, then lets open requests
/// end.
///
/// An [`Endpoint`](crate::protocol::Endpoint) answers 405 with `Allow` to other methods; a bare `route(path, …)` answers
/// 404.
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

/// Runs both servers as [`serve`] does, with these options; a bare number of workers means no rate limits.
///
/// # Errors
/// [`ServeError`] before anything is served, or when a socket fails.
pub async fn serve_with<P, M, S>(
    options: impl Into<ServerOptions>,
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
    let options = options.into();
    let [of_public, of_management] = port_limits(&options);
    let public = server(&options, of_public, listeners.public, tls.public, public)?;
    let management = server(
        &options,
        of_management,
        listeners.management,
        tls.management,
        management,
    )?;
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

fn port_limits(options: &ServerOptions) -> [Arc<PortLimit>; 2] {
    let (config, proxies) = (&options.rate_limits, || options.forwarded_from.clone());
    let clock = DefaultClock::default();
    [
        Arc::new(PortLimit::public(config, proxies(), clock.clone())),
        Arc::new(PortLimit::management(
            config,
            proxies(),
            options.api_keys.clone(),
            clock,
        )),
    ]
}

fn server<F>(
    options: &ServerOptions,
    limits: Arc<PortLimit>,
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
    let observer = options.observer.clone();
    let connections = OpenConnections::new(options.connections.kept_alive);
    let entering = connections.clone();
    let server = HttpServer::new(move || {
        let (limits, observer, connections) = (Arc::clone(&limits), observer.clone(), connections.clone());
        App::new()
            .app_data(PayloadConfig::new(DEFAULT_BODY_CAP))
            .wrap(from_fn(move |request, next| {
                rate_limit::limit(Arc::clone(&limits), request, next)
            }))
            .wrap(from_fn(explain_empty_refusal))
            .wrap(from_fn(move |request, next| {
                connections::close_when_crowded(connections.clone(), request, next)
            }))
            .wrap(from_fn(move |request, next| {
                logging::record_for(observer.clone(), request, next)
            }))
            .configure(configure.clone())
            .default_service(web::to(async || protocol::not_found()))
    })
    .workers(options.workers.max(1))
    .on_connect(move |_, data| {
        data.insert(entering.enter());
    })
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(options.connections.first_head)
    .client_disconnect_timeout(DISCONNECT_TIMEOUT)
    .keep_alive(options.connections.keep_alive)
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
mod tests;
