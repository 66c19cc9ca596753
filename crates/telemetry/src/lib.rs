//! Metrics for Prometheus, and traces for OpenTelemetry that are off unless configured.
//!
//! Nothing that leaves through here names a citizen: no label and no span attribute holds an id, a path, a query, a
//! header or an address (INV-7, decision D14). Only spans that this crate opens are exported, log lines never are.
#![forbid(unsafe_code)]

mod config;
mod exposition;
pub mod http;
mod label;
mod metrics;
mod setup;
mod span;

pub use config::{TelemetryConfig, TelemetryConfigError};
pub use exposition::{CONTENT_TYPE, SCRAPE_PREPARATION_TIMEOUT, configure};
pub use metrics::Metrics;
pub use setup::{TelemetryError, TelemetryGuard, init};
pub use span::step;
