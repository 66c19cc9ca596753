//! SHA-2, HMAC and HKDF.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::{Digest, KeyError, Mac};

#[derive(Debug)]
pub(super) struct PureDigest;

impl Digest for PureDigest {
    fn sha256(&self, data: &[u8]) -> [u8; 32] {
        Sha256::digest(data).into()
    }

    fn sha384(&self, data: &[u8]) -> [u8; 48] {
        Sha384::digest(data).into()
    }

    fn sha512(&self, data: &[u8]) -> [u8; 64] {
        Sha512::digest(data).into()
    }
}

#[derive(Debug)]
pub(super) struct PureMac;

impl Mac for PureMac {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104 §3)")]
    fn hmac_sha256(&self, key: &[u8], message: &[u8]) -> [u8; 32] {
        let mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
        mac.chain_update(message).finalize().into_bytes().into()
    }

    fn hkdf_sha256(&self, salt: &[u8], input: &[u8], info: &[u8], output: &mut [u8]) -> Result<(), KeyError> {
        hkdf::Hkdf::<Sha256>::new(Some(salt), input)
            .expand(info, output)
            .map_err(|_| KeyError::OutputTooLong)
    }
}
