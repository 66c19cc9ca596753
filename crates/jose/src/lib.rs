//! JWK, JWS and JWE: the few algorithms and forms that this system speaks (RFC 7515 to 7518, 7638).
//!
//! Compact serialization only; ES256, ES384 and Ed25519 signatures, ECDH-ES over P-256 with AES-GCM. Algorithms, lengths,
//! encodings and sizes are checked before any cryptography, and the expected algorithm always comes from the caller.
//! ECDSA signatures are accepted with a high `s` as with a low one, as RFC 7518 §3.4 allows; `r` and `s` of 0 or not below
//! the order are refused. Nothing here fetches a key: `jku` and `x5u` are ignored, `jwk` and `x5c` are handed to the
//! caller to judge.
#![forbid(unsafe_code)]

mod jwe;
mod jwk;
mod jws;

pub use jwe::{JweError, JweRecipient, UnverifiedJwe, encrypt};
pub use jwk::{Curve, Jwk, JwkError, JwkSet, thumbprint_of};
pub use jws::{Expectation, JwsBuilder, JwsError, JwsHeader, SignError, SigningInput, UnverifiedJws, VerifiedJws};

#[cfg(test)]
mod wycheproof;
