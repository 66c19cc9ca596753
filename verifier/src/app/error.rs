//! Why the service does not run, and what that says to the operator.

use std::path::PathBuf;

use mahfada_crypto::KeyError;
use mahfada_events::EventsConfigError;
use mahfada_storage::StorageError;
use mahfada_telemetry::TelemetryError;
use mahfada_web::client::OutboundError;
use mahfada_web::config::{ConfigError, EX_CONFIG, SecretFileError};
use mahfada_web::server::ServeError;
use mahfada_web::tls::TlsError;
use mahfada_web::trust_client::TrustSourceError;

use crate::agency::AgencyConfigError;

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An agency cannot ask as configured.
    #[error(transparent)]
    Agency(#[from] AgencyConfigError),
    /// A number is out of range.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// The sealing key cannot be read.
    #[error("sealing.key_file")]
    Secret(#[from] SecretFileError),
    /// The TLS certificate cannot be used.
    #[error("server")]
    Tls(#[from] TlsError),
    /// The outbound settings cannot be used.
    #[error("outbound.trust_anchors_file")]
    Outbound(#[from] OutboundError),
    /// A webhook cannot be used.
    #[error("webhooks")]
    Events(#[from] EventsConfigError),
    /// Logging or the export of traces cannot start.
    #[error("telemetry or log_level")]
    Telemetry(#[from] TelemetryError),
    /// The folder of the database does not exist.
    #[error("storage.path: {0} lies in no folder")]
    Folder(PathBuf),
    /// A key cannot be derived from the sealing key.
    #[error("sealing.key_file")]
    Derive(#[from] KeyError),
    /// The pinned root document or what was remembered of the trust lists cannot be used.
    #[error("trust")]
    Trust(#[from] TrustSourceError),
    /// The trust registry gave no list that holds, so that nobody could be trusted.
    #[error("no list of trusted entities could be had from the trust registry ({0})")]
    NoLists(String),
    /// The store cannot be opened at this path.
    #[error("storage.path: {0}")]
    Storage(PathBuf, #[source] StorageError),
    /// A socket failed while serving.
    #[error("the server stopped")]
    Serve(#[from] ServeError),
    /// The asynchronous runtime or a socket cannot be had.
    #[error("the operating system refused")]
    Io(#[from] std::io::Error),
}

impl RunError {
    /// Tells whether the configuration is at fault.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        !matches!(
            self,
            Self::Serve(ServeError::Io(_)) | Self::Io(_) | Self::NoLists(_) | Self::Storage(..)
        )
    }

    /// Returns the exit code: 78 when the configuration is at fault, 1 otherwise.
    #[must_use]
    pub const fn exit_code(&self) -> i32 {
        if self.is_configuration() { EX_CONFIG } else { 1 }
    }
}
