//! The challenge that the issuer expects an answer to.

use mahfada_crypto::Mac;

/// The challenge of a session as the issuer derives it, never as a client states it: only the issuer's key makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedChallenge {
    rnd_ifd: [u8; 8],
}

/// A client states another challenge than the one of its session and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stated challenge is not the one of this session and these keys")]
pub struct ChallengeMismatch;

impl ChallengeMismatch {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "challenge_mismatch"
    }
}

impl ExpectedChallenge {
    /// Derives it with [`crate::challenge()`].
    #[must_use]
    pub fn derive(mac: &dyn Mac, key: &[u8], session: &str, nonce: &str, commitment: &[u8; 32]) -> Self {
        Self {
            rnd_ifd: crate::challenge(mac, key, session, nonce, commitment),
        }
    }

    /// Returns the eight bytes that the chip must have signed.
    #[must_use]
    pub const fn rnd_ifd(&self) -> [u8; 8] {
        self.rnd_ifd
    }

    /// Compares with a challenge that a client states; for protocols in which it does.
    ///
    /// # Errors
    /// [`ChallengeMismatch`] when the client chose it, or derived it for another session or key.
    pub fn confirm(&self, stated: &[u8]) -> Result<(), ChallengeMismatch> {
        if self.rnd_ifd == *stated {
            Ok(())
        } else {
            Err(ChallengeMismatch)
        }
    }
}
