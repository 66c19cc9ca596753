//! The members of a registration certificate (ETSI TS 119 475 §5.2.4, tables).

use mahfada_base::{ClaimsPath, UnixTime};
use serde::{Deserialize, Serialize};

use crate::LocalizedText;

/// What a registrar certifies about one intended use of a relying party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationCertificate {
    /// The trade name of the relying party.
    pub name: String,
    /// The organization identifier, the same as in the access certificate.
    pub sub: String,
    /// The country as two capital letters.
    pub country: String,
    /// The address of the registry.
    pub registry_uri: String,
    /// What the service is, by language.
    #[serde(default)]
    pub srv_description: LocalizedText,
    /// What the relying party is: URIs of entitlements.
    #[serde(default)]
    pub entitlements: Vec<String>,
    /// The address of the privacy policy.
    pub privacy_policy: String,
    /// Where citizens ask for help or the erasure of their data.
    #[serde(default)]
    pub support_uri: String,
    /// The authority that watches over the processing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisory_authority: Option<SupervisoryAuthority>,
    /// Why the claims are needed, by language.
    pub purpose: LocalizedText,
    /// The credentials and claims that the relying party may ask for.
    #[serde(default)]
    pub credentials: Vec<RegisteredCredential>,
    /// The identifier of the intended use at the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intended_use_id: Option<String>,
    /// When the certificate was issued.
    pub iat: UnixTime,
    /// When the certificate expires, at most twelve months later.
    pub exp: UnixTime,
}

/// How to reach the authority that watches over the processing, the CNDP for instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupervisoryAuthority {
    /// The mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The web form or page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

/// Credentials of a format and of some types, with the claims that may be asked of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredCredential {
    /// The format, such as `dc+sd-jwt`.
    pub format: String,
    /// The types.
    pub meta: RegisteredMeta,
    /// The claims; none means that no selectively disclosable claim may be asked. Annex C calls the member `claims`.
    #[serde(default, alias = "claims")]
    pub claim: Vec<RegisteredClaim>,
}

/// The types of a registered credential, as in a DCQL query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredMeta {
    /// The types of SD-JWT VCs.
    #[serde(default)]
    pub vct_values: Vec<String>,
}

/// One registered claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredClaim {
    /// The path; everything below it is registered as well.
    pub path: ClaimsPath,
}

impl RegisteredCredential {
    pub(super) fn is(&self, format: &str, credential_type: &str) -> bool {
        self.format == format && self.meta.vct_values.iter().any(|vct| vct == credential_type)
    }
}
