//! Opaque tokens and codes: 256 random bits, known to the store by their hash only (decision D15).

use mahfada_base::{Secret, base64url};
use mahfada_crypto::{Digest, Random, RandomError};
use zeroize::Zeroize as _;

/// A token that only its receiver knows; it says nothing by itself.
#[derive(Clone, Debug)]
pub struct OpaqueToken(Secret<String>);

impl OpaqueToken {
    /// Draws 256 random bits.
    ///
    /// # Errors
    /// [`RandomError`] when the source gives none.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = [0; 32];
        random.fill(&mut bytes)?;
        let text = base64url::encode(bytes);
        bytes.zeroize();
        Ok(Self(Secret::new(text)))
    }

    /// Returns the text that goes to the receiver.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Returns what the store keeps.
    #[must_use]
    pub fn hash(&self, digest: &dyn Digest) -> [u8; 32] {
        hash_token(self.expose(), digest)
    }
}

/// Hashes a token that came back; equal tokens have equal hashes.
#[must_use]
pub fn hash_token(token: &str, digest: &dyn Digest) -> [u8; 32] {
    digest.sha256(token.as_bytes())
}

#[cfg(test)]
mod tests {
    use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};

    use super::*;

    #[derive(Debug)]
    struct NoRandom;

    impl Random for NoRandom {
        fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
            Err(RandomError)
        }
    }

    #[test]
    fn a_token_has_256_bits_and_comes_back_by_its_hash() {
        let token = OpaqueToken::generate(&SystemRandom).unwrap();
        assert_eq!(base64url::decode(token.expose()).unwrap().len(), 32);
        assert_eq!(token.hash(PROVIDER.digest), hash_token(token.expose(), PROVIDER.digest));
        assert_ne!(token.expose(), OpaqueToken::generate(&SystemRandom).unwrap().expose());
        assert!(!format!("{token:?}").contains(token.expose()));
    }

    #[test]
    fn no_random_bytes_no_token() {
        assert_eq!(OpaqueToken::generate(&NoRandom).unwrap_err(), RandomError);
    }
}
