//! Registration certificates: what a relying party may ask for, signed by the registrar (ETSI TS 119 475 §5.2).

use mahfada_base::{Seconds, UnixTime};
use mahfada_trust::{
    LONGEST_REGISTRATION_LIFE, LocalizedText, RegisteredCredential, RegistrationCertificate, RegistrationSignError,
    SupervisoryAuthority,
};
use mahfada_web::keys::SigningIdentity;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

mod schema;

const DAY: Seconds = 86_400;
/// The most bytes of a text that wallets show.
const LONGEST_TEXT: usize = 1024;
const NO_TEXT: &str = "is no text of 1 to 1024 bytes without control characters";

/// What an operator asks to have certified about one intended use of a relying party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistrationRequest {
    /// The organization identifier, the same as in the access certificate.
    #[schema(example = "NTRMA-12345")]
    pub organization: String,
    /// The trade name.
    #[schema(example = "Clinic")]
    pub name: String,
    /// What the service is, by language.
    #[serde(default)]
    #[schema(schema_with = schema::srv_description)]
    pub srv_description: LocalizedText,
    /// What the relying party is: URIs of entitlements.
    #[serde(default)]
    pub entitlements: Vec<String>,
    /// The https address of the privacy policy.
    #[schema(example = "https://clinic.example/privacy")]
    pub privacy_policy: String,
    /// Where citizens ask for help or the erasure of their data: an https, mailto or tel URI.
    #[serde(default)]
    pub support_uri: String,
    /// The authority that watches over the processing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::supervisory_authority)]
    pub supervisory_authority: Option<SupervisoryAuthority>,
    /// Why the claims are needed, by language.
    #[schema(schema_with = schema::purpose)]
    pub purpose: LocalizedText,
    /// The credentials and claims that may be asked for.
    #[schema(schema_with = schema::credentials)]
    pub credentials: Vec<RegisteredCredential>,
    /// The identifier of the intended use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intended_use_id: Option<String>,
    /// For how many days the certificate is good, from 1 to 366. Default: 180.
    #[serde(default = "default_days")]
    #[schema(minimum = 1, maximum = 366, example = 180)]
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
    /// A member makes no sense.
    #[error("{path}: {fault}")]
    Request {
        /// The member.
        path: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The registrar's own certificate is not valid now, so that nobody would accept what it signs.
    #[error("the registrar's certificate is not valid now")]
    SignerExpired,
    /// The certificate could not be signed.
    #[error("the registration cannot be signed")]
    Sign(#[from] RegistrationSignError),
}

impl RegistrationRefusal {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Request { .. } => "registration_request",
            Self::SignerExpired | Self::Sign(_) => "registration_sign",
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
        let leaf = self.identity.leaf().ok_or(RegistrationRefusal::SignerExpired)?;
        if now < leaf.not_before() || leaf.not_after() < now {
            return Err(RegistrationRefusal::SignerExpired);
        }
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

/// Names the first member that cannot be certified.
fn check(request: &RegistrationRequest, life: Seconds) -> Result<(), RegistrationRefusal> {
    require(is_text(&request.organization), "organization", NO_TEXT)?;
    require(is_text(&request.name), "name", NO_TEXT)?;
    require(!request.purpose.is_empty(), "purpose", "a purpose is needed")?;
    check_texts("purpose", &request.purpose)?;
    check_texts("srv_description", &request.srv_description)?;
    require(is_https(&request.privacy_policy), "privacy_policy", "is no https URL")?;
    let support = &request.support_uri;
    let reachable = support.is_empty() || is_https(support) || is_contact(support);
    require(reachable, "support_uri", "is no https, mailto or tel URI")?;
    require(
        !request.credentials.is_empty(),
        "credentials",
        "at least one credential is needed",
    )?;
    for (place, credential) in request.credentials.iter().enumerate() {
        let path = |member: &str| format!("credentials[{place}].{member}");
        require(is_text(&credential.format), path("format"), NO_TEXT)?;
        let types = &credential.meta.vct_values;
        let named = !types.is_empty() && types.iter().all(|vct| is_text(vct));
        require(named, path("meta.vct_values"), "at least one type is needed")?;
    }
    let is_allowed = (DAY..=LONGEST_REGISTRATION_LIFE).contains(&life);
    require(is_allowed, "valid_days", "is not between 1 and 366")
}

fn check_texts(member: &str, texts: &LocalizedText) -> Result<(), RegistrationRefusal> {
    for (place, text) in texts.iter().enumerate() {
        require(is_text(&text.lang), format!("{member}[{place}].lang"), NO_TEXT)?;
        require(is_text(&text.value), format!("{member}[{place}].value"), NO_TEXT)?;
    }
    Ok(())
}

fn require(holds: bool, path: impl Into<String>, fault: &'static str) -> Result<(), RegistrationRefusal> {
    if holds {
        return Ok(());
    }
    Err(RegistrationRefusal::Request {
        path: path.into(),
        fault,
    })
}

/// Wallets show these texts, so they are visible, and say what they seem to say.
fn is_text(text: &str) -> bool {
    let misleads = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !text.trim().is_empty() && text.len() <= LONGEST_TEXT && !text.contains(misleads)
}

fn is_https(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some())
}

fn is_contact(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "mailto" | "tel") && !url.path().is_empty())
}
