//! The story of one citizen, told by real parts: a trust registry, an issuer, a wallet, verifiers, over TLS on this machine.
//!
//! Simulated are the chip of the card, the phone's key store and the people; `docs/limits.md` says more.

mod authority;
mod configuration;
mod forger;
mod keys;
mod office;
mod register;
mod service;
mod story;
mod words;
mod world;

use std::process::ExitCode;

use mahfada_crypto::{KeyError, RandomError};
use mahfada_trust::RootSignError;
use mahfada_web::config::ConfigError;
use mahfada_x509::IssueError;

pub use crate::phone::{Exchange, FlowError, Hands, Phone, PhoneError};
pub use authority::{Identity, IdentityFiles, Organization};
pub use office::{Answer, Https};
pub use story::{Sabotage, StepName, StepReport, Story};
pub use words::Language;
pub use world::{CNSS_RIGHTS, PID, Place, World, citizen};

/// Why the demonstration itself cannot go on; a step that ends otherwise than it must is no such error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The operating system refused something.
    #[error("the operating system refused")]
    Io(#[from] std::io::Error),
    /// No key could be made.
    #[error("no key could be made")]
    Key(#[from] KeyError),
    /// No random bytes were to be had.
    #[error("no random bytes")]
    Random(#[from] RandomError),
    /// No certificate could be made.
    #[error("no certificate could be made")]
    Certificate(#[from] IssueError),
    /// The root document could not be signed.
    #[error("the root document could not be signed")]
    Root(#[from] RootSignError),
    /// A service refused its configuration.
    #[error("a service refused its configuration")]
    Config(#[from] ConfigError),
    /// No answer came.
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    /// The citizen's phone failed.
    #[error("the phone failed")]
    Phone(#[from] PhoneError),
    /// A text could not be written.
    #[error("a text could not be written")]
    Text(#[from] std::fmt::Error),
    /// Something else happened than must.
    #[error("{0}")]
    Unexpected(String),
}

/// How the demonstration is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Only lines that start with a mark; the exit code says the rest.
    pub headless: bool,
    /// Keeps everything running afterwards.
    pub serve: bool,
    /// The language of the story.
    pub language: Language,
    /// The step to sabotage.
    pub sabotage: Option<StepName>,
}

/// Runs the demonstration; the exit code is 0 when every step ended as it must.
#[must_use]
pub fn run(options: Options) -> ExitCode {
    mahfada_web::tls::install_provider();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(story::tell(options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, cause, "the demonstration cannot go on");
            ExitCode::FAILURE
        }
    }
}
