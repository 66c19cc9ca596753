//! What the system asks of cryptography, and who answers.
//!
//! A [`CryptoProvider`] is plain data: a deployment swaps one field (an HSM behind [`Signer`], say) and keeps the rest.
//! `pure` runs anywhere, phones and browsers included; `aws_lc` is for servers; `document` verifies the older
//! algorithms of identity documents and is never used for tokens. Randomness is handed in as [`Random`].
#![forbid(unsafe_code)]

mod algorithm;
mod contracts;
#[cfg(any(feature = "pure", feature = "aws-lc"))]
mod ed25519;
mod key;
#[cfg(any(feature = "pure", feature = "aws-lc"))]
mod point;
#[cfg(any(feature = "pure", feature = "aws-lc"))]
mod scalar;

#[cfg(feature = "aws-lc")]
pub mod aws_lc;
#[cfg(feature = "document")]
pub mod document;
#[cfg(feature = "pure")]
pub mod hazmat;
#[cfg(feature = "pure")]
pub mod pure;

#[cfg(test)]
#[cfg(feature = "pure")]
mod conformance;
#[cfg(test)]
#[cfg(any(feature = "pure", feature = "document"))]
mod wycheproof;

pub use algorithm::{ContentEncryption, SignatureAlgorithm};
pub use contracts::{
    Aead, AeadError, AgreementKey, CryptoProvider, Digest, InvalidSignature, KeyAgreement, KeyError, Keys, Mac, Random,
    RandomError, SignError, SignatureVerifier, Signer,
};
pub use key::{P256PublicKey, PublicKey, Signature, Thumbprint};
