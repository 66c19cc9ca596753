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
use crate::page::Language;
use crate::saved_query::{AD_HOC, SavedQuery};

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
    pub(crate) saved_queries: Vec<SavedQuery>,
    /// Whether a copy of a credential counts once in a while (TV-39).
    pub(crate) refuse_reused: bool,
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
    /// A saved query has a name that no request and no metric could carry.
    #[error("agencies.saved_queries.name of {0}: {1:?} is not 1 to 64 letters, digits, '-', '_' or '.', or is taken")]
    SavedQueryName(String, String),
    /// Two saved queries of an agency have one name.
    #[error("agencies.saved_queries.name of {0}: {1:?} stands twice")]
    SavedQueryTwice(String, String),
    /// The file of a saved query cannot be read.
    #[error("agencies.saved_queries.query_file: cannot read {0}")]
    SavedQueryFile(PathBuf, #[source] Option<std::io::Error>),
    /// The file of a saved query holds none that can be asked.
    #[error("agencies.saved_queries.query_file: {0} holds no query that can be asked: {1}")]
    SavedQuery(PathBuf, String),
    /// A saved query wants what the agency is not registered for.
    #[error("agencies.saved_queries of {tenant}: {name:?} wants more than is registered: {excess}")]
    SavedQueryExcess {
        /// The agency.
        tenant: String,
        /// The saved query.
        name: String,
        /// What is not registered.
        excess: String,
    },
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
        Ok(Self {
            return_url,
            saved_queries: load_saved_queries(config)?,
            refuse_reused: config.refuse_reused,
            ..agency
        })
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
            saved_queries: Vec::new(),
            refuse_reused: false,
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

    /// Finds a saved query by its name.
    pub(crate) fn saved_query(&self, name: &str) -> Option<&SavedQuery> {
        self.saved_queries.iter().find(|saved| saved.name == name)
    }

    /// Returns the name under which presentations of this query text are counted.
    pub(crate) fn procedure(&self, query: &str) -> &str {
        self.saved_with_text(query).map_or(AD_HOC, |saved| &saved.name)
    }

    /// Returns what a query is for in a language: as saved with it, else as registered.
    pub(crate) fn purpose(
        &self,
        query: &str,
        registration: Option<&VerifiedRegistration>,
        language: Language,
    ) -> Option<String> {
        let saved = self.saved_with_text(query);
        let saved = saved.and_then(|saved| saved.purpose.get(language.tag()).cloned());
        saved.or_else(|| registration?.purpose(language.tag()).map(str::to_owned))
    }

    fn saved_with_text(&self, query: &str) -> Option<&SavedQuery> {
        self.saved_queries.iter().find(|saved| saved.text == query)
    }
}

fn load_saved_queries(config: &AgencyConfig) -> Result<Vec<SavedQuery>, AgencyConfigError> {
    let mut loaded: Vec<SavedQuery> = Vec::new();
    for saved in &config.saved_queries {
        if loaded.iter().any(|other| other.name == saved.name) {
            return Err(AgencyConfigError::SavedQueryTwice(
                config.tenant.clone(),
                saved.name.clone(),
            ));
        }
        loaded.push(SavedQuery::load(&config.tenant, saved)?);
    }
    Ok(loaded)
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
