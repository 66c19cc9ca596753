//! How the servers run.

use std::fmt;
use std::time::Duration;

use super::MAX_CONNECTIONS;
use crate::api_key::ApiKeys;
use crate::config::ServerConfig;
use crate::logging::Observer;
use crate::rate_limit::{ProxyNetwork, RateLimitsConfig};

/// How both servers run, beside where they listen.
#[derive(Clone)]
pub struct ServerOptions {
    /// The number of worker threads of each listener.
    pub workers: usize,
    /// How often each port may be asked.
    pub rate_limits: RateLimitsConfig,
    /// The proxies whose `X-Forwarded-For` counts.
    pub forwarded_from: Vec<ProxyNetwork>,
    /// The keys that tell the tenants of the management port apart.
    pub api_keys: ApiKeys,
    /// Hears of every answer, once its head is ready; for metrics.
    pub observer: Option<Observer>,
    pub(super) connections: ConnectionLimits,
}

impl ServerOptions {
    /// Takes the workers and the proxies of a configuration, and the limits beside it.
    #[must_use]
    pub fn new(config: &ServerConfig, rate_limits: RateLimitsConfig, api_keys: ApiKeys) -> Self {
        Self {
            workers: config.workers,
            rate_limits,
            forwarded_from: config.forwarded_from.clone(),
            api_keys,
            observer: None,
            connections: ConnectionLimits::default(),
        }
    }

    /// Sets who hears of every answer.
    #[must_use]
    pub fn with_observer(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }
}

/// A number of workers, and no rate limit.
impl From<usize> for ServerOptions {
    fn from(workers: usize) -> Self {
        Self {
            workers,
            rate_limits: RateLimitsConfig::off(),
            forwarded_from: Vec::new(),
            api_keys: ApiKeys::default(),
            observer: None,
            connections: ConnectionLimits::default(),
        }
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("workers", &self.workers)
            .field("rate_limits", &self.rate_limits)
            .field("forwarded_from", &self.forwarded_from)
            .finish_non_exhaustive()
    }
}

/// What a connection may do. None of these ends an answer that is still being written, however long it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionLimits {
    /// How long the first request head may take from the moment the connection is there.
    pub(super) first_head: Duration,
    /// How long a connection may stay quiet between two requests.
    pub(super) keep_alive: Duration,
    /// The most connections of a listener that may wait for a further request.
    pub(super) kept_alive: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            first_head: Duration::from_secs(5),
            keep_alive: Duration::from_secs(15),
            // Half of what one worker takes, so that the other half is always there for first requests.
            kept_alive: MAX_CONNECTIONS / 2,
        }
    }
}
