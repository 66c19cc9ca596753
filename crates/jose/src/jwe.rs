//! Encrypted messages in compact form: ECDH-ES over P-256 with AES-GCM, nothing else (RFC 7516, RFC 7518 §4.6, §5.3).

use std::fmt;

use mahfada_base::base64url;
use mahfada_crypto::{AgreementKey, ContentEncryption, CryptoProvider, KeyError, P256PublicKey, Random, RandomError};

use header::JweHeader;

mod header;
mod kdf;
#[cfg(test)]
mod tests;

/// Why a JWE was refused or not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// The text is longer than the caller allows.
    #[error("longer than a JWE may be here")]
    TooLong,
    /// The text is not a compact JWE of this form: parts, encodings, lengths, header or key.
    #[error("not a compact JWE of the supported form")]
    Malformed,
    /// The key management algorithm is not ECDH-ES or the content encryption is not AES-GCM.
    #[error("the algorithm is not allowed")]
    AlgNotAllowed,
    /// The header asks for compression or an extension (`zip`, `crit`).
    #[error("a header extension is not supported")]
    Extension,
    /// Decryption failed; it does not say why.
    #[error("not encrypted for this key")]
    Decrypt,
    /// Encryption failed.
    #[error("the message could not be encrypted")]
    Encrypt,
    /// The random source failed.
    #[error("no random bytes to be had")]
    Random(#[from] RandomError),
}

impl JweError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_large",
            Self::Malformed => "malformed",
            Self::AlgNotAllowed => "alg_not_allowed",
            Self::Extension => "crit",
            Self::Decrypt => "decrypt",
            Self::Encrypt | Self::Random(_) => "encrypt",
        }
    }
}

/// For whom and how a message is encrypted.
#[derive(Clone, Copy, Debug)]
pub struct JweRecipient<'a> {
    /// The recipient's key.
    pub key: &'a P256PublicKey,
    /// The name of that key.
    pub kid: Option<&'a str>,
    /// The content encryption.
    pub enc: ContentEncryption,
    /// The producer's information for the key derivation.
    pub apu: Option<&'a [u8]>,
    /// The recipient's information for the key derivation.
    pub apv: Option<&'a [u8]>,
}

/// Encrypts for one recipient with a fresh ephemeral key; it says nothing about who encrypted.
///
/// # Errors
/// [`JweError::Random`] or [`JweError::Encrypt`].
pub fn encrypt(
    recipient: &JweRecipient<'_>,
    plaintext: &[u8],
    random: &dyn Random,
    provider: &CryptoProvider,
) -> Result<String, JweError> {
    let ephemeral = provider.agreement.generate(random).map_err(of_key)?;
    let header = JweHeader::text(recipient, ephemeral.public_key());
    let shared = ephemeral.agree(recipient.key).map_err(of_key)?;
    let apu = recipient.apu.unwrap_or_default();
    let key = kdf::derive(
        recipient.enc,
        &shared,
        apu,
        recipient.apv.unwrap_or_default(),
        provider.digest,
    );
    let mut nonce = [0; 12];
    random.fill(&mut nonce)?;
    let protected = base64url::encode(header);
    let (ciphertext, tag) = provider
        .aead
        .seal(recipient.enc, key.expose(), &nonce, protected.as_bytes(), plaintext)
        .map_err(|_| JweError::Encrypt)?;
    let [nonce, ciphertext, tag] = [&nonce[..], &ciphertext, &tag].map(base64url::encode);
    Ok(format!("{protected}..{nonce}.{ciphertext}.{tag}"))
}

fn of_key(error: KeyError) -> JweError {
    match error {
        KeyError::Random(error) => JweError::Random(error),
        _ => JweError::Encrypt,
    }
}

/// A JWE as it came: its form is checked, nothing is decrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedJwe {
    header: JweHeader,
    protected: String,
    nonce: [u8; 12],
    ciphertext: Vec<u8>,
    tag: [u8; 16],
}

impl UnverifiedJwe {
    /// Parses a compact JWE of at most `max_len` bytes: five parts of canonical base64url, an empty encrypted key, a
    /// nonce of 12 and a tag of 16 bytes, and a header with ECDH-ES, AES-GCM and a P-256 `epk` without `zip` and `crit`.
    ///
    /// Whether the point of `epk` lies on the curve is checked when decrypting.
    ///
    /// # Errors
    /// [`JweError`] naming the first fault.
    pub fn parse(compact: &str, max_len: usize) -> Result<Self, JweError> {
        if compact.len() > max_len {
            return Err(JweError::TooLong);
        }
        let mut parts = compact.splitn(6, '.');
        let mut part = || parts.next().ok_or(JweError::Malformed);
        let [protected, encrypted_key, nonce, ciphertext, tag] = [part()?, part()?, part()?, part()?, part()?];
        if parts.next().is_some() {
            return Err(JweError::Malformed);
        }
        let header = JweHeader::parse(&decode(protected)?)?;
        // RFC 7518 §4.6: direct agreement has no encrypted key.
        if !encrypted_key.is_empty() {
            return Err(JweError::Malformed);
        }
        Ok(Self {
            header,
            protected: protected.to_owned(),
            nonce: decode(nonce)?.try_into().map_err(|_| JweError::Malformed)?,
            ciphertext: decode(ciphertext)?,
            tag: decode(tag)?.try_into().map_err(|_| JweError::Malformed)?,
        })
    }

    /// Returns the name of the recipient's key: unverified, to find the key with.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Returns the content encryption.
    #[must_use]
    pub const fn enc(&self) -> ContentEncryption {
        self.header.enc
    }

    /// Returns the producer's information, empty when there is none: unverified.
    #[must_use]
    pub fn apu(&self) -> &[u8] {
        &self.header.apu
    }

    /// Returns the recipient's information, empty when there is none: unverified.
    #[must_use]
    pub fn apv(&self) -> &[u8] {
        &self.header.apv
    }

    /// Decrypts; the plaintext is whole, but anybody who knows the public key could have written it.
    ///
    /// # Errors
    /// [`JweError::Decrypt`], the same for every reason.
    pub fn decrypt(&self, key: &dyn AgreementKey, provider: &CryptoProvider) -> Result<Vec<u8>, JweError> {
        let header = &self.header;
        let peer = header.epk.to_encryption_key(provider).map_err(|_| JweError::Decrypt)?;
        let shared = key.agree(&peer).map_err(|_| JweError::Decrypt)?;
        let content_key = kdf::derive(header.enc, &shared, &header.apu, &header.apv, provider.digest);
        let (protected, key) = (self.protected.as_bytes(), content_key.expose());
        provider
            .aead
            .open(header.enc, key, &self.nonce, protected, &self.ciphertext, &self.tag)
            .map_err(|_| JweError::Decrypt)
    }
}

impl fmt::Debug for UnverifiedJwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "UnverifiedJwe({}, kid {:?}, {} bytes)",
            self.enc().name(),
            self.kid(),
            self.ciphertext.len()
        )
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JweError> {
    base64url::decode(part).map_err(|_| JweError::Malformed)
}
