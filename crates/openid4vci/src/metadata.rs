//! Credential issuer metadata (OID4VCI §12.2) and where it is found.

use std::collections::BTreeMap;

use mahfada_base::json::JsonError;
use mahfada_oauth2::{is_https_url, is_issuer_identifier, object_from_slice, optional_object, well_known_url};
use serde::{Deserialize, Serialize};

pub use configuration::{AlgorithmName, CredentialConfiguration, KeyAttestationsRequired, ProofType};
pub use display::{ClaimDescription, CredentialMetadata, Display, Image, localized};

mod configuration;
mod display;
#[cfg(test)]
mod tests;

/// The well-known suffix of credential issuer metadata (OID4VCI §12.2.2).
pub const CREDENTIAL_ISSUER_SUFFIX: &str = "openid-credential-issuer";

/// Returns where the metadata of a credential issuer is: the well-known part goes between host and path.
#[must_use]
pub fn credential_issuer_metadata_url(issuer_url: &str) -> String {
    well_known_url(issuer_url, CREDENTIAL_ISSUER_SUFFIX)
}

/// Credential issuer metadata: the members that this system reads or serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialIssuerMetadata {
    /// The identifier; equal, character by character, to the one that the metadata was asked for.
    pub credential_issuer: String,
    /// The identifiers of the authorization servers; none means that the issuer is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_servers: Option<Vec<String>>,
    /// Where credentials are asked for.
    pub credential_endpoint: String,
    /// Where a `c_nonce` is fetched; an issuer that has one requires it in proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce_endpoint: Option<String>,
    /// Where the wallet reports what became of a credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_endpoint: Option<String>,
    /// What the issuer says about encrypted requests.
    #[serde(
        default,
        deserialize_with = "optional_object",
        skip_serializing_if = "Option::is_none"
    )]
    pub credential_request_encryption: Option<EncryptionSupport>,
    /// What the issuer says about encrypted responses.
    #[serde(
        default,
        deserialize_with = "optional_object",
        skip_serializing_if = "Option::is_none"
    )]
    pub credential_response_encryption: Option<EncryptionSupport>,
    /// Present when one request may carry several keys.
    #[serde(
        default,
        deserialize_with = "optional_object",
        skip_serializing_if = "Option::is_none"
    )]
    pub batch_credential_issuance: Option<BatchCredentialIssuance>,
    /// The issuer's names by language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Display>,
    /// The credentials on offer, by configuration id.
    pub credential_configurations_supported: BTreeMap<String, CredentialConfiguration>,
}

/// How many keys one request may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCredentialIssuance {
    /// The most proofs in one request: 2 or more.
    pub batch_size: usize,
}

/// Whether messages must be encrypted; this system offers and speaks no message encryption at the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptionSupport {
    /// Whether the issuer refuses messages in clear inside TLS.
    pub encryption_required: bool,
}

/// Why metadata was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The body is no metadata document.
    #[error("malformed metadata: {0}")]
    Malformed(#[from] JsonError),
    /// The document speaks for another issuer (OID4VCI §12.2.1; TW-13).
    #[error("the metadata names another issuer")]
    Mismatch,
    /// The identifier, or that of an authorization server, is not an https URL without query and fragment.
    #[error("not an issuer identifier")]
    Identifier,
    /// An endpoint is not an https URL.
    #[error("{0} is not an https URL")]
    Endpoint(&'static str),
    /// `batch_size` is below 2.
    #[error("a batch has 2 proofs or more")]
    BatchSize,
    /// A configuration names binding methods without proof types, or the other way round.
    #[error("configuration {0} names binding methods without proof types, or the other way round")]
    Binding(String),
    /// Keys are bound, and there is no nonce endpoint (HAIP 1.0 §4).
    #[error("keys are bound without a nonce endpoint")]
    NonceEndpointMissing,
    /// A configuration of the format `dc+sd-jwt` has no `vct`.
    #[error("configuration {0} has no vct")]
    VctMissing(String),
}

impl MetadataError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "metadata_malformed",
            Self::Mismatch => "metadata_mismatch",
            Self::Identifier => "issuer_identifier",
            Self::Endpoint(_) => "endpoint_not_https",
            Self::BatchSize => "batch_size",
            Self::Binding(_) => "metadata_binding",
            Self::NonceEndpointMissing => "nonce_endpoint_missing",
            Self::VctMissing(_) => "vct_missing",
        }
    }
}

impl CredentialIssuerMetadata {
    /// Reads the document fetched for `issuer_url`; unknown members are ignored, repeated ones refused.
    ///
    /// It does not check that anyone trusts the issuer.
    ///
    /// # Errors
    /// [`MetadataError`] naming the first fault.
    pub fn parse(body: &[u8], issuer_url: &str) -> Result<Self, MetadataError> {
        let metadata: Self = object_from_slice(body)?;
        metadata.validate(issuer_url)?;
        Ok(metadata)
    }

    /// Checks that the document speaks for `issuer_url`, names https URLs only and does not contradict itself (OID4VCI §12.2.4).
    ///
    /// # Errors
    /// [`MetadataError`] naming the first fault.
    pub fn validate(&self, issuer_url: &str) -> Result<(), MetadataError> {
        let servers = self.authorization_servers.iter().flatten().map(String::as_str);
        if !servers.chain([issuer_url]).all(is_issuer_identifier) {
            return Err(MetadataError::Identifier);
        }
        if self.credential_issuer != issuer_url {
            return Err(MetadataError::Mismatch);
        }
        self.check_endpoints()?;
        if self.batch_credential_issuance.is_some_and(|batch| batch.batch_size < 2) {
            return Err(MetadataError::BatchSize);
        }
        for (id, configuration) in &self.credential_configurations_supported {
            configuration.validate(id)?;
            if configuration.binds_keys() && self.nonce_endpoint.is_none() {
                return Err(MetadataError::NonceEndpointMissing);
            }
        }
        Ok(())
    }

    fn check_endpoints(&self) -> Result<(), MetadataError> {
        for (name, endpoint) in [
            ("credential_endpoint", Some(&self.credential_endpoint)),
            ("nonce_endpoint", self.nonce_endpoint.as_ref()),
            ("notification_endpoint", self.notification_endpoint.as_ref()),
        ] {
            if !endpoint.is_none_or(|url| is_https_url(url)) {
                return Err(MetadataError::Endpoint(name));
            }
        }
        Ok(())
    }

    /// Returns the identifier of the authorization server to use, given the one that an offer names (OID4VCI §4.1.1, §12.2.4).
    ///
    /// `None` when the offer names a server that the metadata does not, or names none among several.
    #[must_use]
    pub fn authorization_server<'m>(&'m self, offered: Option<&str>) -> Option<&'m str> {
        let servers = self.authorization_servers.as_deref().unwrap_or_default();
        match (servers, offered) {
            ([], None) => Some(&self.credential_issuer),
            ([], Some(named)) => (named == self.credential_issuer).then_some(&self.credential_issuer),
            ([only], None) => Some(only),
            (several, Some(named)) => several.iter().find(|server| *server == named).map(String::as_str),
            (_, None) => None,
        }
    }

    /// Returns how many keys one request may carry; 1 without batches.
    #[must_use]
    pub fn batch_size(&self) -> usize {
        self.batch_credential_issuance.map_or(1, |batch| batch.batch_size)
    }

    /// Tells whether the issuer refuses messages that are not encrypted.
    #[must_use]
    pub fn requires_encryption(&self) -> bool {
        [self.credential_request_encryption, self.credential_response_encryption]
            .into_iter()
            .flatten()
            .any(|support| support.encryption_required)
    }

    /// Writes the document.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}
