//! The issuer service.

use std::process::ExitCode;

fn main() -> ExitCode {
    mahfada_issuer::main()
}
