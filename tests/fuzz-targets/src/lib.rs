//! What the fuzzer runs and the normal tests replay: every parser of outside bytes, driven as far as its verdict.
//!
//! A target takes any bytes, verifies them with fixed keys at a fixed time, and panics when a promise is broken: a
//! message counts as verified that nobody signed, or what was accepted reads differently when it is written again.
//! Where the claims of a message lie behind a signature, bytes that start with `{` are the claims, and an honest
//! signer signs them first: else no mutation would ever reach what reads them.
#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "test code: a target reports what it found by panicking, and its seeds know all that it knows"
)]

mod card;
mod country;
mod message;
#[cfg(test)]
mod replay;
mod targets;

pub use targets::{
    aa, card_anchors, card_session, credential, dcql, dg1, dg11, dg12, dg14, dg15, dpop, evidence, form, jwe, jwk, jws,
    kb_jwt, lote, metadata, offer, proof, registration, request_object, request_uri, response, root, sd_jwt, sod,
    status_list, tlv, x5c,
};

/// How far the bytes of an input came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// Nothing accepted them.
    Refused,
    /// They have the form, and no proof; for what nobody signs this is as far as it goes.
    Parsed,
    /// Every proof that the format offers holds.
    Verified,
}

/// An input that the generator makes, and how far it comes.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The name of its file, after `seed-`.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A target with its seeds.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, also of its binary and of the folder of its corpus.
    pub name: &'static str,
    /// Runs the target.
    pub run: fn(&[u8]) -> Reached,
    /// Makes the seeds, the same on every run.
    pub seeds: fn() -> Vec<Seed>,
    /// How far the best seed comes.
    pub highest: Reached,
}

/// Every target.
pub const TARGETS: &[Target] = targets::ALL;

impl Seed {
    pub(crate) fn new(name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name,
            bytes: bytes.into(),
        }
    }
}
