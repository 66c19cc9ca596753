//! The nonce endpoint and its stateless `c_nonce` (OID4VCI §7; decision D5).
//!
//! A nonce is base64url of `time (8 bytes) || random (16) || HMAC-SHA-256 over issuer, time and random (32)`. Whoever
//! holds the key makes and checks nonces without a table; only used ones are remembered, until they expire.

use mahfada_base::json::JsonError;
use mahfada_base::{CLOCK_SKEW, Seconds, Secret, UnixTime, base64url};
use mahfada_crypto::{Mac, Random, RandomError};
use mahfada_oauth2::object_from_slice;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// How long a `c_nonce` lives, in seconds.
pub const C_NONCE_LIFETIME: Seconds = 300;

const TIME_LEN: usize = 8;
const RANDOM_LEN: usize = 16;
const MAC_CONTEXT: &[u8] = b"mahfada c_nonce v1";
const SPENT_CONTEXT: &[u8] = b"mahfada c_nonce spent v1";

/// A fresh `c_nonce`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CNonce(String);

/// A `c_nonce` as a proof carried it.
#[derive(Clone, Copy, Debug)]
pub struct UnverifiedCNonce<'a>(&'a str);

/// A `c_nonce` that this issuer made and that has not expired, still to be spent: the caller stores
/// [`UnspentCNonce::hash`] in the unit of work of the credential, and refuses when it is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a nonce that is not spent can be replayed"]
pub struct UnspentCNonce {
    hash: [u8; 32],
    expires_at: UnixTime,
}

/// Why a `c_nonce` was refused; on the wire each is `invalid_nonce`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NonceError {
    /// The text has not the form of a nonce.
    #[error("not a c_nonce")]
    Malformed,
    /// The nonce was not made by this issuer.
    #[error("not a c_nonce of this issuer")]
    Forged,
    /// The nonce is older than it may be, or from the future.
    #[error("the c_nonce has expired")]
    Expired,
}

impl NonceError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "nonce_malformed",
            Self::Forged => "nonce_forged",
            Self::Expired => "nonce_expired",
        }
    }
}

impl CNonce {
    /// Makes a nonce that lives [`C_NONCE_LIFETIME`] for one issuer identifier.
    ///
    /// # Errors
    /// [`RandomError`] when the source fails.
    pub fn mint(
        key: &Secret<[u8; 32]>,
        issuer: &str,
        now: UnixTime,
        random: &dyn Random,
        mac: &dyn Mac,
    ) -> Result<Self, RandomError> {
        let mut salt = [0; RANDOM_LEN];
        random.fill(&mut salt)?;
        let body = [&now.seconds().to_be_bytes()[..], &salt].concat();
        let tag = authenticate(key, issuer, &body, mac);
        Ok(Self(base64url::encode([&body[..], &tag].concat())))
    }

    /// Returns the text for the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'a> UnverifiedCNonce<'a> {
    /// Takes the text of a proof as it is; [`UnverifiedCNonce::verify`] reads it.
    #[must_use]
    pub const fn parse(text: &'a str) -> Self {
        Self(text)
    }

    /// Checks that this issuer made the nonce, and when.
    ///
    /// It does not know whether the nonce was used: that is for the unit of work that spends it.
    ///
    /// # Errors
    /// [`NonceError`] naming the first fault.
    pub fn verify(
        self,
        key: &Secret<[u8; 32]>,
        issuer: &str,
        now: UnixTime,
        mac: &dyn Mac,
    ) -> Result<UnspentCNonce, NonceError> {
        let bytes = base64url::decode(self.0).map_err(|_| NonceError::Malformed)?;
        let (body, tag) = bytes.split_last_chunk::<32>().ok_or(NonceError::Malformed)?;
        let (time, salt) = body.split_first_chunk::<TIME_LEN>().ok_or(NonceError::Malformed)?;
        if salt.len() != RANDOM_LEN {
            return Err(NonceError::Malformed);
        }
        if !bool::from(authenticate(key, issuer, body, mac).ct_eq(tag)) {
            return Err(NonceError::Forged);
        }
        let made_at = UnixTime::new(i64::from_be_bytes(*time));
        let age = now.since(made_at);
        if !(-CLOCK_SKEW..=C_NONCE_LIFETIME).contains(&age) {
            return Err(NonceError::Expired);
        }
        Ok(UnspentCNonce {
            hash: mac.hmac_sha256(key.expose(), &[SPENT_CONTEXT, &bytes].concat()),
            expires_at: made_at.plus(C_NONCE_LIFETIME),
        })
    }
}

impl UnspentCNonce {
    /// Returns the record to spend.
    #[must_use]
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// Returns until when the spent record must be kept (the nonce is still good in this second).
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }
}

fn authenticate(key: &Secret<[u8; 32]>, issuer: &str, body: &[u8], mac: &dyn Mac) -> [u8; 32] {
    // Context and body have fixed lengths, so the issuer's text between them cannot shift them.
    mac.hmac_sha256(key.expose(), &[MAC_CONTEXT, issuer.as_bytes(), body].concat())
}

/// The response of the nonce endpoint; send it with `Cache-Control: no-store`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceResponse {
    /// The nonce, opaque to the wallet.
    pub c_nonce: String,
}

