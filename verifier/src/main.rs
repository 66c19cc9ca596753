//! The verifier service.

use std::process::ExitCode;

fn main() -> ExitCode {
    mahfada_verifier::main()
}
