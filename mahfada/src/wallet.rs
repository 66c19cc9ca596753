//! `mahfada wallet`: wallet-core on the command line, for developers and tests of other parts.
//!
//! Its keys are files, not hardware: whoever can read the folder can copy the wallet. A phone does better.

mod files;
mod session;
mod show;
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use mahfada_wallet_core::LogOutcome;

use crate::demo::Language;
use crate::output;
use session::Session;
use terminal::Terminal;

pub use files::FilesError;
pub use session::{Failure, WalletCommandError};

/// How many copies of a credential are asked for: each is shown once.
const COPIES: u8 = 10;

/// Where the wallet is and whom it talks to.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the wallet.
    pub store: PathBuf,
    /// The root document to start from.
    pub root: Option<PathBuf>,
    /// The trust registry, unless it is the one of the root document.
    pub registry: Option<String>,
    /// Certificates to believe by hand, PEM: beside the registry, or in its place.
    pub trust: Option<PathBuf>,
    /// Speaks to this machine itself without TLS; only with `trust`.
    pub insecure_loopback: bool,
    /// The only TLS authorities to trust, PEM, unless those of the system.
    pub tls_ca: Option<PathBuf>,
    /// Agrees to everything without asking.
    pub yes: bool,
    /// The language of names.
    pub language: Language,
}

/// What the wallet does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Redeems an offer.
    Accept {
        /// The link.
        offer: String,
        /// The transaction code from the other channel.
        tx_code: Option<String>,
        /// The folder of the card to tap.
        card: Option<PathBuf>,
    },
    /// Lists the credentials.
    List,
    /// Answers a verifier.
    Present {
        /// The link.
        request: String,
    },
    /// Lists the presentations.
    History,
}

/// Runs one command.
///
/// The exit code is 0 when a credential was kept, an answer given, or a list shown; 1 when the citizen said no, or nothing
/// fitted; 2 when the command was used wrongly; 3 when the other side is not believed; 4 when it refused; 5 when it gave no
/// usable answer; 6 when the card gave none; 7 when the folder of the wallet cannot be used.
#[must_use]
pub fn run(options: &Options, action: &Action) -> ExitCode {
    mahfada_web::tls::install_provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime
        .map_err(WalletCommandError::from)
        .and_then(|runtime| runtime.block_on(act(options, action)));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(exit_code(error.failure()))
        }
    }
}

const fn exit_code(failure: Option<Failure>) -> u8 {
    match failure {
        Some(Failure::Declined) => 1,
        None => 2,
        Some(Failure::Untrusted) => 3,
        Some(Failure::Refused) => 4,
        Some(Failure::Unavailable) => 5,
        Some(Failure::Card) => 6,
        Some(Failure::Store) => 7,
    }
}

async fn act(options: &Options, action: &Action) -> Result<bool, WalletCommandError> {
    let mut session = Session::open(options)?;
    let mut terminal = Terminal::new(options.yes, options.language);
    match action {
        Action::Accept { offer, tx_code, card } => {
            session.update_trust(options).await?;
            let received = match card {
                Some(card) => session.tap(offer, card, &mut terminal, COPIES).await?,
                None => session.redeem(offer, tx_code.clone(), &mut terminal, COPIES).await?,
            };
            show::received(&received, options.language);
            if !terminal.asks("Keep it?") {
                output::text("Not kept.");
                return Ok(false);
            }
            output::text(&format!("Kept as {}.", session.keep(&received)?));
            Ok(true)
        }
        Action::List => {
            show::credentials(session.store().credentials(), options.language);
            Ok(true)
        }
        Action::Present { request } => {
            session.update_trust(options).await?;
            let outcome = session.present(request, &mut terminal).await?;
            show::outcome(&outcome);
            Ok(outcome.outcome == LogOutcome::Presented)
        }
        Action::History => {
            show::history(session.store().log());
            Ok(true)
        }
    }
}
