//! What the trust file holds: anchors of certificate chains, or the keys themselves.

use mahfada_base::UnixTime;
use mahfada_base::json::{self, JsonError};
use mahfada_crypto::PublicKey;
use mahfada_crypto::pure::PROVIDER;
use mahfada_jose::{Jwk, JwkError, JwkSet};
use mahfada_x509::{Certificate, CertificateError, ChainProfile, UnverifiedChain};

/// Whom to trust; one kind for everything that is judged.
#[derive(Debug)]
pub(super) enum Trust {
    /// A chain in `x5c` must end under one of these.
    Anchors(Vec<Certificate>),
    /// The signer's key is one of these, which no message can replace.
    Keys(Vec<Jwk>),
}

/// Why a trust file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustFileError {
    /// A certificate cannot be read.
    #[error("a certificate cannot be read")]
    Certificate(#[from] CertificateError),
    /// The file is neither certificates nor JSON.
    #[error("neither certificates nor a key")]
    Json(#[from] JsonError),
    /// A key cannot be read.
    #[error("a key cannot be used")]
    Key(#[from] JwkError),
    /// The key set holds no key for signatures.
    #[error("no key for signatures is in the file")]
    NoKey,
}

/// What a header says about its signer; nothing of it vouched for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signer<'a> {
    pub(super) x5c: Option<&'a [String]>,
    pub(super) kid: Option<&'a str>,
}

impl Trust {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, TrustFileError> {
        let text = String::from_utf8_lossy(bytes);
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return Ok(Self::Anchors(Certificate::from_pem_many(&text)?));
        }
        if bytes.first() == Some(&0x30) {
            return Ok(Self::Anchors(vec![Certificate::from_der(bytes)?]));
        }
        let value = json::parse(bytes)?;
        let keys = if value.get("keys").is_some() {
            JwkSet::parse(&value)?.keys
        } else {
            vec![Jwk::parse(&value)?]
        };
        let keys: Vec<Jwk> = keys
            .into_iter()
            .filter(|key| key.to_verification_key(&PROVIDER).is_ok())
            .collect();
        if keys.is_empty() {
            return Err(TrustFileError::NoKey);
        }
        Ok(Self::Keys(keys))
    }

    /// Returns the keys that the signer may have used.
    ///
    /// # Errors
    /// The stable code of the rule that excludes every key.
    pub(super) fn keys_of(&self, signer: Signer<'_>, at: UnixTime) -> Result<Vec<PublicKey>, &'static str> {
        match self {
            Self::Anchors(anchors) => {
                let x5c = signer.x5c.ok_or("x5c_missing")?;
                let chain = UnverifiedChain::from_x5c(x5c)
                    .and_then(|chain| chain.verify(anchors, &ChainProfile::any_purpose(), at, &PROVIDER));
                Ok(vec![chain.map_err(|error| error.code())?.leaf_key().clone()])
            }
            Self::Keys(keys) => {
                // A name only chooses among several keys; a file with one key means that one.
                let named = |key: &&Jwk| match (signer.kid, key.kid()) {
                    (Some(wanted), Some(name)) => wanted == name || keys.len() == 1,
                    _ => true,
                };
                let keys: Vec<PublicKey> = keys
                    .iter()
                    .filter(named)
                    .filter_map(|key| key.to_verification_key(&PROVIDER).ok())
                    .collect();
                if keys.is_empty() {
                    Err("issuer_untrusted")
                } else {
                    Ok(keys)
                }
            }
        }
    }
}
