//! `make bench-http`: an issuer and a verifier as processes of their own, over TLS, with their stores on disk.
//!
//! What is compared is the CPU time of the server process, all threads and the kernel's work for it included, with the
//! cryptography that the protocol asks of it. Throughput and latency are those of this machine, which the client and
//! its own cryptography share.

mod client;
mod demo;
mod issuance;
mod load;
mod presentation;
mod server;

use crate::measure::Failure;
use crate::raw::Raw;
use crate::report::Report;
pub(crate) use load::Load;

use client::Client;
use demo::Demo;
use server::{Server, Service};

/// How many credentials are issued, and then answered.
const COUNT: usize = 2_000;
/// How many presentations lie open when the memory is looked at.
const OPEN: usize = 10_000;
const MIB: u64 = 1024 * 1024;

/// Runs the services, issues, presents, and looks at their memory.
pub(crate) fn measure(report: &mut Report) -> Result<(), Failure> {
    let raw = Raw::new(report)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(report, &raw))
}

async fn run(report: &mut Report, raw: &Raw) -> Result<(), Failure> {
    let demo = Demo::start()?;
    let client = Client::new(&demo)?;
    let issuer = Server::start(Service::Issuer, &demo)?;
    let verifier = Server::start(Service::Verifier, &demo)?;
    for server in [&issuer, &verifier] {
        client.wait_until_ready(&server.management_url).await?;
    }
    for server in [&issuer, &verifier] {
        report.memory(server.name(), "idle", server.resident_memory()?, 40 * MIB);
    }

    let api_key = demo.api_key("issuer_cnss")?;
    let before = issuer.cpu_time()?;
    let redeemed = load::run(COUNT, |_| issuance::issue(&client, &issuer, &api_key)).await?;
    let cost = issuer.cpu_time()?.minus(before).per(COUNT);
    report.load("issuance: token, nonce, credential", &redeemed, COUNT);
    report.share("  CPU of the issuer", (cost, raw.issuance()?.0 / cost.0), 0.30);

    let api_key = demo.api_key("verifier_hospital")?;
    let mut credentials = redeemed.results.into_iter();
    let before = verifier.cpu_time()?;
    let answered = load::run(COUNT, |_| {
        let credential = credentials.next();
        presentation::present(&client, &verifier, &api_key, credential)
    })
    .await?;
    let cost = verifier.cpu_time()?.minus(before).per(COUNT);
    report.load("presentation: asked, fetched, answered, read", &answered, COUNT);
    report.share("  CPU of the verifier", (cost, raw.presentation()?.0 / cost.0), 0.40);

    load::run(OPEN, |_| presentation::ask(&client, &verifier, &api_key)).await?;
    let state = format!("with {OPEN} open presentations");
    report.memory(verifier.name(), &state, verifier.resident_memory()?, 512 * MIB);
    Ok(())
}
