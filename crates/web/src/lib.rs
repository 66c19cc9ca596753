//! What the services share around HTTP: listeners with TLS, limits, problem and protocol answers, the extractors for
//! DPoP and bearer tokens, API keys, sealing at rest, outbound HTTP that cannot be turned inward, logging, health, and
//! the refresh of trust material.
//!
//! Nothing here knows an endpoint of a service or a table of its store.
#![forbid(unsafe_code)]

pub mod api_key;
pub mod body;
pub mod client;
pub mod clock;
pub mod config;
pub mod dpop;
pub mod fault;
pub mod health;
pub mod keys;
pub mod listen;
pub mod logging;
pub mod openapi;
pub mod problem;
pub mod protocol;
pub mod qr;
pub mod rate_limit;
pub mod sealing;
pub mod server;
pub mod tls;
pub mod token;
pub mod trust_client;

#[cfg(test)]
mod fixture;
