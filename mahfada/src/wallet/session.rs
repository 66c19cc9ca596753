//! One command's use of the wallet: the folder is locked, the store open, and what changes is sealed again.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mahfada_wallet_core::{
    ConsentChoice, CredentialId, CredentialStore, PresentationOutcome, ReceivedBatch, WalletError,
};

use super::Options;
use super::files::{FilesError, KeyFiles};
use super::terminal::Terminal;
use crate::output;
use crate::phone::{FlowError, Hands, Phone, PhoneError};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why a command of the wallet did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletCommandError {
    /// The runtime could not be started.
    #[error("no runtime")]
    Runtime(#[from] io::Error),
    /// The folder cannot be used.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A file that was named cannot be read.
    #[error("cannot read {0}")]
    Unreadable(PathBuf, #[source] io::Error),
    /// The wallet is new and has no root document to start from.
    #[error("a new wallet needs a pinned root document: --root FILE")]
    NoRoot,
    /// The phone's part failed before anything was asked of anybody.
    #[error("the wallet cannot start")]
    Phone(#[from] PhoneError),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] reqwest::Error),
    /// The wallet, the citizen or the other side refused.
    #[error("{what} ({code})")]
    Flow {
        /// What was to be done.
        what: &'static str,
        /// The stable reason code.
        code: &'static str,
        /// The reason.
        source: Box<dyn Error>,
    },
}

/// An open wallet.
#[derive(Debug)]
pub(super) struct Session(Phone);

impl Session {
    pub(super) fn open(options: &Options) -> Result<Self, WalletCommandError> {
        let client = client(options.tls_ca.as_deref())?;
        // A folder is made only for a wallet that can be: a first use without a root leaves nothing behind.
        if options.root.is_none() && !options.store.is_dir() {
            return Err(WalletCommandError::NoRoot);
        }
        let files = KeyFiles::open(&options.store)?;
        let store_file = files.store_file();
        if files.is_new()? {
            let root = read(options.root.as_deref().ok_or(WalletCommandError::NoRoot)?)?;
            output::warn("a new wallet; its keys are software keys in files, not in hardware: for tests only");
            return Ok(Self(Phone::new(client, Box::new(files), &root, store_file)?));
        }
        Phone::open(client, Box::new(files), store_file)
            .map(Self)
            .map_err(failed("the wallet cannot be opened"))
    }

    pub(super) const fn store(&self) -> &CredentialStore {
        &self.0.store
    }

    pub(super) async fn update_trust(&mut self, options: &Options) -> Result<(), WalletCommandError> {
        let named = &self.0.trust.root().document().registry_base_url;
        let registry = options.registry.as_ref().unwrap_or(named).clone();
        let updated = self.0.update_trust(&registry).await;
        updated.map_err(failed("the trusted lists cannot be brought up to date"))?;
        self.0
            .save::<mahfada_wallet_core::TrustUpdateError>()
            .map_err(failed("the wallet cannot be saved"))
    }

    pub(super) async fn redeem(
        &mut self,
        offer: &str,
        tx_code: Option<String>,
        terminal: &mut Terminal,
        copies: u8,
    ) -> Result<ReceivedBatch, WalletCommandError> {
        let hands = Hands {
            tx_code,
            ..asking(terminal)
        };
        let received = self.0.redeem(offer, hands, copies).await;
        received.map_err(failed("no credential was received"))
    }

    pub(super) fn keep(&mut self, received: &ReceivedBatch) -> Result<CredentialId, WalletCommandError> {
        self.0.keep(received).map_err(failed("the credential cannot be kept"))
    }

    pub(super) async fn present(
        &mut self,
        request: &str,
        terminal: &mut Terminal,
    ) -> Result<PresentationOutcome, WalletCommandError> {
        let outcome = self.0.present(request, asking(terminal)).await;
        outcome.map_err(failed("nothing was presented"))
    }
}

fn asking(terminal: &mut Terminal) -> Hands<'_> {
    Hands {
        card: None,
        choice: ConsentChoice::Refuse,
        tx_code: None,
        citizen: Some(terminal),
    }
}

fn failed<E>(what: &'static str) -> impl FnOnce(FlowError<E>) -> WalletCommandError
where
    E: Error + 'static,
    for<'e> WalletError: From<&'e E>,
{
    move |error| WalletCommandError::Flow {
        what,
        code: match &error {
            FlowError::Wallet(error) => WalletError::from(error).code(),
            FlowError::Store(error) => error.code(),
            FlowError::Phone(_) => "phone",
        },
        source: Box::new(error),
    }
}

fn client(tls_ca: Option<&Path>) -> Result<reqwest::Client, WalletCommandError> {
    let mut builder = reqwest::Client::builder()
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT);
    if let Some(path) = tls_ca {
        let anchors = reqwest::Certificate::from_pem_bundle(&read(path)?).map_err(WalletCommandError::Tls)?;
        builder = builder.tls_certs_only(anchors);
    }
    builder.build().map_err(WalletCommandError::Tls)
}

fn read(path: &Path) -> Result<Vec<u8>, WalletCommandError> {
    std::fs::read(path).map_err(|error| WalletCommandError::Unreadable(path.to_owned(), error))
}
