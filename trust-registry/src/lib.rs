//! The trust registry: says who may issue what and who may ask for what, and publishes it signed.
//!
//! It serves the root document that officers signed offline, signs one list of trusted entities per role, and issues
//! registration certificates to relying parties. It never sees a citizen.
#![forbid(unsafe_code)]

pub mod config;
pub mod registry;

mod access;
mod app;
mod command;
mod fault;
mod handlers;
mod measures;
mod openapi;
mod routes;
mod serve;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use access::ManagementKeyError;
pub use app::RunError;
pub use command::{main, main_from};
pub use config::Config;
pub use serve::{check, run};
