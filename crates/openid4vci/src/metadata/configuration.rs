//! One credential on offer (OID4VCI §12.2.4, Appendix A).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CredentialMetadata, MetadataError};

/// A configuration under which credentials are issued; unknown formats are read and left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialConfiguration {
    /// The format, `dc+sd-jwt` for SD-JWT VC.
    pub format: String,
    /// The OAuth scope that stands for this configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The type, in the format `dc+sd-jwt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vct: Option<String>,
    /// How keys are bound, `jwk` here; none means that the credential is not bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cryptographic_binding_methods_supported: Vec<String>,
    /// The algorithms with which the issuer signs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credential_signing_alg_values_supported: Vec<AlgorithmName>,
    /// The proofs of possession that the issuer takes, by type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proof_types_supported: BTreeMap<String, ProofType>,
    /// What people see of the credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_metadata: Option<CredentialMetadata>,
}

/// A JOSE name, or a COSE number in formats that use COSE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AlgorithmName {
    /// A name, such as `ES256`.
    Name(String),
    /// A number, such as -7.
    Number(i64),
}

/// What the issuer takes as a proof of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofType {
    /// The algorithms of the proof.
    pub proof_signing_alg_values_supported: Vec<AlgorithmName>,
    /// Present when the keys must be attested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_attestations_required: Option<KeyAttestationsRequired>,
}

/// The levels that attested keys must reach (OID4VCI Appendix D).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyAttestationsRequired {
    /// Levels of key storage, of which one must be reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_storage: Vec<String>,
    /// Levels of user authentication, of which one must be reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_authentication: Vec<String>,
}

impl CredentialConfiguration {
    /// Describes SD-JWT VCs that ES256 signs and that are bound to an ES256 key by a `jwt` proof.
    pub fn sd_jwt_vc(vct: impl Into<String>, scope: impl Into<String>) -> Self {
        let es256 = || vec![AlgorithmName::Name("ES256".to_owned())];
        let jwt = ProofType {
            proof_signing_alg_values_supported: es256(),
            key_attestations_required: None,
        };
        Self {
            format: "dc+sd-jwt".to_owned(),
            scope: Some(scope.into()),
            vct: Some(vct.into()),
            cryptographic_binding_methods_supported: vec!["jwk".to_owned()],
            credential_signing_alg_values_supported: es256(),
            proof_types_supported: BTreeMap::from([("jwt".to_owned(), jwt)]),
            credential_metadata: None,
        }
    }

    /// Tells whether credentials are bound to a key, so that requests must carry proofs.
    #[must_use]
    pub fn binds_keys(&self) -> bool {
        !self.cryptographic_binding_methods_supported.is_empty()
    }

    /// Tells whether the issuer takes the `jwt` proofs that this system makes: ES256, a `jwk`, no key attestation.
    #[must_use]
    pub fn takes_plain_jwt_proof(&self) -> bool {
        let es256 = AlgorithmName::Name("ES256".to_owned());
        self.cryptographic_binding_methods_supported
            .iter()
            .any(|method| method == "jwk")
            && self.proof_types_supported.get("jwt").is_some_and(|jwt| {
                jwt.key_attestations_required.is_none() && jwt.proof_signing_alg_values_supported.contains(&es256)
            })
    }

    pub(super) fn validate(&self, id: &str) -> Result<(), MetadataError> {
        // Other formats have rules of their own, and this system does not issue them.
        if self.format != "dc+sd-jwt" {
            return Ok(());
        }
        if self.vct.as_deref().is_none_or(str::is_empty) {
            return Err(MetadataError::VctMissing(id.to_owned()));
        }
        if self.binds_keys() == self.proof_types_supported.is_empty() {
            return Err(MetadataError::Binding(id.to_owned()));
        }
        Ok(())
    }
}
