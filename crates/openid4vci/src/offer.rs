//! Credential offers (OID4VCI §4.1) and the links that carry them.

use std::collections::BTreeSet;

use mahfada_base::json::JsonError;
use mahfada_oauth2::{
    Form, FormError, encode_form, is_https_url, is_issuer_identifier, object_from_slice, optional_object,
};
use serde::{Deserialize, Serialize};

pub use link::CredentialOfferUri;
pub use tx_code::{TxCode, TxCodeInputMode};

mod link;
#[cfg(test)]
mod tests;
mod tx_code;

/// An offer of credentials. Nobody signs it: it says where to ask, and proves nothing (OID4VCI §4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialOffer {
    /// The identifier of the issuer.
    pub credential_issuer: String,
    /// Keys of configurations in the issuer's metadata: at least one, each once.
    pub credential_configuration_ids: Vec<String>,
    /// The grants that the issuer is ready for; without them the wallet looks into the metadata.
    #[serde(
        default,
        deserialize_with = "optional_object",
        skip_serializing_if = "Option::is_none"
    )]
    pub grants: Option<Grants>,
}

/// The grants of an offer; other grant types are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// The authorization code grant.
    #[serde(
        default,
        deserialize_with = "optional_object",
        skip_serializing_if = "Option::is_none"
    )]
    pub authorization_code: Option<AuthorizationCodeGrant>,
    /// The pre-authorized code grant.
    #[serde(
        default,
        deserialize_with = "optional_object",
        rename = "urn:ietf:params:oauth:grant-type:pre-authorized_code",
        skip_serializing_if = "Option::is_none"
    )]
    pub pre_authorized_code: Option<PreAuthorizedCodeGrant>,
}

/// The authorization code grant of an offer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationCodeGrant {
    /// What the wallet repeats in its authorization request; whoever made the link chose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_state: Option<String>,
    /// Which of the issuer's authorization servers to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_server: Option<String>,
}

/// The pre-authorized code grant of an offer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreAuthorizedCodeGrant {
    /// The code: short-lived, good once.
    #[serde(rename = "pre-authorized_code")]
    pub pre_authorized_code: String,
    /// Present, even when empty, if a transaction code came by another channel.
    #[serde(
        default,
        deserialize_with = "optional_object",
        skip_serializing_if = "Option::is_none"
    )]
    pub tx_code: Option<TxCode>,
    /// Which of the issuer's authorization servers to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_server: Option<String>,
}

impl std::fmt::Debug for PreAuthorizedCodeGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreAuthorizedCodeGrant")
            .field("tx_code", &self.tx_code)
            .field("authorization_server", &self.authorization_server)
            .finish_non_exhaustive()
    }
}

/// Why an offer or its link was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// The offer is not strict JSON of the right shape.
    #[error("malformed offer: {0}")]
    Malformed(#[from] JsonError),
    /// The link is no URI, or not of a scheme that carries offers.
    #[error("not a credential offer link")]
    Link,
    /// The link's query is malformed or repeats a parameter.
    #[error(transparent)]
    Query(#[from] FormError),
    /// The link has both `credential_offer` and `credential_offer_uri`, or neither.
    #[error("a link carries either an offer or the place of one")]
    ValueOrReference,
    /// `credential_offer_uri` is not an https URL.
    #[error("credential_offer_uri is not an https URL")]
    ReferenceNotHttps,
    /// `credential_issuer` is not an issuer identifier.
    #[error("credential_issuer is not an issuer identifier")]
    Issuer,
    /// `credential_configuration_ids` is empty, or names one twice or an empty one.
    #[error("credential_configuration_ids is empty or repeats itself")]
    Configurations,
    /// A grant has an empty code or an authorization server that is no https URL.
    #[error("a grant of the offer is malformed")]
    Grant,
    /// `tx_code` has a length of 0, or a description of more than 300 characters.
    #[error("tx_code is malformed")]
    TxCode,
}

impl OfferError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "offer_malformed",
            Self::Link => "offer_link",
            Self::Query(error) => error.code(),
            Self::ValueOrReference => "offer_value_or_reference",
            Self::ReferenceNotHttps => "offer_uri_not_https",
            Self::Issuer => "offer_issuer",
            Self::Configurations => "offer_configurations",
            Self::Grant => "offer_grant",
            Self::TxCode => "offer_tx_code",
        }
    }
}

impl CredentialOffer {
    /// Reads an offer, from a link or fetched from its place; unknown members are ignored, repeated ones refused.
    ///
    /// It does not check that anyone trusts the issuer.
    ///
    /// # Errors
    /// [`OfferError`] naming the first fault.
    pub fn parse(body: &[u8]) -> Result<Self, OfferError> {
        let offer: Self = object_from_slice(body)?;
        offer.validate()?;
        Ok(offer)
    }

    /// Checks the rules that the shape does not (OID4VCI §4.1.1).
    ///
    /// # Errors
    /// [`OfferError`] naming the first fault.
    pub fn validate(&self) -> Result<(), OfferError> {
        if !is_issuer_identifier(&self.credential_issuer) {
            return Err(OfferError::Issuer);
        }
        let ids = &self.credential_configuration_ids;
        let distinct = ids.iter().filter(|id| !id.is_empty()).collect::<BTreeSet<_>>();
        if ids.is_empty() || distinct.len() != ids.len() {
            return Err(OfferError::Configurations);
        }
        self.grants.as_ref().map_or(Ok(()), Grants::validate)
    }

    /// Writes the offer.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl Grants {
    fn validate(&self) -> Result<(), OfferError> {
        let servers = [
            self.authorization_code
                .as_ref()
                .and_then(|grant| grant.authorization_server.as_deref()),
            self.pre_authorized_code
                .as_ref()
                .and_then(|grant| grant.authorization_server.as_deref()),
        ];
        if !servers.into_iter().flatten().all(is_issuer_identifier) {
            return Err(OfferError::Grant);
        }
        let Some(grant) = &self.pre_authorized_code else {
            return Ok(());
        };
        if grant.pre_authorized_code.is_empty() {
            return Err(OfferError::Grant);
        }
        grant.tx_code.as_ref().map_or(Ok(()), TxCode::validate)
    }
}
