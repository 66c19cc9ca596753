//! W3C Verifiable Credentials 2.0 secured by Data Integrity proofs: ecdsa-rdfc-2019, eddsa-rdfc-2022, ecdsa-sd-2023.
//!
//! Documents become RDF by contexts that are pinned with their hashes; nothing is fetched, and what a context does not
//! define is refused, since it would not be signed.
#![forbid(unsafe_code)]

mod cbor;
mod credential;
mod data_model;
mod error;
mod json_ld;
pub mod multikey;
mod proof;
mod rdf;
mod selective;
mod timestamp;
mod whole;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod vectors;

pub use credential::{UnverifiedCredential, Verification, VerifiedCredential, VerifiedProof};
pub use error::{CredentialError, ProofError};
pub use json_ld::{ContextError, Contexts, ExpansionError};
pub use proof::{Cryptosuite, ProofOptions, ProofPurpose, VerificationMethod};
pub use rdf::WorkLimitExceeded;
pub use selective::{derive, sign_selective};
pub use whole::{Signing, sign};
