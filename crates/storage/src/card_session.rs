//! Card sessions of the authorization challenge endpoint (decision D3, way A).

use mahfada_base::UnixTime;

use crate::{ClientId, ConfigurationId, Digest32, IssuerId, SessionId, StorageError, TokenHash};

/// Whether evidence is still expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardSessionState {
    /// The challenge is out and unanswered.
    Open,
    /// Valid evidence has answered the challenge.
    Spent,
}

/// A card session: the challenge that went out and what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardSession {
    /// The hash of `auth_session`.
    pub hash: TokenHash,
    /// The credential issuer.
    pub issuer: IssuerId,
    /// The configuration asked for.
    pub configuration_id: ConfigurationId,
    /// The wallet's `client_id`.
    pub client_id: ClientId,
    /// The thumbprint of the wallet's key `K_w`.
    pub wallet_jkt: Digest32,
    /// The commitment of `K_w` to the credential keys (decision D2).
    pub key_commitment: Digest32,
    /// The PKCE challenge (RFC 7636 §4.2).
    pub code_challenge: String,
    /// The session id in the challenge.
    pub session_id: SessionId,
    /// The nonce in the challenge.
    pub nonce: String,
    /// The end of the session's life.
    pub expires_at: UnixTime,
    /// Whether evidence is still expected.
    pub state: CardSessionState,
}

/// The card sessions.
pub trait CardSessionRepository {
    /// Adds a session.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the hash or the session id is taken.
    fn add(&mut self, session: &CardSession) -> Result<(), StorageError>;

    /// Finds a session, in whatever state; expiry is the caller's check.
    ///
    /// # Errors
    /// Only when the store fails.
    fn lookup(&mut self, hash: &TokenHash) -> Result<Option<CardSession>, StorageError>;

    /// Spends a session and returns `true` exactly once; only evidence whose proof holds may spend it.
    ///
    /// # Errors
    /// Only when the store fails.
    fn spend(&mut self, hash: &TokenHash) -> Result<bool, StorageError>;
}
