//! The roles that lists of trusted entities are kept for.

use mahfada_x509::ChainProfile;
use serde::{Deserialize, Serialize};

/// What the entities of one list are trusted to do; every role has a list of its own (decision D8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustRole {
    /// Issues the person identification data.
    PidIssuers,
    /// Issues other attestations.
    AttestationIssuers,
    /// Signs status list tokens.
    StatusSigners,
    /// Issues access certificates to relying parties.
    #[serde(rename = "access-ca")]
    AccessCertificates,
    /// Signs registration certificates of relying parties.
    RegistrationSigners,
}

impl TrustRole {
    /// Every role, in the order of their declaration.
    pub const ALL: [Self; 5] = [
        Self::PidIssuers,
        Self::AttestationIssuers,
        Self::StatusSigners,
        Self::AccessCertificates,
        Self::RegistrationSigners,
    ];

    /// Returns the name that paths and documents use for the role.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::PidIssuers => "pid-issuers",
            Self::AttestationIssuers => "attestation-issuers",
            Self::StatusSigners => "status-signers",
            Self::AccessCertificates => "access-ca",
            Self::RegistrationSigners => "registration-signers",
        }
    }

    /// Finds the role by its exact slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.slug() == slug)
    }

    /// Returns the `LoTEType` of the role's list (TS 119 602 §6.3.3; own URIs of the Moroccan profile).
    #[must_use]
    pub fn lote_type_uri(self) -> String {
        format!("urn:mahfada:lote:{}", self.slug())
    }

    /// Returns the `ServiceTypeIdentifier` of the role's services (TS 119 602 §6.6.1).
    #[must_use]
    pub fn service_type_uri(self) -> String {
        format!("urn:mahfada:service:{}", self.slug())
    }

    /// Returns the rules that leaves of this role must meet.
    pub(crate) const fn chain_profile(self) -> ChainProfile {
        match self {
            Self::PidIssuers | Self::AttestationIssuers => ChainProfile::credential_signer(),
            Self::StatusSigners => ChainProfile::status_signer(),
            Self::AccessCertificates => ChainProfile::access_certificate(),
            Self::RegistrationSigners => ChainProfile::registration_signer(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_and_serde_names_agree() {
        for role in TrustRole::ALL {
            assert_eq!(TrustRole::from_slug(role.slug()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.slug());
        }
        assert_eq!(TrustRole::from_slug("PID-issuers"), None);
    }
}
