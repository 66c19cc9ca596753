//! The command line of the service: read the configuration, run, and tell the shell what went wrong.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mahfada_web::config::{ConfigError, EX_CONFIG, load, process_environment};
use mahfada_web::fault::chain;
use mahfada_web::listen::Listeners;
use mahfada_web::logging;
use mahfada_web::server::shutdown_signal;

use crate::app::{RunError, TestAnchors, check};
use crate::config::Config;
use crate::serve::run;

/// Runs the issuer service.
#[derive(Debug, Parser)]
#[command(name = "issuer", version, about)]
struct Arguments {
    /// The configuration file; keys may also come as `MAHFADA_ISSUER__SECTION__KEY`.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Loads everything the configuration names and ends without listening; the database is left alone.
    #[arg(long)]
    check_config: bool,
}

/// Why the command ends.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("the configuration is refused")]
    Config(#[from] ConfigError),
    #[error("the issuer does not run")]
    Run(#[from] RunError),
    #[error("a socket cannot be opened")]
    Io(#[from] std::io::Error),
}

/// Runs the service from the command line; a refused configuration exits with 78.
#[must_use]
pub fn main() -> ExitCode {
    main_from(std::env::args_os())
}

/// Runs the service with the arguments of another command, the first of which is the name shown in messages.
#[must_use]
pub fn main_from(arguments: impl IntoIterator<Item: Into<OsString> + Clone>) -> ExitCode {
    match start(&Arguments::parse_from(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a subscriber yet, this one makes sure that the reason is seen.
            let _ = logging::init("error");
            tracing::error!(error = chain(&error), "the issuer does not run");
            ExitCode::from(error.exit_code())
        }
    }
}

impl CommandError {
    fn exit_code(&self) -> u8 {
        let configuration = match self {
            Self::Config(_) => true,
            Self::Run(error) => error.is_configuration(),
            Self::Io(_) => false,
        };
        if configuration {
            u8::try_from(EX_CONFIG).unwrap_or(1)
        } else {
            1
        }
    }
}

fn start(arguments: &Arguments) -> Result<(), CommandError> {
    let config: Config = load("issuer", arguments.config.as_deref(), process_environment())?;
    let _telemetry = mahfada_telemetry::init("mahfada-issuer", &config.log_level, &config.telemetry)
        .map_err(|error| ConfigError::Key { message: chain(&error) })?;
    if arguments.check_config {
        check(config)?;
        tracing::info!("the configuration holds");
        return Ok(());
    }
    let listeners = Listeners::bind(&config.server)?;
    Ok(tokio::runtime::Runtime::new()?.block_on(run(config, TestAnchors::Refused, listeners, shutdown_signal()))?)
}
