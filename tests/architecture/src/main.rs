//! Reads `cargo metadata --format-version 1` from standard input and refuses what ARCHITECTURE.md forbids.
//!
//! Prints one line per violation and exits 1 when there is any, 2 when the input is no metadata.
#![forbid(unsafe_code)]

mod graph;
mod rules;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut input = Vec::new();
    let mut out = std::io::stderr();
    let graph = match std::io::stdin().read_to_end(&mut input) {
        Ok(_) => graph::Graph::from_metadata(&input),
        Err(error) => Err(graph::GraphError::Unreadable(error)),
    };
    let graph = match graph {
        Ok(graph) => graph,
        Err(error) => {
            let _ = writeln!(out, "no verdict: {error}");
            return ExitCode::from(2);
        }
    };
    let violations = rules::violations(&graph);
    for violation in &violations {
        let _ = writeln!(out, "{violation}");
    }
    let _ = writeln!(
        out,
        "architecture: {} packages, {} violations",
        graph.packages().count(),
        violations.len()
    );
    if violations.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
