//! The service as a process: arguments, environment, signals, exit code.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mahfada_web::config::{load, process_environment};
use mahfada_web::fault::chain;
use mahfada_web::listen::Listeners;
use mahfada_web::logging;
use mahfada_web::server::shutdown_signal;

use crate::app::{RegistrationCheck, RunError, check, run};
use crate::config::Config;

/// The verifier of the national identity wallet.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file (TOML).
    #[arg(long)]
    config: Option<PathBuf>,
    /// Loads everything that the configuration names, says whether it holds, and ends without listening.
    #[arg(long)]
    check_config: bool,
}

/// Runs the service as a process.
#[must_use]
pub fn main() -> ExitCode {
    main_from(std::env::args_os())
}

/// Runs the service with the arguments of another command, the first of which is the name shown in messages.
#[must_use]
pub fn main_from(arguments: impl IntoIterator<Item: Into<OsString> + Clone>) -> ExitCode {
    let arguments = Arguments::parse_from(arguments);
    match start(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a subscriber yet, this one makes sure that the reason is seen.
            let _ = logging::init("error");
            tracing::error!(error = %chain(&error), "the verifier does not run");
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
        }
    }
}

fn start(arguments: &Arguments) -> Result<(), RunError> {
    let config: Config = load("verifier", arguments.config.as_deref(), process_environment())?;
    if arguments.check_config {
        logging::init(&config.log_level).map_err(mahfada_telemetry::TelemetryError::from)?;
        check(&config)?;
        tracing::info!("the configuration holds");
        return Ok(());
    }
    let _telemetry = mahfada_telemetry::init("mahfada-verifier", &config.log_level, &config.telemetry)?;
    let listeners = Listeners::bind(&config.server)?;
    let running = Box::pin(run(config, RegistrationCheck::Enforced, listeners, shutdown_signal()));
    tokio::runtime::Runtime::new()?.block_on(running)
}
