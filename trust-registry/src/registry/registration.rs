//! Registration certificates: what a relying party may ask for, signed by the registrar (ETSI TS 119 475 §5.2).

use mahfada_base::{Seconds, UnixTime};
use mahfada_trust::{
    LONGEST_REGISTRATION_LIFE, LocalizedText, RegisteredCredential, RegistrationCertificate, RegistrationSignError,
    SupervisoryAuthority,
};
use mahfada_web::keys::SigningIdentity;
use serde::{Deserialize, Serialize};

const DAY: Seconds = 86_400;

/// What an operator asks to have certified about one intended use of a relying party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationRequest {
    /// The organization identifier, the same as in the access certificate.
    pub organization: String,
    /// The trade name.
    pub name: String,
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
    /// The credentials and claims that may be asked for.
    pub credentials: Vec<RegisteredCredential>,
    /// The identifier of the intended use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intended_use_id: Option<String>,
    /// For how many days the certificate is good; at most 366.
    #[serde(default = "default_days")]
    pub valid_days: u16,
}

const fn default_days() -> u16 {
    180
}

/// Signs registration certificates in the name of one registry.
#[derive(Clone, Debug)]
pub struct Registrar {
    identity: SigningIdentity,
    country: String,
    registry_url: String,
}

/// Why no registration certificate was issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationRefusal {
    /// A member is missing or makes no sense.
    #[error("{0}")]
    Request(&'static str),
    /// The certificate could not be signed.
    #[error("the registration cannot be signed")]
    Sign(#[from] RegistrationSignError),
}

impl RegistrationRefusal {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "registration_request",
            Self::Sign(_) => "registration_sign",
        }
    }
}

impl Registrar {
    /// Takes the registrar's identity, its country and the address of the registry.
    #[must_use]
    pub const fn new(identity: SigningIdentity, country: String, registry_url: String) -> Self {
        Self {
            identity,
            country,
            registry_url,
        }
    }

    /// Returns the identity that signs.
    #[must_use]
    pub const fn identity(&self) -> &SigningIdentity {
        &self.identity
    }

    /// Issues a registration certificate. It does not check who the relying party is: that is the operator's duty, and
    /// the certificate is of use only beside an access certificate of the same organization.
    ///
    /// # Errors
    /// [`RegistrationRefusal`] naming the member, or the signer's failure.
    pub fn issue(&self, request: RegistrationRequest, now: UnixTime) -> Result<String, RegistrationRefusal> {
        let life = Seconds::from(request.valid_days).saturating_mul(DAY);
        check(&request, life)?;
        let certificate = RegistrationCertificate {
            name: request.name,
            sub: request.organization,
            country: self.country.clone(),
            registry_uri: self.registry_url.clone(),
            srv_description: request.srv_description,
            entitlements: request.entitlements,
            privacy_policy: request.privacy_policy,
            support_uri: request.support_uri,
            supervisory_authority: request.supervisory_authority,
            purpose: request.purpose,
            credentials: request.credentials,
            intended_use_id: request.intended_use_id,
            iat: now,
            exp: now.plus(life),
        };
        Ok(certificate.sign(&self.identity.chain, self.identity.signer.as_ref())?)
    }
}

fn check(request: &RegistrationRequest, life: Seconds) -> Result<(), RegistrationRefusal> {
    let fault = if request.organization.is_empty() || request.name.is_empty() {
        "organization and name are needed"
    } else if request.purpose.is_empty() {
        "a purpose is needed"
    } else if request.credentials.is_empty() {
        "at least one credential is needed"
    } else if !request.privacy_policy.starts_with("https://") {
        "privacy_policy is no https URL"
    } else if !(DAY..=LONGEST_REGISTRATION_LIFE).contains(&life) {
        "valid_days is not between 1 and 366"
    } else {
        return Ok(());
    };
    Err(RegistrationRefusal::Request(fault))
}
