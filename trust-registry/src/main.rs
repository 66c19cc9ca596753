//! The trust registry service.

use std::process::ExitCode;

fn main() -> ExitCode {
    mahfada_trust_registry::main()
}
