//! `mahfada demo` tells the whole story on this machine; `mahfada serve` runs one of the services; the other commands
//! judge, show and carry single documents.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use mahfada::demo::{self, Language, StepName};
use mahfada::{card_folder, eid_check, inspect, verify_sd_jwt, wallet};
use mahfada_base::UnixTime;

/// The system's allocator takes a tenth of the time that a presentation costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(name = "mahfada", version, about = "A national digital identity wallet: the backend")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// From the card to a verdict, through every part, on this machine.
    Demo {
        /// One line per step; the exit code says whether every step ended as it must.
        #[arg(long)]
        headless: bool,
        /// Keeps everything running and prints one JSON line with URLs, API keys and the CA file.
        #[arg(long)]
        serve: bool,
        /// The language of the story.
        #[arg(long, value_enum, default_value_t)]
        lang: Language,
        /// Sabotages a step; the exit code must show it.
        #[arg(long = "break", value_enum)]
        sabotage: Option<StepName>,
    },
    /// Runs a service, as its own binary does; what follows is handed to it.
    #[command(disable_help_flag = true)]
    Serve {
        /// The service.
        service: Service,
        /// Its arguments, such as `--config FILE`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Takes a token, certificate, link or document apart and shows it; verifies nothing.
    Inspect {
        /// The file, or `-` for standard input.
        file: PathBuf,
    },
    /// A wallet for tests. Its keys are software keys in files of mode 0600, not in hardware.
    ///
    /// Whom it believes: the registry whose root document it was made with (--root), and under --trust also whoever stands
    /// under the certificates named there; a wallet may be made with --trust alone.
    ///
    /// Exits with 0 when it is done, 1 when you said no or nothing fitted, 2 when used wrongly, 3 when the other side is not
    /// believed, 4 when it refused, 5 when it gave no usable answer, 6 when the card gave none, 7 when the folder cannot be
    /// used.
    Wallet {
        #[command(flatten)]
        options: WalletOptions,
        #[command(subcommand)]
        command: WalletCommand,
    },
    /// Judges a credential.
    Verify {
        #[command(subcommand)]
        command: VerifyCommand,
    },
    /// Identity cards.
    Eid {
        #[command(subcommand)]
        command: EidCommand,
    },
}

#[derive(Debug, clap::Args)]
struct WalletOptions {
    /// The folder of the wallet; made at its first use.
    #[arg(long, value_name = "DIR", global = true)]
    store: Option<PathBuf>,
    /// The pinned root document of the registry; needed at the first use unless --trust is there, and not read later.
    #[arg(long, value_name = "FILE", global = true)]
    root: Option<PathBuf>,
    /// The trust registry; the one that the root document names unless given.
    #[arg(long, value_name = "URL", global = true)]
    registry: Option<String>,
    /// Certificates of authorities to believe by hand, in PEM: for issuers and verifiers that no registry of this wallet
    /// knows. Nobody vouches then for purpose and claims. Counts for this run only.
    #[arg(long, value_name = "FILE.pem", global = true)]
    trust: Option<PathBuf>,
    /// Also speaks to this machine itself without TLS, by number (127.0.0.1 and `[::1]`), and to nobody else; needs
    /// --trust.
    #[arg(long, global = true)]
    insecure_loopback: bool,
    /// The only TLS authorities to trust, in PEM; those of the system unless given.
    #[arg(long, value_name = "FILE", global = true)]
    tls_ca: Option<PathBuf>,
    /// The language of names.
    #[arg(long, value_enum, default_value_t, global = true)]
    lang: Language,
    /// Agrees to everything without asking.
    #[arg(long, global = true)]
    yes: bool,
}

#[derive(Debug, Subcommand)]
enum WalletCommand {
    /// Takes an offer, after asking: with a transaction code, or with a card.
    Accept {
        /// The link or the text of the QR code.
        offer: String,
        /// The transaction code that came by another channel.
        #[arg(long, value_name = "CODE", allow_hyphen_values = true)]
        tx_code: Option<String>,
        /// The folder of a card to tap, as `mahfada eid make-card` writes it: for offers that lead to the card.
        #[arg(long, value_name = "DIR", conflicts_with = "tx_code")]
        card: Option<PathBuf>,
    },
    /// Lists the credentials.
    List,
    /// Answers a verifier, after asking.
    Present {
        /// The link or the text of the QR code.
        request: String,
    },
    /// Lists the presentations: who, when, which claims.
    History,
}

#[derive(Debug, Subcommand)]
enum VerifyCommand {
    /// An SD-JWT VC, with or without key binding: a line of JSON with verdict, reason and checks.
    ///
    /// Exits with 0 when there is a verdict, whatever it is, and with 2 when a file cannot be read.
    SdJwt {
        /// The file, or `-` for standard input.
        file: PathBuf,
        /// Whom to trust: certificates in PEM, under which the issuer's chain must end, or a JWK or JWK set.
        #[arg(long, value_name = "FILE")]
        trust: PathBuf,
        /// The nonce of the request; a key binding is then required.
        #[arg(long, requires = "audience", allow_hyphen_values = true)]
        nonce: Option<String>,
        /// The client identifier of the verifier; a key binding is then required.
        #[arg(long, requires = "nonce")]
        audience: Option<String>,
        /// A status list token, signed by somebody whom the trust file covers.
        #[arg(long, value_name = "FILE")]
        status: Option<PathBuf>,
        /// The time of judgement in RFC 3339, now unless given.
        #[arg(long, value_name = "TIME", value_parser = time)]
        at: Option<UnixTime>,
    },
}