impl NonceResponse {
    /// Hands out a fresh nonce.
    #[must_use]
    pub fn new(nonce: &CNonce) -> Self {
        Self {
            c_nonce: nonce.0.clone(),
        }
    }

    /// Reads a response body; an empty nonce is none.
    ///
    /// # Errors
    /// [`JsonError`] when the body has no nonce.
    pub fn parse(body: &[u8]) -> Result<Self, JsonError> {
        let response: Self = object_from_slice(body)?;
        if response.c_nonce.is_empty() {
            return Err(JsonError::Malformed(serde::de::Error::custom("the c_nonce is empty")));
        }
        Ok(response)
    }

    /// Writes the response body.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

#[cfg(test)]
mod tests {
    use mahfada_crypto::hazmat::{FailingRandom, SeededRandom};
    use mahfada_crypto::pure::PROVIDER;

    use super::*;

    const NOW: UnixTime = UnixTime::new(1_795_348_800);
    const ISSUER: &str = "https://issuer.example/pid";

    fn key(byte: u8) -> Secret<[u8; 32]> {
        Secret::new([byte; 32])
    }

    fn mint(issuer: &str) -> CNonce {
        CNonce::mint(&key(1), issuer, NOW, &SeededRandom::new("nonce"), PROVIDER.mac).unwrap()
    }

    fn code(text: &str, key: &Secret<[u8; 32]>, issuer: &str, now: UnixTime) -> &'static str {
        UnverifiedCNonce::parse(text)
            .verify(key, issuer, now, PROVIDER.mac)
            .unwrap_err()
            .code()
    }

    #[test]
    fn a_fresh_nonce_is_good_for_five_minutes() {
        let nonce = mint(ISSUER);
        for now in [NOW.minus(CLOCK_SKEW), NOW, NOW.plus(C_NONCE_LIFETIME)] {
            let unspent = UnverifiedCNonce::parse(nonce.as_str())
                .verify(&key(1), ISSUER, now, PROVIDER.mac)
                .unwrap();
            assert_eq!(unspent.expires_at(), NOW.plus(300));
        }
    }

    #[test]
    fn refuses_nonces_from_another_time_issuer_or_key() {
        let nonce = mint(ISSUER);
        let text = nonce.as_str();
        assert_eq!(
            code(text, &key(1), ISSUER, NOW.plus(C_NONCE_LIFETIME + 1)),
            "nonce_expired"
        );
        assert_eq!(code(text, &key(1), ISSUER, NOW.minus(CLOCK_SKEW + 1)), "nonce_expired");
        assert_eq!(code(text, &key(1), "https://issuer.example/cnss", NOW), "nonce_forged");
        assert_eq!(code(text, &key(1), "https://issuer.example/pi", NOW), "nonce_forged");
        assert_eq!(code(text, &key(2), ISSUER, NOW), "nonce_forged");
    }

    #[test]
    fn refuses_a_nonce_with_any_bit_turned() {
        let bytes = base64url::decode(mint(ISSUER).as_str()).unwrap();
        for position in 0..bytes.len() {
            let mut turned = bytes.clone();
            turned[position] ^= 1;
            assert_eq!(code(&base64url::encode(turned), &key(1), ISSUER, NOW), "nonce_forged");
        }
    }

    #[test]
    fn refuses_truncated_longer_and_random_texts() {
        let text = mint(ISSUER).as_str().to_owned();
        let bytes = base64url::decode(&text).unwrap();
        for length in 0..bytes.len() {
            let truncated = base64url::encode(&bytes[..length]);
            assert_eq!(code(&truncated, &key(1), ISSUER, NOW), "nonce_malformed", "{length}");
        }
        let longer = base64url::encode([&bytes[..], &[0]].concat());
        for text in [&longer, &format!("{text}="), &format!(" {text}"), "ü"] {
            assert_eq!(code(text, &key(1), ISSUER, NOW), "nonce_malformed", "{text}");
        }
        assert_eq!(code(&base64url::encode([9; 56]), &key(1), ISSUER, NOW), "nonce_forged");
    }

    #[test]
    fn two_nonces_differ_and_so_do_their_records() {
        let random = SeededRandom::new("two");
        let spend = || {
            let nonce = CNonce::mint(&key(1), ISSUER, NOW, &random, PROVIDER.mac).unwrap();
            let verify = || UnverifiedCNonce::parse(nonce.as_str()).verify(&key(1), ISSUER, NOW, PROVIDER.mac);
            assert_eq!(verify(), verify());
            verify().unwrap().hash()
        };
        assert_ne!(spend(), spend());
    }

    #[test]
    fn a_failing_random_source_makes_no_nonce() {
        CNonce::mint(&key(1), ISSUER, NOW, &FailingRandom, PROVIDER.mac).unwrap_err();
    }

    #[test]
    fn the_response_is_read_strictly() {
        let response = NonceResponse::new(&mint(ISSUER));
        assert_eq!(NonceResponse::parse(response.to_json().as_bytes()).unwrap(), response);
        NonceResponse::parse(br#"{"c_nonce":"a","zz":1}"#).unwrap();
        for body in [
            r"{}",
            r#"{"c_nonce":""}"#,
            r#"{"c_nonce":1}"#,
            r#"{"c_nonce":"a","c_nonce":"b"}"#,
        ] {
            assert!(NonceResponse::parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
