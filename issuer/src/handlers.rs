//! One endpoint, one file: how it refuses, what that means on the wire, and the handler.

pub(crate) mod authorization_challenge;
pub(crate) mod authorization_server_metadata;
pub(crate) mod credential;
pub(crate) mod credential_offer;
pub(crate) mod events;
pub(crate) mod issuance_change;
pub(crate) mod issuances;
pub(crate) mod issuer_metadata;
mod management;
pub(crate) mod nonce;
pub(crate) mod offer;
pub(crate) mod offers;
pub(crate) mod status_list;
pub(crate) mod token;
