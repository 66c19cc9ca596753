//! Selective disclosure for JWTs (RFC 9901) as an envelope, and in [`vc`] the rules of SD-JWT VC.
//!
//! The way in is [`UnverifiedSdJwt`] or [`vc::UnverifiedSdJwtVc`]; only their `verify` makes the verified types, and only
//! those present or check a key binding. Who may sign what is not decided here: the caller hands in the issuer's key.
#![forbid(unsafe_code)]

pub mod vc;

mod disclosure;
mod error;
mod hash;
mod issue;
mod key_binding;
mod parse;
mod present;
mod process;
mod reveal;
mod verify;

#[cfg(test)]
mod debug;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod vectors;

pub use disclosure::{Disclosure, DisclosureError};
pub use error::SdJwtError;
pub use hash::HashAlgorithm;
pub use issue::{SdJwtIssuance, SdJwtIssueError};
pub use key_binding::{KeyBindingError, KeyBindingExpectation, VerifiedKeyBinding};
pub use parse::{MAX_DISCLOSURES, MAX_LENGTH, UnverifiedSdJwt};
pub use present::{KeyBindingInput, PresentError, SdJwtPresentation};
pub use process::ProcessError;
pub use verify::VerifiedSdJwt;
