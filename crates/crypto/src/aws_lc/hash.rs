//! SHA-2, HMAC and HKDF.

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;

use crate::{Digest, KeyError, Mac};

#[derive(Debug)]
pub(super) struct AwsLcDigest;

impl Digest for AwsLcDigest {
    fn sha256(&self, data: &[u8]) -> [u8; 32] {
        array(digest::digest(&SHA256, data).as_ref())
    }

    fn sha384(&self, data: &[u8]) -> [u8; 48] {
        array(digest::digest(&SHA384, data).as_ref())
    }

    fn sha512(&self, data: &[u8]) -> [u8; 64] {
        array(digest::digest(&SHA512, data).as_ref())
    }
}

#[derive(Debug)]
pub(super) struct AwsLcMac;

impl Mac for AwsLcMac {
    fn hmac_sha256(&self, key: &[u8], message: &[u8]) -> [u8; 32] {
        array(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref())
    }

    fn hkdf_sha256(&self, salt: &[u8], input: &[u8], info: &[u8], output: &mut [u8]) -> Result<(), KeyError> {
        Salt::new(HKDF_SHA256, salt)
            .extract(input)
            .expand(&[info], Length(output.len()))
            .and_then(|okm| okm.fill(output))
            .map_err(|_| KeyError::OutputTooLong)
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Copies an output whose length the algorithm fixes.
fn array<const N: usize>(output: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(output);
    array
}
