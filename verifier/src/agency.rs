//! One agency as it runs: access certificate, client identifier, registration certificate.

use std::path::{Path, PathBuf};

use mahfada_base::{UnixTime, base64url};
use mahfada_crypto::CryptoProvider;
use mahfada_storage::TenantId;
use mahfada_trust::{RegistrationError, TrustStore, UnverifiedRegistration, VerifiedRegistration};
use mahfada_web::config::PublicUrl;
use mahfada_web::keys::{IdentityError, SigningIdentity};
use url::Url;

use crate::config::AgencyConfig;

/// The most bytes of a registration certificate.
const MAX_REGISTRATION_BYTES: u64 = 64 * 1024;

/// An agency with everything it needs to ask.
#[derive(Debug)]
pub(crate) struct Agency {
    pub(crate) tenant: TenantId,
    pub(crate) access: SigningIdentity,
    pub(crate) client_id: String,
    pub(crate) registration: String,
    pub(crate) return_url: Option<Url>,
    organization: String,
}

/// Why an agency cannot ask as configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgencyConfigError {
    /// The access key or its chain cannot be used.
    #[error("agencies.access of {0}")]
    Access(String, #[source] IdentityError),
    /// The access certificate does not say which organization it is.
    #[error("agencies.access of {0}: the certificate names no organization identifier")]
    Organization(String),
    /// Wallets refuse requests whose answers go to a host that the access certificate does not name.
    #[error("agencies.access of {0}: the certificate does not name the host of server.public_url")]
    Host(String),
    /// The registration certificate cannot be read.
    #[error("agencies.registration_file: cannot read {0}")]
    RegistrationFile(PathBuf, #[source] Option<std::io::Error>),
    /// The registration certificate is none.
    #[error("agencies.registration_file: {0} holds no registration certificate")]
    Registration(PathBuf, #[source] RegistrationError),
    /// The address to return to is none.
    #[error("agencies.return_url of {0}: not an https address")]
    ReturnUrl(String),
    /// Two agencies have one tenant.
    #[error("agencies.tenant: {0:?} stands twice")]
    TenantTwice(String),
    /// An API key names a tenant that no agency has.
    #[error("api_keys.tenant: {0:?} is no agency")]
    UnknownTenant(String),
}

impl Agency {
    /// Loads the files of an agency and refuses what no wallet would answer.
    pub(crate) fn load(
        config: &AgencyConfig,
        public_url: &PublicUrl,
        crypto: &CryptoProvider,
    ) -> Result<Self, AgencyConfigError> {
        let access = SigningIdentity::load(&config.access, crypto)
            .map_err(|error| AgencyConfigError::Access(config.tenant.clone(), error))?;
        let registration = read_registration(&config.registration_file)?;
        let return_url = config.return_url.as_deref().map(Url::parse).transpose().ok();
        let return_url = return_url
            .filter(|url| {
                url.as_ref()
                    .is_none_or(|url| url.scheme() == "https" && url.fragment().is_none())
            })
            .ok_or_else(|| AgencyConfigError::ReturnUrl(config.tenant.clone()))?;
        let agency = Self::new(&config.tenant, access, registration, public_url, crypto)?;
        Ok(Self { return_url, ..agency })
    }

    /// Joins an access certificate and a registration certificate whose text has been parsed.
    pub(crate) fn new(
        tenant: &str,
        access: SigningIdentity,
        registration: String,
        public_url: &PublicUrl,
        crypto: &CryptoProvider,
    ) -> Result<Self, AgencyConfigError> {
        let leaf = access
            .leaf()
            .ok_or_else(|| AgencyConfigError::Access(tenant.to_owned(), IdentityError::KeyMismatch))?;
        let organization = leaf
            .organization_identifier()
            .ok_or_else(|| AgencyConfigError::Organization(tenant.to_owned()))?
            .to_owned();
        // Decision D9: the host of `response_uri` is a name of the access certificate.
        let url = Url::parse(public_url.as_str()).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        if !leaf.dns_names().iter().any(|name| name.eq_ignore_ascii_case(host)) {
            return Err(AgencyConfigError::Host(tenant.to_owned()));
        }
        let client_id = format!("x509_hash:{}", base64url::encode(leaf.sha256(crypto.digest)));
        Ok(Self {
            tenant: TenantId::new(tenant),
            access,
            client_id,
            registration,
            return_url: None,
            organization,
        })
    }

    /// Verifies the registration certificate as wallets will: registrar, organization and times, now.
    pub(crate) fn verify_registration(
        &self,
        store: &TrustStore,
        now: UnixTime,
        crypto: &CryptoProvider,
    ) -> Result<VerifiedRegistration, RegistrationError> {
        UnverifiedRegistration::parse(&self.registration)?.verify(store, &self.organization, now, crypto)
    }
}

fn read_registration(path: &Path) -> Result<String, AgencyConfigError> {
    let unreadable = |error| AgencyConfigError::RegistrationFile(path.to_owned(), error);
    let length = std::fs::metadata(path).map_err(|error| unreadable(Some(error)))?.len();
    if length > MAX_REGISTRATION_BYTES {
        return Err(unreadable(None));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(Some(error)))?;
    let text = text.trim().to_owned();
    UnverifiedRegistration::parse(&text).map_err(|error| AgencyConfigError::Registration(path.to_owned(), error))?;
    Ok(text)
}
