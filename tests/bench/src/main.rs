//! `make bench` and `make bench-http`: what the work of the system costs beside the bare signatures it cannot do without.
//!
//! One program, one run, so that every figure stands beside the raw limit of the same minute. Without argument the times
//! are CPU time of the one thread that works, the median of seven rounds; with `http` they are those of the services.
//! Exits with 1 when a figure misses its target.
#![forbid(unsafe_code)]

/// The allocator of the services.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod card;
mod country;
mod credential;
mod http;
mod measure;
mod raw;
mod report;
mod status;
mod trust;

use std::process::ExitCode;

use measure::Failure;
use report::Report;

fn main() -> ExitCode {
    let mut report = Report::default();
    let measured = match std::env::args().nth(1).as_deref() {
        Some("http") => http::measure(&mut report),
        _ => run(&mut report),
    };
    match measured {
        Ok(()) if report.met() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            report.fault(&*error);
            ExitCode::FAILURE
        }
    }
}

fn run(report: &mut Report) -> Result<(), Failure> {
    let raw = raw::Raw::new(report)?;
    let country = country::Country::new()?;
    credential::measure(report, &country, &raw)?;
    trust::measure(report, &country)?;
    status::measure(report)?;
    card::measure(report)
}
