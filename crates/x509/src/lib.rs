//! Certificates, x5c chains and the path validation of this domain (RFC 5280, HAIP 1.0 §5).
//!
//! A chain comes in as an [`UnverifiedChain`] and leaves as a [`VerifiedChain`] when it ends under one of the caller's
//! anchors and fits a [`ChainProfile`]. Revocation is no part of it: the trust registry withdraws anchors and entries.
//! The feature `issue` makes certificates.
#![forbid(unsafe_code)]

pub mod eku;

mod certificate;
mod chain;
mod ecdsa;
#[cfg(any(feature = "issue", test))]
mod issue;
mod oid;
mod profile;

pub use certificate::{Attribute, Certificate, CertificateError};
pub use chain::{ChainError, ChainMemory, UnverifiedChain, VerifiedChain};
#[cfg(any(feature = "issue", test))]
pub use issue::{CertificateKind, CertificateTemplate, IssueError, SubjectName, issue, self_signed};
pub use profile::ChainProfile;

#[cfg(test)]
mod fixture;
