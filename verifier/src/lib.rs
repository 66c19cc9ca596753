//! The verifier service: an agency asks for claims and gets a verdict that it can file.
//!
//! The agency creates a presentation on the management port and reads its verdict there; wallets fetch the signed
//! request and post the encrypted answer on the public port (decision D9). Reasons go to the agency; every wallet gets
//! the same answer.
#![forbid(unsafe_code)]

mod agency;
mod app;
mod command;
mod config;
mod fault;
mod handlers;
mod openapi;
mod page;
mod presentation;
mod question;
mod routes;
mod saved_query;
mod trust;

#[cfg(test)]
mod tests;

pub use agency::AgencyConfigError;
pub use app::{RegistrationCheck, RunError, check, run};
pub use command::{main, main_from};
pub use config::{AgencyConfig, Config, RetentionConfig, SavedQueryConfig, StatusConfig};
