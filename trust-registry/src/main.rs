//! The trust registry service.

use std::process::ExitCode;

/// The system's allocator takes a tenth of the time that a presentation costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mahfada_trust_registry::main()
}
