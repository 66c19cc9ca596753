//! The issuer service: checks the identity card or an offer, then mints credentials bound to the citizen's device keys.
//!
//! One process hosts several credential issuers, each with its own identifier, keys, policy and metadata (decision D3).
//! Wallets reach it over OpenID4VCI on the public port; operators create offers and revoke on the management port.
#![forbid(unsafe_code)]

mod announcement;
mod app;
mod card_limits;
mod command;
mod config;
mod credential_issuer;
mod fault;
mod handlers;
mod issuance;
mod measures;
mod openapi;
mod proofing;
mod routes;
mod serve;
mod source;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use app::{RunError, TestAnchors, check};
pub use card_limits::CardLimitsConfig;
pub use command::{main, main_from};
pub use config::{
    CardConfig, ClaimConfig, ClaimKind, Config, ConfigurationConfig, DisclosureRule, IssuerConfig, KeysConfig,
    SourceConfig, StatusConfig,
};
pub use credential_issuer::IssuerConfigError;
pub use proofing::CardConfigError;
pub use serve::run;
pub use source::RegisterError;
