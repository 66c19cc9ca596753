//! Values that count once: nonces, proof ids, challenges.

use mahfada_base::UnixTime;

use crate::{Digest32, StorageError};

/// What a single-use value is for; equal hashes of two kinds do not collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SingleUseKind {
    /// The `c_nonce` of one credential request (OpenID4VCI §7).
    CNonce,
    /// The `jti` of a DPoP proof (RFC 9449 §11.1).
    DpopJti,
    /// The challenge of a card session.
    CardChallenge,
    /// The `jti` of a client attestation proof of possession.
    ClientAttestationJti,
    /// A pushed authorization request URI (RFC 9126 §2.2).
    RequestUri,
    /// The first fetch of a request object by a wallet (OpenID4VP §5.10).
    RequestFetch,
    /// A copy of a credential that an agency has accepted.
    PresentedCopy,
}

impl SingleUseKind {
    /// Returns the name under which backends store the kind.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CNonce => "c_nonce",
            Self::DpopJti => "dpop_jti",
            Self::CardChallenge => "card_challenge",
            Self::ClientAttestationJti => "client_attestation_jti",
            Self::RequestUri => "request_uri",
            Self::RequestFetch => "request_fetch",
            Self::PresentedCopy => "presented_copy",
        }
    }
}

/// The set of values that have been used.
pub trait SingleUseRepository {
    /// Uses a value up and returns `true` exactly once per kind and hash, over all processes.
    ///
    /// It does not look at the clock: an expired value must be refused before, and is remembered until
    /// [`Self::purge_expired`] forgets it.
    ///
    /// # Errors
    /// Only when the store fails.
    fn consume(&mut self, kind: SingleUseKind, hash: &Digest32, expires_at: UnixTime) -> Result<bool, StorageError>;

    /// Uses a value up like [`Self::consume`], and again once the use that is remembered expired before `now`, whether or
    /// not a purge has come by.
    ///
    /// # Errors
    /// Only when the store fails.
    fn consume_anew(
        &mut self,
        kind: SingleUseKind,
        hash: &Digest32,
        now: UnixTime,
        expires_at: UnixTime,
    ) -> Result<bool, StorageError>;

    /// Forgets values that expired before `now`, the oldest first, and returns how many, at most
    /// [`PURGE_BATCH`](crate::PURGE_BATCH); 0 says that nothing is left to forget.
    ///
    /// The caller subtracts the clock skew that its checks allow, or a value could be used twice.
    ///
    /// # Errors
    /// Only when the store fails.
    fn purge_expired(&mut self, now: UnixTime) -> Result<u64, StorageError>;
}
