//! How often one caller may ask: limits by client address, by API key, or by whatever a handler counts.
//!
//! Counts live in the memory of one process and are lost with it; what has to last, such as wrong transaction codes, is
//! counted in the store.

mod address;
mod keyed;
mod middleware;
mod page;
mod store;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use address::{ClientNetwork, ProxyNetwork, ProxyNetworkError};
pub use keyed::{KeyedLimit, RateLimited};
pub(crate) use middleware::{PortLimit, limit};

/// How often each port may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimitsConfig {
    /// What one client address may ask of the public port; an IPv6 client is counted by its /64 network. Generous,
    /// since many citizens share one address of their operator.
    pub public: LimitConfig,
    /// What one tenant may ask of the management port.
    pub management: LimitConfig,
    /// What one client address may ask of the management port without a valid API key.
    pub management_without_key: LimitConfig,
}

impl Default for RateLimitsConfig {
    fn default() -> Self {
        Self {
            public: LimitConfig::new(6_000, 60),
            management: LimitConfig::new(6_000, 60),
            management_without_key: LimitConfig::new(300, 60),
        }
    }
}

impl RateLimitsConfig {
    /// Limits nothing.
    #[must_use]
    pub const fn off() -> Self {
        let off = LimitConfig::new(0, 60);
        Self {
            public: off,
            management: off,
            management_without_key: off,
        }
    }
}

/// A number of requests in a time; all at once if the caller was quiet before, evenly spread otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitConfig {
    /// The most requests; 0 limits nothing.
    pub requests: u32,
    /// The time in which they are allowed, in seconds; 0 limits nothing.
    #[serde(default = "one_minute")]
    pub per_seconds: u32,
}

impl LimitConfig {
    /// Allows `requests` in `per_seconds`; a 0 limits nothing.
    #[must_use]
    pub const fn new(requests: u32, per_seconds: u32) -> Self {
        Self { requests, per_seconds }
    }
}

const fn one_minute() -> u32 {
    60
}

#[cfg(test)]
mod tests;
