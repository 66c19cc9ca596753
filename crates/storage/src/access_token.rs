//! Access tokens for the credential endpoint.

use mahfada_base::UnixTime;

use crate::{
    CardRef, ClientId, ConfigurationId, Digest32, IssuanceId, IssuerId, PersonRef, Sealed, StorageError, TokenHash,
};

/// An access token and what it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The hash of the token.
    pub hash: TokenHash,
    /// The credential issuer.
    pub issuer: IssuerId,
    /// The configuration that may be issued.
    pub configuration_id: ConfigurationId,
    /// The wallet's `client_id`; none with anonymous access.
    pub client_id: Option<ClientId>,
    /// The thumbprint of the DPoP key the token is bound to; none for a bearer token.
    pub wallet_jkt: Option<Digest32>,
    /// The commitment to the credential keys; none outside way A (decision D3).
    pub key_commitment: Option<Digest32>,
    /// The claims about the citizen, sealed.
    pub subject: Sealed,
    /// The keyed reference to the person, if known.
    pub person_ref: Option<PersonRef>,
    /// The keyed reference to the card, if known.
    pub card_ref: Option<CardRef>,
    /// The last issuance made with the token.
    pub issuance: Option<IssuanceId>,
    /// The end of the token's life.
    pub expires_at: UnixTime,
    /// Whether the token was revoked before its end.
    pub revoked: bool,
}

/// The access tokens.
pub trait AccessTokenRepository {
    /// Adds a token.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the hash is taken.
    fn add(&mut self, token: &AccessToken) -> Result<(), StorageError>;

    /// Finds a token, revoked or not; expiry and revocation are the caller's check.
    ///
    /// # Errors
    /// Only when the store fails.
    fn lookup(&mut self, hash: &TokenHash) -> Result<Option<AccessToken>, StorageError>;

    /// Revokes a token and returns whether it was live.
    ///
    /// # Errors
    /// Only when the store fails.
    fn revoke(&mut self, hash: &TokenHash) -> Result<bool, StorageError>;

    /// Notes the issuance made with a token and returns the one before it.
    ///
    /// The one before was not delivered, or the wallet would not ask again: the caller revokes it in the
    /// same unit of work (decision D6).
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when there is no such token or no such issuance, or the token is revoked.
    fn set_issuance(&mut self, hash: &TokenHash, issuance: &IssuanceId) -> Result<Option<IssuanceId>, StorageError>;
}
