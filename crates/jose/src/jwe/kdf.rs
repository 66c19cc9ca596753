//! The Concat KDF with SHA-256 (RFC 7518 §4.6.2, NIST SP 800-56A §5.8.1).

use mahfada_base::Secret;
use mahfada_crypto::{ContentEncryption, Digest};
use zeroize::Zeroizing;

/// Derives the content key; one round is enough, since no key is longer than the digest.
pub(super) fn derive(
    enc: ContentEncryption,
    shared: &Secret<[u8; 32]>,
    apu: &[u8],
    apv: &[u8],
    digest: &dyn Digest,
) -> Secret<Vec<u8>> {
    let key_len = enc.key_len();
    // Sized beforehand, so that growing leaves no copy of the shared secret behind.
    let size = [64, enc.name().len(), apu.len(), apv.len()].into_iter().sum();
    let mut input = Zeroizing::new(Vec::with_capacity(size));
    input.extend_from_slice(&1_u32.to_be_bytes());
    input.extend_from_slice(shared.expose());
    // With direct agreement the algorithm id is the content encryption's name.
    for field in [enc.name().as_bytes(), apu, apv] {
        input.extend_from_slice(&bytes_of(field.len()));
        input.extend_from_slice(field);
    }
    input.extend_from_slice(&bytes_of(key_len.saturating_mul(8)));
    let round = Zeroizing::new(digest.sha256(&input));
    Secret::new(round.iter().take(key_len).copied().collect())
}

/// A length as 32 bits; party information is bounded long before that.
fn bytes_of(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}
