//! Values that the store keeps without being able to read them.

use std::fmt;

/// A SHA-256 or HMAC-SHA-256 value: a key thumbprint, a commitment, a MAC.
pub type Digest32 = [u8; 32];

/// The keyed reference to a card (decision D12); never in a token, log or credential.
pub type CardRef = Digest32;

/// The keyed reference to a person (decision D12); never in a token, log or credential.
pub type PersonRef = Digest32;

/// The SHA-256 of a 256-bit random token or code; the token itself is never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Takes a hash that the caller has computed.
    #[must_use]
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// Returns the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Ciphertext with its nonce, tag and key version, as the service sealed it.
///
/// The store checks nothing about it and `Debug` shows only its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes ciphertext as it is.
    #[must_use]
    pub const fn new(ciphertext: Vec<u8>) -> Self {
        Self(ciphertext)
    }

    /// Returns the ciphertext.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_only_the_length() {
        assert_eq!(format!("{:?}", Sealed::new(b"Fatima".to_vec())), "Sealed(6 bytes)");
    }
}
