//! Pre-authorized codes of credential offers (OpenID4VCI §4.1.1).

use mahfada_base::UnixTime;

use crate::{ConfigurationId, Digest32, IssuanceId, IssuerId, OfferId, Sealed, StorageError, TokenHash};

/// How many wrong transaction codes burn a pre-authorized code.
pub const MAX_WRONG_TX_CODES: u8 = 5;

/// Whether a code can still be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// The code waits for its wallet.
    Open,
    /// The code has been redeemed.
    Redeemed,
    /// The code was burnt, by too many wrong transaction codes or by its issuer.
    Burnt,
}

/// A pre-authorized code and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreAuthorizedCode {
    /// The hash of the code.
    pub hash: TokenHash,
    /// The credential issuer the code belongs to.
    pub issuer: IssuerId,
    /// The one configuration that may be issued for it.
    pub configuration_id: ConfigurationId,
    /// The offer that carries the code.
    pub offer_id: OfferId,
    /// The claims about the citizen, sealed.
    pub subject: Sealed,
    /// The MAC of the transaction code, if one is asked for.
    pub tx_code: Option<Digest32>,
    /// How many wrong transaction codes have been tried.
    pub wrong_tx_codes: u8,
    /// Whether the code can still be redeemed.
    pub state: CodeState,
    /// The end of the code's life.
    pub expires_at: UnixTime,
}

/// The pre-authorized codes.
pub trait PreAuthorizedCodeRepository {
    /// Adds a code.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the hash or the offer id is taken.
    fn add(&mut self, code: &PreAuthorizedCode) -> Result<(), StorageError>;

    /// Finds a code by its hash, in whatever state; expiry is the caller's check.
    ///
    /// # Errors
    /// Only when the store fails.
    fn lookup(&mut self, hash: &TokenHash) -> Result<Option<PreAuthorizedCode>, StorageError>;

    /// Finds a code by its offer, in whatever state.
    ///
    /// # Errors
    /// Only when the store fails.
    fn lookup_by_offer(&mut self, offer_id: &OfferId) -> Result<Option<PreAuthorizedCode>, StorageError>;

    /// Counts a wrong transaction code and returns the count; the [`MAX_WRONG_TX_CODES`]th burns the code.
    ///
    /// The count of a code that is no longer open stays as it is. The work must end with
    /// [`Outcome::RejectCommit`](crate::Outcome::RejectCommit), or the guess is free.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when there is no such code.
    fn record_wrong_tx_code(&mut self, hash: &TokenHash) -> Result<u8, StorageError>;

    /// Burns an open code and returns whether it was open.
    ///
    /// # Errors
    /// Only when the store fails.
    fn burn(&mut self, hash: &TokenHash) -> Result<bool, StorageError>;

    /// Redeems a code and returns `true` exactly once, only for an open one; expiry is the caller's check.
    ///
    /// # Errors
    /// Only when the store fails.
    fn redeem(&mut self, hash: &TokenHash) -> Result<bool, StorageError>;

    /// Redeems a code like [`Self::redeem`] and remembers the access token it was redeemed for.
    ///
    /// # Errors
    /// Only when the store fails.
    fn redeem_for(&mut self, hash: &TokenHash, token: &TokenHash) -> Result<bool, StorageError>;

    /// Finds the issuance made with the access token that the offer's code was redeemed for.
    ///
    /// # Errors
    /// Only when the store fails.
    fn issuance_of_offer(&mut self, offer_id: &OfferId) -> Result<Option<IssuanceId>, StorageError>;
}
