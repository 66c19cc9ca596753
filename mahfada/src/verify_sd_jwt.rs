//! `mahfada verify sd-jwt`: judges one SD-JWT VC against the trust that it is handed, and nothing else.

mod judge;
mod trust;

use std::path::PathBuf;
use std::process::ExitCode;

use mahfada_base::{Clock as _, Report, UnixTime};
use mahfada_web::clock::SystemClock;
use serde::Serialize;

use crate::output;
use crate::source::{self, SourceError};
use judge::Judgement;
use trust::Trust;

pub use trust::TrustFileError;

/// What to judge and against what.
#[derive(Clone, Debug)]
pub struct Options {
    /// The SD-JWT VC, with or without key binding.
    pub file: PathBuf,
    /// Certificates in PEM or DER, a JWK or a JWK set.
    pub trust: PathBuf,
    /// The verifier that the presentation must be made for; demands a key binding.
    pub presented_to: Option<Presented>,
    /// A status list token.
    pub status: Option<PathBuf>,
    /// The time of judgement, now unless given.
    pub at: Option<UnixTime>,
}

/// The request that a presentation must answer.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The nonce of the request.
    pub nonce: String,
    /// The verifier's client identifier.
    pub audience: String,
}

/// Why the SD-JWT could not be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifySdJwtError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The trust file holds nothing to trust.
    #[error("the trust file cannot be used")]
    Trust(#[from] TrustFileError),
}

#[derive(Serialize)]
struct Verdict {
    #[serde(rename = "verdict")]
    outcome: &'static str,
    reason: Option<&'static str>,
    checks: Report,
}

/// Judges and writes the verdict as a line of JSON.
///
/// The exit code is 0 when there is a verdict, whatever it is, and 2 when a file cannot be read or holds no trust.
#[must_use]
pub fn run(options: &Options) -> ExitCode {
    output::judged(judge(options).map(|verdict| output::json_line(&verdict)))
}

fn judge(options: &Options) -> Result<Verdict, VerifySdJwtError> {
    let trust = Trust::read(&source::read(&options.trust)?)?;
    let status = options.status.as_deref().map(source::read_text).transpose()?;
    let text = source::read_text(&options.file)?;
    let mut judgement = Judgement {
        trust: &trust,
        presented_to: options.presented_to.as_ref(),
        status_list: status.as_deref(),
        now: options.at.unwrap_or_else(|| SystemClock.now()),
        checks: Report::new(),
    };
    let reason = judgement.judge(&text).err();
    Ok(Verdict {
        outcome: if reason.is_none() { "accept" } else { "reject" },
        reason,
        checks: judgement.checks,
    })
}
