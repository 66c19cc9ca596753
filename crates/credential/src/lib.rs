//! Joins the credential formats: verified credentials, the claims that queries match on, and the trust in issuers.
//!
//! [`UnverifiedCredential::verify`] asks an [`IssuerTrust`] who may sign this type and checks the signature with that
//! key alone; [`check_status_of`] does the same for status lists. Key binding and queries belong to the protocols.
#![forbid(unsafe_code)]

mod claims;
mod format;
mod status;
mod trust;
mod verify;

#[cfg(test)]
mod testing;

pub use claims::Claims;
pub use format::{CredentialFormat, CredentialType};
pub use status::{
    StatusCheckError, StatusVerdict, check_status, check_status_of, verify_status_list, verify_status_list_of,
};
pub use trust::{IssuerTrust, IssuerTrustError, TrustedEntity};
pub use verify::{CredentialError, UnverifiedCredential, VerifiedCredential};
