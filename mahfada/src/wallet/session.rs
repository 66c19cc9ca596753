//! One command's use of the wallet: the folder is locked, the store open, and what changes is sealed again.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mahfada_wallet_core::{
    ConsentChoice, CredentialId, CredentialStore, PresentationOutcome, ReceivedBatch, WalletError,
};
use mahfada_x509::{Certificate, CertificateError};

use super::Options;
use super::files::{FilesError, KeyFiles};
use super::terminal::Terminal;
use crate::card_folder::{self, CardFolderError};
use crate::output;
use crate::phone::{ByHand, FlowError, Hands, Phone, PhoneError};

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
    /// The wallet is new and has nobody to believe.
    #[error("a new wallet needs a pinned root document (--root FILE), or certificates to believe (--trust FILE.pem)")]
    NoRoot,
    /// A root document was named for a wallet that was made without one, or was made from another.
    #[error("this wallet has no registry and gets none later; make another one with --root FILE")]
    RootTooLate,
    /// The file holds no certificates.
    #[error("{0} holds no certificates in PEM")]
    Trust(PathBuf, #[source] CertificateError),
    /// A certificate of the file is none to be believed.
    #[error("{0} holds a certificate that is no authority's: {1}")]
    NoAuthority(PathBuf, String),
    /// The folder of a card cannot be used.
    #[error(transparent)]
    Card(#[from] CardFolderError),
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
        /// Whose fault it is.
        kind: Failure,
        /// The reason.
        source: Box<dyn Error>,
    },
}

/// The kinds of failure that the exit code tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The citizen said no.
    Declined,
    /// The other side is not believed, or its message does not hold; nothing was shared or kept.
    Untrusted,
    /// The other side answered, and refused.
    Refused,
    /// The other side cannot be reached or gave no usable answer.
    Unavailable,
    /// The card could not be read.
    Card,
    /// The folder of the wallet cannot be used.
    Store,
}

impl WalletCommandError {
    /// Returns the kind of failure, or `None` when the command was used wrongly.
    #[must_use]
    pub const fn failure(&self) -> Option<Failure> {
        match self {
            Self::Flow { kind, .. } => Some(*kind),
            Self::Files(_) => Some(Failure::Store),
            Self::Unreadable(..)
            | Self::Phone(PhoneError::Root(_))
            | Self::NoRoot
            | Self::RootTooLate
            | Self::Trust(..)
            | Self::NoAuthority(..)
            | Self::Card(_) => None,
            Self::Runtime(_) | Self::Phone(_) | Self::Tls(_) => Some(Failure::Unavailable),
        }
    }
}

/// An open wallet.
#[derive(Debug)]
pub(super) struct Session(Phone);

impl Session {
    pub(super) fn open(options: &Options) -> Result<Self, WalletCommandError> {
        let client = client(options)?;
        let by_hand = by_hand(options)?;
        // A folder is made only for a wallet that can be: a first use without a root leaves nothing behind.
        if options.root.is_none() && by_hand.is_none() && !options.store.is_dir() {
            return Err(WalletCommandError::NoRoot);
        }
        let files = KeyFiles::open(&options.store)?;
        let store_file = files.store_file();
        let mut phone = if files.is_new()? {
            new_phone(client, files, store_file, options, by_hand.is_some())?
        } else {
            let opened = Phone::open(client, Box::new(files), store_file);
            opened.map_err(failed("the wallet cannot be opened"))?
        };
        if phone.registry().is_none() && options.root.is_some() {
            return Err(WalletCommandError::RootTooLate);
        }
        if let Some(by_hand) = by_hand {
            phone.believe(by_hand);
        }
        Ok(Self(phone))
    }

    pub(super) const fn store(&self) -> &CredentialStore {
        &self.0.store
    }

