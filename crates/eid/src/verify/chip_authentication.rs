//! Chip Authentication with the server as the terminal (Doc 9303-11 §6.2, BSI TR-03110-1 §3.4).
//!
//! The server keeps the ephemeral private key, so that a response under the session keys proves that the chip's private
//! key was used now and for this session. A transcript whose ephemeral key the client chose proves nothing: whoever
//! knows that key makes the response without the chip, so nothing here takes one. The proof convinces this server
//! only; it is no evidence for third parties and is not worth keeping.

use std::fmt;

use mahfada_crypto::document::{EcAgreementKey, EcPublicKey, MessagingCipher};
use mahfada_crypto::{KeyError, Mac};

use crate::chip_authentication::{ChipAuthenticationCommands, UnverifiedChipResponse, commands};
use crate::secure_messaging::{MessagingError, SessionKeys};

const CONTEXT: &[u8] = b"ma.idwallet/chip-authentication/v1\0";
// The protected READ BINARY is message 1 of the new session, its response message 2.
const COMMAND: u8 = 1;
const RESPONSE: u8 = 2;
// A draw misses the range of the order at most every second time.
const MOST_DRAWS: u8 = 128;
const DG1_FILE: u8 = 1;

/// The key with which a chip proves itself, from a DG14 that passive authentication proved.
///
/// Only a [`Verdict`](crate::Verdict) hands one out, so the card behind it is authentic but for the chip.
#[derive(Clone)]
pub struct ChipAuthenticationKey {
    pub(super) key: EcPublicKey,
    pub(super) cipher: MessagingCipher,
    pub(super) protocol: Vec<u8>,
    pub(super) key_id: Option<Vec<u8>>,
    pub(super) dg1: Vec<u8>,
    pub(super) sod_sha256: [u8; 32],
}

/// A server's challenge to one chip in one session: what the wallet sends to the chip, and the keys that check its answer.
#[derive(Debug)]
pub struct ChipAuthenticationChallenge {
    commands: ChipAuthenticationCommands,
    keys: SessionKeys,
    chip: ChipAuthenticationKey,
}

/// Proof that the chip of one card used its private key in this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedChipResponse {
    pub(super) sod_sha256: [u8; 32],
    pub(super) legacy: bool,
}

/// Why a chip authentication cannot be started, or its response does not prove the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChipAuthenticationError {
    /// No challenge could be made for the chip's key.
    #[error("no ephemeral key for the chip's curve could be derived")]
    Key(#[source] KeyError),
    /// The response has no MAC: the chip refused, or somebody took it off.
    #[error("the response has no MAC")]
    MacMissing,
    /// The MAC was not made with the keys of this session.
    #[error("the response was not made with the chip's key for this session")]
    MacInvalid,
    /// The status word is not the authenticated one, or not success.
    #[error("the status of the response is not an authenticated success")]
    Status,
    /// The response is not in the form of secure messaging.
    #[error("the response is malformed")]
    Malformed,
    /// What the chip returned is not the DG1 that passive authentication verified.
    #[error("the chip returned another DG1")]
    OtherFile,
}

impl ChipAuthenticationError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Key(_) => "ca_key",
            Self::MacMissing => "ca_mac_missing",
            Self::MacInvalid => "ca_mac_invalid",
            Self::Status => "ca_status",
            Self::Malformed => "ca_response_malformed",
            Self::OtherFile => "ca_dg1_mismatch",
        }
    }
}

impl From<MessagingError> for ChipAuthenticationError {
    fn from(error: MessagingError) -> Self {
        match error {
            MessagingError::MacMissing => Self::MacMissing,
            MessagingError::MacInvalid => Self::MacInvalid,
            MessagingError::StatusMismatch | MessagingError::Status => Self::Status,
            MessagingError::Malformed => Self::Malformed,
        }
    }
}

