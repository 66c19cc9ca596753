//! Who is trusted for what: the pinned root document, the signed lists of trusted entities, registration
//! certificates, and the one decision that joins them.
//!
//! The decision is always chain → role → entity → entitlement → time. A [`VerifiedRoot`] starts from bytes that
//! are pinned in the build; nothing fetched adds an anchor by itself. Lists enter a [`TrustStore`] only when a
//! signer that the root names for their role has signed them, and never with a lower sequence number than the last one
//! of a signer that the root still names. This crate opens no socket: the host fetches, hands in, and persists
//! [`ListMemory`] and [`VerifiedRoot::envelopes`].
#![forbid(unsafe_code)]

mod decision;
mod entity;
mod error;
mod localized;
mod lote;
mod memory;
mod registration;
mod relying_party;
mod role;
mod root;
mod store;

#[cfg(test)]
mod fixture;

pub use decision::PID_TYPE_PREFIX;
pub use entity::{ServiceStatus, TrustedListEntity, TrustedListService};
pub use error::{ListError, TrustError};
pub use localized::{LocalizedString, LocalizedText};
pub use lote::{LONGEST_LIST_LIFE, ListBuilder, TrustedList, UnverifiedList};
pub use memory::{ListMemory, SeenList, SeenSigner};
pub use registration::{
    LONGEST_REGISTRATION_LIFE, RegisteredClaim, RegisteredCredential, RegisteredMeta, RegistrationCertificate,
    RegistrationError, RegistrationSignError, SupervisoryAuthority, UnverifiedRegistration, VerifiedRegistration,
};
pub use relying_party::RelyingPartyIdentity;
pub use role::TrustRole;
pub use root::{ListSigner, PinnedRoot, RootDocument, RootError, RootSignError, UnverifiedRoot, VerifiedRoot};
pub use store::TrustStore;
