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

use crate::app::RunError;
use crate::config::Config;
use crate::serve::{check, run};

/// The trust registry of the national identity wallet.
#[derive(Debug, Parser)]
#[command(name = "trust-registry", version, about)]
struct Arguments {
    /// The configuration file; keys may also come as `MAHFADA_TRUST_REGISTRY__SECTION__KEY`.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Loads everything the configuration names and ends, without listening, writing or publishing.
    #[arg(long)]
    check_config: bool,
}

/// Why the command ends.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("the configuration is refused")]
    Config(#[from] ConfigError),
    #[error("the trust registry does not run")]
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
            tracing::error!(error = chain(&error), "the trust registry does not run");
            ExitCode::from(error.exit_code())
        }
    }
}

impl CommandError {
    fn exit_code(&self) -> u8 {
        let code = match self {
            Self::Config(_) => EX_CONFIG,
            Self::Run(error) => error.exit_code(),
            Self::Io(_) => 1,
        };
        u8::try_from(code).unwrap_or(1)
    }
}

fn start(arguments: &Arguments) -> Result<(), CommandError> {
    let config: Config = load("trust-registry", arguments.config.as_deref(), process_environment())?;
    let _telemetry = mahfada_telemetry::init("mahfada-trust-registry", &config.log_level, &config.telemetry)
        .map_err(|error| ConfigError::Key { message: chain(&error) })?;
    if arguments.check_config {
        return Ok(check(&config)?);
    }
    let listeners = Listeners::bind(&config.server)?;
    Ok(tokio::runtime::Runtime::new()?.block_on(run(config, listeners, shutdown_signal()))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Site;

    fn code(site: &Site, toml: &str) -> String {
        let path = site.write("command.toml", toml);
        let arguments = ["trust-registry", "--check-config", "--config", path.to_str().unwrap()];
        format!("{:?}", main_from(arguments))
    }

    #[test]
    fn checking_a_configuration_exits_with_0_or_78() {
        let site = Site::new();
        // The first one starts the log of this whole test process.
        let quiet = format!("log_level = \"off\"\n{}", site.toml());
        assert_eq!(code(&site, &quiet), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(&site, "nothing = 1"), format!("{:?}", ExitCode::from(78)));
    }

    #[test]
    fn only_the_configuration_exits_with_78() {
        let io = || std::io::Error::other("taken");
        assert_eq!(CommandError::from(RunError::ListLife(0)).exit_code(), 78);
        assert_eq!(CommandError::from(RunError::SharedKey).exit_code(), 78);
        assert_eq!(CommandError::from(io()).exit_code(), 1);
        let served = RunError::from(mahfada_web::server::ServeError::Io(io()));
        assert_eq!(CommandError::from(served).exit_code(), 1);
    }
}
