//! The issuer service: checks the identity card or an offer, then mints credentials bound to the citizen's device keys.
//!
//! One process hosts several credential issuers, each with its own identifier, keys, policy and metadata (decision D3).
//! Wallets reach it over OpenID4VCI on the public port; operators create offers and revoke on the management port.
#![forbid(unsafe_code)]

mod app;
mod command;
mod config;
mod credential_issuer;
mod fault;
mod handlers;
mod issuance;
mod proofing;
mod routes;
mod source;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use app::{RunError, TestAnchors, check, run};
pub use command::{main, main_from};
pub use config::{
    CardConfig, ClaimConfig, ClaimKind, Config, ConfigurationConfig, DisclosureRule, IssuerConfig, KeysConfig,
    SourceConfig, StatusConfig,
};
pub use credential_issuer::IssuerConfigError;
pub use proofing::CardConfigError;
pub use source::RegisterError;
