//! The trust registry: says who may issue what and who may ask for what, and publishes it signed.
//!
//! It serves the root document that officers signed offline, signs one list of trusted entities per role, and issues
//! registration certificates to relying parties. It never sees a citizen.
#![forbid(unsafe_code)]

pub mod config;
pub mod registry;

mod app;
mod handlers;
mod routes;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use app::{RunError, main, main_from, run};
pub use config::Config;