    pub(super) async fn update_trust(&mut self, options: &Options) -> Result<(), WalletCommandError> {
        // A wallet without a registry has nothing to bring up to date.
        let Some(trust) = self.0.registry() else { return Ok(()) };
        let named = &trust.root().document().registry_base_url;
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

    pub(super) async fn tap(
        &mut self,
        offer: &str,
        card: &Path,
        terminal: &mut Terminal,
        copies: u8,
    ) -> Result<ReceivedBatch, WalletCommandError> {
        let mut chip = card_folder::read(card)?;
        let hands = Hands {
            card: Some(&mut chip),
            ..asking(terminal)
        };
        let received = self.0.tap_card_for_offer(offer, hands, copies).await;
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
    move |error| {
        let (kind, code) = match &error {
            FlowError::Wallet(error) => {
                let error = WalletError::from(error);
                (kind_of(&error), error.code())
            }
            FlowError::Store(error) => (Failure::Store, error.code()),
            FlowError::Phone(PhoneError::NoCard) => (Failure::Card, "no_card"),
            FlowError::Phone(PhoneError::NoTxCode) => (Failure::Declined, "tx_code_missing"),
            FlowError::Phone(PhoneError::Http(_)) => (Failure::Unavailable, "no_answer"),
            FlowError::Phone(_) => (Failure::Unavailable, "phone"),
        };
        WalletCommandError::Flow {
            what,
            code,
            kind,
            source: Box::new(error),
        }
    }
}

const fn kind_of(error: &WalletError) -> Failure {
    match error {
        WalletError::Declined => Failure::Declined,
        WalletError::Refused(_) => Failure::Refused,
        WalletError::Unavailable(_) => Failure::Unavailable,
        WalletError::Card(_) => Failure::Card,
        WalletError::Store(_) => Failure::Store,
        _ => Failure::Untrusted,
    }
}

fn new_phone(
    client: reqwest::Client,
    files: KeyFiles,
    store_file: PathBuf,
    options: &Options,
    by_hand: bool,
) -> Result<Phone, WalletCommandError> {
    let phone = match options.root.as_deref() {
        Some(root) => Phone::new(client, Box::new(files), &read(root)?, store_file)?,
        None if by_hand => Phone::without_registry(client, Box::new(files), store_file)?,
        None => return Err(WalletCommandError::NoRoot),
    };
    output::warn("a new wallet; its keys are software keys in files, not in hardware: for tests only");
    if phone.registry().is_none() {
        output::warn("it has no registry: nobody vouches for whom it meets but the certificates of --trust");
    }
    Ok(phone)
}

/// Reads the certificates that the person at the terminal chose; what the wallet fetches never adds to them.
fn by_hand(options: &Options) -> Result<Option<ByHand>, WalletCommandError> {
    let Some(path) = &options.trust else { return Ok(None) };
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let certificates =
        Certificate::from_pem_many(&text).map_err(|error| WalletCommandError::Trust(path.clone(), error))?;
    if let Some(leaf) = certificates.iter().find(|certificate| !certificate.is_ca()) {
        return Err(WalletCommandError::NoAuthority(path.clone(), leaf.subject().to_owned()));
    }
    Ok(Some(ByHand {
        certificates,
        plain_loopback: options.insecure_loopback,
    }))
}

fn client(options: &Options) -> Result<reqwest::Client, WalletCommandError> {
    let mut builder = reqwest::Client::builder()
        // wallet-core has judged every address before; without the option nothing but TLS gets even this far.
        .https_only(!options.insecure_loopback)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT);
    if let Some(path) = &options.tls_ca {
        let anchors = reqwest::Certificate::from_pem_bundle(&read(path)?).map_err(WalletCommandError::Tls)?;
        builder = builder.tls_certs_only(anchors);
    }
    builder.build().map_err(WalletCommandError::Tls)
}

fn read(path: &Path) -> Result<Vec<u8>, WalletCommandError> {
    std::fs::read(path).map_err(|error| WalletCommandError::Unreadable(path.to_owned(), error))
}
