//! `mahfada demo` tells the whole story on this machine; `mahfada serve` runs one of the services.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use mahfada::demo::{self, Language, StepName};

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
