//! Authorization codes that a card session ends in.

use mahfada_base::UnixTime;

use crate::{CardRef, ClientId, ConfigurationId, Digest32, IssuerId, PersonRef, Sealed, StorageError, TokenHash};

/// An authorization code bound to one wallet instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// The hash of the code.
    pub hash: TokenHash,
    /// The credential issuer.
    pub issuer: IssuerId,
    /// The configuration that may be issued.
    pub configuration_id: ConfigurationId,
    /// The wallet's `client_id`.
    pub client_id: ClientId,
    /// The thumbprint of the wallet's key `K_w`.
    pub wallet_jkt: Digest32,
    /// The commitment of `K_w` to the credential keys.
    pub key_commitment: Digest32,
    /// The PKCE challenge.
    pub code_challenge: String,
    /// The claims about the citizen, sealed.
    pub subject: Sealed,
    /// The keyed reference to the person, if known.
    pub person_ref: Option<PersonRef>,
    /// The keyed reference to the card, if known.
    pub card_ref: Option<CardRef>,
    /// The end of the code's life.
    pub expires_at: UnixTime,
    /// The access token the code was redeemed for; a second use revokes it (RFC 6749 §4.1.2).
    pub redeemed_for: Option<TokenHash>,
}

/// The authorization codes.
pub trait AuthorizationCodeRepository {
    /// Adds a code.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the hash is taken.
    fn add(&mut self, code: &AuthorizationCode) -> Result<(), StorageError>;

    /// Finds a code, redeemed or not; expiry is the caller's check.
    ///
    /// # Errors
    /// Only when the store fails.
    fn lookup(&mut self, hash: &TokenHash) -> Result<Option<AuthorizationCode>, StorageError>;

    /// Redeems a code for a token and returns `true` exactly once; expiry is the caller's check.
    ///
    /// # Errors
    /// Only when the store fails.
    fn redeem(&mut self, hash: &TokenHash, token: &TokenHash) -> Result<bool, StorageError>;
}
