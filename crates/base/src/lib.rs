//! What every other crate of the system starts from: time that is handed in, secrets that do not print,
//! strict base64url and JSON, claims paths, and the report that a check writes.
//!
//! Nothing here reads a clock, draws a random number or opens a file.
#![forbid(unsafe_code)]

pub mod base64url;
pub mod json;

#[doc(hidden)]
pub use serde as __serde;

mod claims_path;
mod clock;
mod newtype;
mod report;
mod secret;

pub use claims_path::{ClaimsPath, ClaimsPathError, PathSegment};
pub use clock::{CLOCK_SKEW, Clock, ManualClock, Seconds, UnixTime};
pub use report::{Check, CheckStatus, Report};
pub use secret::Secret;
