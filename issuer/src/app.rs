//! The service put together: what the configuration names is loaded and checked.

mod load;

use std::path::PathBuf;
use std::sync::Arc;

use mahfada_base::{CLOCK_SKEW, Clock, Report, Seconds, Secret};
use mahfada_crypto::{CryptoProvider, Random};
use mahfada_events::{Events, EventsConfigError};
use mahfada_storage::{Storage, StorageError};
use mahfada_telemetry::{Metrics, TelemetryConfigError};
use mahfada_web::api_key::ApiKeys;
use mahfada_web::client::OutboundError;
use mahfada_web::config::SecretFileError;
use mahfada_web::openapi::OpenApiError;
use mahfada_web::sealing::SealingKey;
use mahfada_web::server::ServeError;
use mahfada_web::tls::TlsError;

pub use self::load::check;
use crate::card_limits::CardLimits;
use crate::credential_issuer::{CredentialIssuer, IssuerConfigError};
use crate::issuance::status::StatusTokens;
use crate::measures::Measured;
use crate::proofing::{CardConfigError, CardProofing};

/// How long codes, tokens and card sessions outlive their end, so that an agency can ask what became of an offer.
const KEPT_AFTER_END: Seconds = 86_400;
/// How long events are kept.
const EVENTS_KEPT: Seconds = 30 * 86_400;

/// Whether the published test card authority may be an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestAnchors {
    /// A service that is configured with it does not start (exit code 78).
    Refused,
    /// Only the demonstration says this; there is no configuration key for it.
    AcceptedByDemo,
}

/// Everything a handler needs.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) issuers: Vec<CredentialIssuer>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) crypto: &'static CryptoProvider,
    pub(crate) sealing: SealingKey,
    pub(crate) keys: Keys,
    pub(crate) card: Option<CardProofing>,
    pub(crate) api_keys: ApiKeys,
    pub(crate) status_tokens: StatusTokens,
    pub(crate) card_limits: CardLimits,
    pub(crate) events: Events,
    pub(crate) metrics: Metrics,
    pub(crate) measured: Measured,
}

/// The secret keys, each for one use.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) challenge: Secret<[u8; 32]>,
    pub(crate) nonce: Secret<[u8; 32]>,
    pub(crate) offer: Secret<[u8; 32]>,
    pub(crate) reference: Secret<[u8; 32]>,
}

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A credential issuer cannot run as configured.
    #[error(transparent)]
    Issuer(#[from] IssuerConfigError),
    /// The card authorities cannot be used as configured.
    #[error(transparent)]
    Card(#[from] CardConfigError),
    /// A secret cannot be read.
    #[error("keys")]
    Secret(#[from] SecretFileError),
    /// Two credential issuers have one slug.
    #[error("issuers.slug: {0:?} stands twice")]
    SlugTwice(String),
    /// An API key is for a tenant that is no credential issuer of this service.
    #[error("api_keys.tenant: no credential issuer has the slug {0:?}")]
    UnknownTenant(String),
    /// The webhooks cannot be used as configured.
    #[error("webhooks")]
    Webhooks(#[from] EventsConfigError),
    /// The trust anchors of outbound requests cannot be used.
    #[error("outbound")]
    Outbound(#[from] OutboundError),
    /// The section `telemetry` cannot be used.
    #[error("telemetry")]
    Telemetry(#[from] TelemetryConfigError),
    /// The description of the API cannot be written.
    #[error("the description of the management API")]
    OpenApi(#[from] OpenApiError),
    /// The TLS certificate cannot be used.
    #[error("server")]
    Tls(#[from] TlsError),
    /// The folder of the database does not exist.
    #[error("storage.path: {0} lies in no folder")]
    Folder(PathBuf),
    /// The store cannot be opened at this path.
    #[error("storage.path: {0}")]
    Storage(PathBuf, #[source] StorageError),
    /// A socket failed.
    #[error("the server stopped")]
    Serve(#[from] ServeError),
}

impl RunError {
    /// Tells whether the configuration is at fault, so that the process exits with 78.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        !matches!(
            self,
            Self::Serve(_) | Self::Storage(_, StorageError::Busy | StorageError::Full)
        )
    }
}

impl App {
    /// Finds a credential issuer by the path segment of its identifier.
    pub(crate) fn issuer(&self, slug: &str) -> Option<&CredentialIssuer> {
        self.issuers.iter().find(|issuer| issuer.config.slug == slug)
    }

    /// Forgets used values once they are refused by their age alone, and later the rest of what has ended.
    pub(crate) async fn forget_expired(&self) -> Result<u64, StorageError> {
        let now = self.clock.now();
        self.storage
            .purge_all(move |unit| {
                let used = unit.single_use().purge_expired(now.minus(CLOCK_SKEW))?;
                let ended = unit.purge_expired(now.minus(KEPT_AFTER_END))?;
                let events = unit.events().purge_before(now.minus(EVENTS_KEPT))?;
                Ok(used.saturating_add(ended).saturating_add(events))
            })
            .await
    }

    pub(crate) fn readiness(&self) -> Report {
        let mut report = Report::new();
        match self.storage.ready() {
            Ok(()) => report.passed("storage"),
            Err(error) => report.failed("storage", error.code()),
        }
        for issuer in &self.issuers {
            for (name, identity) in [("signer", &issuer.signing), ("status_signer", &issuer.status.signing)] {
                match identity.self_test(self.crypto) {
                    Ok(()) => report.passed(name),
                    Err(error) => report.failed(name, format!("{}: {}", issuer.config.slug, error.code())),
                }
            }
        }
        report
    }
}
