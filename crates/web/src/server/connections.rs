//! Connections that wait for a further request must not take the room of those that bring their first one.
//!
//! The framework limits how long a connection may be quiet and how long its first request head may take, but not how long
//! a later head may trickle in. So only so many connections are kept alive; beyond that each answer closes its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;

/// The connections of one listener.
#[derive(Clone, Debug)]
pub(super) struct OpenConnections {
    open: Arc<AtomicUsize>,
    kept_alive: usize,
}

/// Counts one connection for as long as it lives.
#[derive(Debug)]
pub(super) struct Entered(Arc<AtomicUsize>);

impl OpenConnections {
    pub(super) fn new(kept_alive: usize) -> Self {
        Self {
            open: Arc::default(),
            kept_alive,
        }
    }

    pub(super) fn enter(&self) -> Entered {
        self.open.fetch_add(1, Ordering::Relaxed);
        Entered(Arc::clone(&self.open))
    }

    fn is_crowded(&self) -> bool {
        self.open.load(Ordering::Relaxed) > self.kept_alive
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Middleware: closes the connection after its answer when too many are open.
pub(super) async fn close_when_crowded<B: MessageBody>(
    connections: OpenConnections,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut answer = next.call(request).await?;
    if connections.is_crowded() {
        answer
            .response_mut()
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_counts_until_it_is_dropped() {
        let connections = OpenConnections::new(1);
        let first = connections.enter();
        assert!(!connections.is_crowded());
        let second = connections.clone().enter();
        assert!(connections.is_crowded());
        drop(first);
        assert!(!connections.is_crowded());
        drop(second);
    }
}