impl ChipAuthenticationChallenge {
    /// Derives the challenge of a session from a secret key of the server (HKDF, RFC 5869).
    ///
    /// The same arguments give the same challenge, so a server need not keep it between the round trips; session and
    /// nonce must be fresh, and the caller lets each session be answered once.
    ///
    /// # Errors
    /// [`ChipAuthenticationError::Key`] when no ephemeral key can be derived.
    pub fn derive(
        chip: &ChipAuthenticationKey,
        mac: &dyn Mac,
        secret: &[u8],
        session: &str,
        nonce: &str,
        commitment: &[u8; 32],
    ) -> Result<Self, ChipAuthenticationError> {
        let mut salt = CONTEXT.to_vec();
        for text in [session, nonce] {
            salt.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            salt.extend_from_slice(text.as_bytes());
        }
        salt.extend_from_slice(commitment);
        salt.extend_from_slice(&chip.sod_sha256);
        let ephemeral = ephemeral_key(&chip.key, mac, secret, &salt).map_err(ChipAuthenticationError::Key)?;
        Self::with_key(chip, &ephemeral)
    }

    fn with_key(chip: &ChipAuthenticationKey, ephemeral: &EcAgreementKey) -> Result<Self, ChipAuthenticationError> {
        let shared = ephemeral.agree(&chip.key).map_err(ChipAuthenticationError::Key)?;
        let keys = SessionKeys::derive(chip.cipher, shared.expose());
        let length = u8::try_from(chip.dg1.len()).map_err(|_| ChipAuthenticationError::Malformed)?;
        let read = keys.read_binary(COMMAND, DG1_FILE, length)?;
        let legacy = chip.cipher == MessagingCipher::TripleDes;
        let (point, key_id) = (ephemeral.public_key().sec1(), chip.key_id.as_deref());
        Ok(Self {
            commands: commands(&chip.protocol, legacy, point, key_id, read),
            keys,
            chip: chip.clone(),
        })
    }

    /// Returns what the wallet sends to the chip.
    #[must_use]
    pub const fn commands(&self) -> &ChipAuthenticationCommands {
        &self.commands
    }

    /// Verifies the chip's response: its MAC under this session's keys, its status, and that it carries the verified DG1.
    ///
    /// It does not check who holds the card.
    ///
    /// # Errors
    /// [`ChipAuthenticationError`] when the response does not prove the chip.
    pub fn verify(self, response: &UnverifiedChipResponse) -> Result<VerifiedChipResponse, ChipAuthenticationError> {
        let file = self.keys.open_response(RESPONSE, response.bytes())?;
        if file == self.chip.dg1 {
            Ok(VerifiedChipResponse {
                sod_sha256: self.chip.sod_sha256,
                legacy: self.chip.cipher == MessagingCipher::TripleDes,
            })
        } else {
            Err(ChipAuthenticationError::OtherFile)
        }
    }
}

impl fmt::Debug for ChipAuthenticationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChipAuthenticationKey")
            .field("curve", &self.key.curve())
            .field("cipher", &self.cipher)
            .finish_non_exhaustive()
    }
}

// RFC 9180 §7.1.3: bytes under a counter until they are a scalar, so that no scalar is likelier than another.
fn ephemeral_key(chip: &EcPublicKey, mac: &dyn Mac, secret: &[u8], salt: &[u8]) -> Result<EcAgreementKey, KeyError> {
    let curve = chip.curve();
    let top = curve.parameters().n.first().copied().unwrap_or_default();
    let mask = u8::MAX.checked_shr(top.leading_zeros()).unwrap_or_default();
    let mut bytes = mahfada_base::Secret::new(vec![0; curve.order_len()]);
    for draw in 0..MOST_DRAWS {
        let mut candidate = bytes.expose().clone();
        mac.hkdf_sha256(salt, secret, &[b"ephemeral", &[draw][..]].concat(), &mut candidate)?;
        if let Some(first) = candidate.first_mut() {
            *first &= mask;
        }
        bytes = mahfada_base::Secret::new(candidate);
        if let Ok(key) = EcAgreementKey::new(curve, bytes.expose()) {
            return Ok(key);
        }
    }
    Err(KeyError::Malformed)
}

#[cfg(test)]
mod tests;
