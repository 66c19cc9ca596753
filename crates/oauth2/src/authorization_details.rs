//! `authorization_details` of type `openid_credential` (RFC 9396; OID4VCI §5.1.1, §6.2).

use mahfada_base::ClaimsPath;
use mahfada_base::json;
use serde::{Deserialize, Serialize};

/// The `type` of the details that ask for a credential (OID4VCI §5.1.1).
pub const OPENID_CREDENTIAL: &str = "openid_credential";

/// One object of `authorization_details`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationDetail {
    /// The type; only [`OPENID_CREDENTIAL`] has a meaning here.
    #[serde(rename = "type")]
    pub detail_type: String,
    /// The credential issuer, when the authorization server serves several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// The key of a configuration in the issuer's metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_configuration_id: Option<String>,
    /// The data sets that the token covers; only in token responses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credential_identifiers: Vec<String>,
    /// The claims asked for; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<RequestedClaim>,
}

/// A claim that the wallet wants in the credential (OID4VCI Appendix B.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedClaim {
    /// Where the claim stands.
    pub path: ClaimsPath,
    /// Whether the wallet has no use for the credential without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mandatory: bool,
}

impl AuthorizationDetail {
    /// Asks for the credential of one configuration.
    pub fn for_configuration(configuration_id: impl Into<String>) -> Self {
        Self {
            detail_type: OPENID_CREDENTIAL.to_owned(),
            locations: Vec::new(),
            credential_configuration_id: Some(configuration_id.into()),
            credential_identifiers: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// Reads the parameter of a request: objects of type [`OPENID_CREDENTIAL`], each with a configuration, at least one.
    ///
    /// Unknown fields are ignored (OID4VCI §5.1.1). It does not know what the issuer offers or the grant allows.
    pub(crate) fn parse_requested(text: &str) -> Option<Vec<Self>> {
        let details: Vec<Self> = json::from_slice(text.as_bytes()).ok()?;
        let asks = |detail: &Self| {
            let named = detail.credential_configuration_id.as_deref();
            detail.detail_type == OPENID_CREDENTIAL && named.is_some_and(|id| !id.is_empty())
        };
        (!details.is_empty() && details.iter().all(asks)).then_some(details)
    }

    /// Adds the data sets that a token covers (OID4VCI §6.2).
    #[must_use]
    pub fn with_identifiers(mut self, identifiers: Vec<String>) -> Self {
        self.credential_identifiers = identifiers;
        self
    }

    /// Tells whether a detail of a token response has what OID4VCI §6.2 requires; other types are none of ours.
    #[must_use]
    pub(crate) fn is_complete_in_token_response(&self) -> bool {
        self.detail_type != OPENID_CREDENTIAL
            || (self.credential_configuration_id.is_some()
                && !self.credential_identifiers.is_empty()
                && self
                    .credential_identifiers
                    .iter()
                    .all(|identifier| !identifier.is_empty()))
    }
}
