//! Signatures of webhooks (Standard Webhooks, "Symmetric").

use hmac::{Hmac, KeyInit as _, Mac as _};
use mahfada_base::{Secret, UnixTime, base64url};
use mahfada_storage::EventId;
use sha2::Sha256;

const PREFIX: &[u8] = b"whsec_";
/// The least bytes behind the prefix (Standard Webhooks: between 24 and 64 bytes).
const MIN_PREFIXED: usize = 24;
const MIN_RAW: usize = 32;
const MAX_BYTES: usize = 64;

/// The content of the file is no webhook secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither whsec_ with the base64 of 24 to 64 bytes nor 32 to 64 raw bytes")]
pub struct SecretFormError;

/// The key that a tenant and this service share for one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct SigningSecret(Secret<Vec<u8>>);

impl SigningSecret {
    /// Reads the content of a secret file: `whsec_` and base64, with an optional line end, or the raw key.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, SecretFormError> {
        let (key, least) = match content.strip_prefix(PREFIX) {
            Some(text) => {
                let key = base64url::decode_standard(text.trim_ascii_end()).map_err(|_| SecretFormError)?;
                (Secret::new(key), MIN_PREFIXED)
            }
            None => (Secret::new(content.to_vec()), MIN_RAW),
        };
        if !(least..=MAX_BYTES).contains(&key.expose().len()) {
            return Err(SecretFormError);
        }
        Ok(Self(key))
    }

    /// Returns the value of `webhook-signature`.
    pub(crate) fn sign(&self, id: &EventId, at: UnixTime, body: &[u8]) -> Result<String, SecretFormError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose()).map_err(|_| SecretFormError)?;
        mac.update(format!("{id}.{}.", at.seconds()).as_bytes());
        mac.update(body);
        let tag = mac.finalize().into_bytes();
        Ok(format!("v1,{}", base64url::encode_standard(tag)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(secret: &[u8], id: &str, at: i64, body: &[u8]) -> String {
        let secret = SigningSecret::parse(secret).unwrap();
        secret.sign(&EventId::new(id), UnixTime::new(at), body).unwrap()
    }

    /// The vector of the reference libraries, computed again by hand with HMAC-SHA-256.
    #[test]
    fn signs_as_the_specification_does() {
        let secret = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(secret, id, 1_614_265_330, br#"{"test": 2432232314}"#), expected);
    }

    #[test]
    fn signs_with_a_raw_key() {
        let expected = "v1,GiXa6nC/IuwWrm0+fo5iVkePlV0BnvxRHSPASzzebhE=";
        assert_eq!(sign(&[b'k'; 32], "evt_1", 1_795_348_800, b"{}"), expected);
    }

    #[test]
    fn a_line_end_behind_the_text_is_no_part_of_the_key() {
        let text = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let with_end = [text.as_slice(), b"\n"].concat();
        assert_eq!(sign(text, "a", 1, b"{}"), sign(&with_end, "a", 1, b"{}"));
    }

    #[test]
    fn refuses_keys_that_are_too_short_too_long_or_no_base64() {
        let short = format!("whsec_{}", base64url::encode_standard([1; 23]));
        let long = format!("whsec_{}", base64url::encode_standard([1; 65]));
        for content in [
            short.as_bytes(),
            long.as_bytes(),
            b"whsec_%",
            &[b'k'; 31],
            &[b'k'; 65],
            b"",
        ] {
            assert_eq!(SigningSecret::parse(content).unwrap_err(), SecretFormError);
        }
    }
}
