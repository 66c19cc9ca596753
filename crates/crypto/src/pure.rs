//! The provider in pure Rust: it runs on phones and in browsers, and draws no randomness of its own.

mod aead;
mod agreement;
mod hash;
mod keys;
mod signature;

use crate::CryptoProvider;

/// The algorithms of the `RustCrypto` and dalek crates.
pub static PROVIDER: CryptoProvider = CryptoProvider {
    name: "pure",
    keys: &keys::PureKeys,
    signatures: &signature::PureVerifier,
    agreement: &agreement::PureAgreement,
    aead: &aead::PureAead,
    digest: &hash::PureDigest,
    mac: &hash::PureMac,
};
