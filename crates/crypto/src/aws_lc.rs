//! The provider on AWS-LC, and the random source of the operating system: for servers.

mod aead;
mod agreement;
mod hash;
mod keys;
mod parsed;
mod signature;

use crate::{CryptoProvider, Random, RandomError};

/// The algorithms of AWS-LC.
pub static PROVIDER: CryptoProvider = CryptoProvider {
    name: "aws-lc-rs",
    keys: &keys::AwsLcKeys,
    signatures: &signature::AwsLcVerifier,
    agreement: &agreement::AwsLcAgreement,
    aead: &aead::AwsLcAead,
    digest: &hash::AwsLcDigest,
    mac: &hash::AwsLcMac,
};

/// The random generator of AWS-LC, seeded by the operating system; fit for keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        aws_lc_rs::rand::fill(buffer).map_err(|_| RandomError)
    }
}