#[derive(Debug, Subcommand)]
enum EidCommand {
    /// Judges recorded card sessions by their bytes: a line of JSON for each case.
    ///
    /// Exits with 0 when every case was judged, whatever the verdicts, and with 2 when that was not possible.
    Check {
        /// The file of cases.
        vectors: PathBuf,
        /// The folder of the country signing authorities, looked up by name.
        #[arg(long, value_name = "DIR")]
        anchors: PathBuf,
        /// The folder of the link certificates; that of the authorities unless given.
        #[arg(long, value_name = "DIR")]
        links: Option<PathBuf>,
        /// The folder of the revocation lists; that of the authorities unless given.
        #[arg(long, value_name = "DIR")]
        crls: Option<PathBuf>,
        /// Lets algorithms of older cards count.
        #[arg(long)]
        allow_legacy: bool,
    },
    /// Makes a TEST card in a folder: its files, its chip's key in clear, and the certificate of the test authority.
    ///
    /// No authority of a real card stands behind it; the issuer of `mahfada demo` takes it, an issuer in production does not
    /// start with such an authority.
    MakeCard {
        /// The folder; it must not be there yet, or be empty.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Another number makes another card of the same citizen.
        #[arg(long, value_name = "N", default_value_t = 1)]
        seed: u64,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Service {
    Issuer,
    Verifier,
    TrustRegistry,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Demo {
            headless,
            serve,
            lang,
            sabotage,
        } => {
            // What the services log belongs to operators; here only what is wrong.
            let _ = mahfada_web::logging::init("error");
            demo::run(demo::Options {
                headless,
                serve,
                language: lang,
                sabotage,
            })
        }
        Command::Inspect { file } => inspect::run(&file),
        Command::Wallet { options, command } => run_wallet(options, command),
        Command::Verify { command } => run_verify(command),
        Command::Eid { command } => run_eid(command),
        Command::Serve { service, arguments } => {
            let arguments = std::iter::once("mahfada serve".to_owned()).chain(arguments);
            match service {
                Service::Issuer => mahfada_issuer::main_from(arguments),
                Service::Verifier => mahfada_verifier::main_from(arguments),
                Service::TrustRegistry => mahfada_trust_registry::main_from(arguments),
            }
        }
    }
}

fn run_eid(command: EidCommand) -> ExitCode {
    match command {
        EidCommand::Check {
            vectors,
            anchors,
            links,
            crls,
            allow_legacy,
        } => eid_check::run(&eid_check::Options {
            vectors,
            folders: eid_check::Folders { anchors, links, crls },
            allow_legacy,
        }),
        EidCommand::MakeCard { folder, seed } => card_folder::run(&folder, seed),
    }
}

fn run_wallet(options: WalletOptions, command: WalletCommand) -> ExitCode {
    let action = match command {
        WalletCommand::Accept { offer, tx_code, card } => wallet::Action::Accept { offer, tx_code, card },
        WalletCommand::List => wallet::Action::List,
        WalletCommand::Present { request } => wallet::Action::Present { request },
        WalletCommand::History => wallet::Action::History,
    };
    // clap cannot demand an option that may also stand behind the subcommand.
    let Some(store) = options.store else {
        let missing = clap::error::ErrorKind::MissingRequiredArgument;
        Arguments::command().error(missing, "wallet needs --store DIR").exit()
    };
    if options.insecure_loopback && options.trust.is_none() {
        let missing = clap::error::ErrorKind::MissingRequiredArgument;
        Arguments::command()
            .error(
                missing,
                "--insecure-loopback needs --trust FILE.pem: whoever speaks without TLS is in no registry",
            )
            .exit()
    }
    let options = wallet::Options {
        store,
        root: options.root,
        registry: options.registry,
        trust: options.trust,
        insecure_loopback: options.insecure_loopback,
        tls_ca: options.tls_ca,
        yes: options.yes,
        language: options.lang,
    };
    wallet::run(&options, &action)
}

fn run_verify(command: VerifyCommand) -> ExitCode {
    let VerifyCommand::SdJwt {
        file,
        trust,
        nonce,
        audience,
        status,
        at,
    } = command;
    let presented_to = nonce
        .zip(audience)
        .map(|(nonce, audience)| verify_sd_jwt::Presented { nonce, audience });
    verify_sd_jwt::run(&verify_sd_jwt::Options {
        file,
        trust,
        presented_to,
        status,
        at,
    })
}

fn time(text: &str) -> Result<UnixTime, &'static str> {
    UnixTime::from_rfc3339(text).ok_or("not a time in RFC 3339, such as 2026-11-22T12:00:00Z")
}
