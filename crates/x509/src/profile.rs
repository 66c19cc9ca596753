//! What a role asks of the leaf of a chain.

use crate::eku;

/// The demands of one role; `digitalSignature`, version 3, no CA and no self-signature are always demanded.
///
/// A deployment adds a role with a constant of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainProfile {
    /// The extended key usage that the leaf names, in dotted form; `None` asks for none.
    pub extended_key_usage: Option<&'static str>,
}

impl ChainProfile {
    /// Demands the extended key usage, in dotted form.
    #[must_use]
    pub const fn new(extended_key_usage: &'static str) -> Self {
        Self {
            extended_key_usage: Some(extended_key_usage),
        }
    }

    /// Demands no extended key usage: for peers whose ecosystem defines none.
    #[must_use]
    pub const fn any_purpose() -> Self {
        Self {
            extended_key_usage: None,
        }
    }

    /// Demands a signer of credentials.
    #[must_use]
    pub const fn credential_signer() -> Self {
        Self::new(eku::CREDENTIAL_SIGNING)
    }

    /// Demands a signer of token status lists.
    #[must_use]
    pub const fn status_signer() -> Self {
        Self::new(eku::STATUS_SIGNING)
    }

    /// Demands a signer of lists of trusted entities.
    #[must_use]
    pub const fn list_signer() -> Self {
        Self::new(eku::LIST_SIGNING)
    }

    /// Demands an access certificate.
    #[must_use]
    pub const fn access_certificate() -> Self {
        Self::new(eku::ACCESS)
    }

    /// Demands a signer of registration certificates.
    #[must_use]
    pub const fn registration_signer() -> Self {
        Self::new(eku::REGISTRATION_SIGNING)
    }
}
