//! The commitment of a wallet's root key to the first credential keys, made before any challenge exists (decision D2).

use mahfada_crypto::{Digest, Thumbprint};

/// Computes `SHA-256(jkt(K_w) || SHA-256(sorted raw thumbprints))`, the keys as a set.
///
/// The order and repetition of the keys do not matter. It does not check that anybody holds the keys.
#[must_use]
pub fn key_commitment(digest: &dyn Digest, wallet_jkt: &Thumbprint, key_thumbprints: &[Thumbprint]) -> [u8; 32] {
    let mut keys = key_thumbprints.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let concatenation: Vec<u8> = keys.iter().flat_map(|thumbprint| thumbprint.0).collect();
    let mut message = wallet_jkt.0.to_vec();
    message.extend_from_slice(&digest.sha256(&concatenation));
    digest.sha256(&message)
}

/// Tells whether `commitment` is the one of this wallet key over exactly these credential keys.
#[must_use]
pub fn commits_to(
    digest: &dyn Digest,
    commitment: &[u8; 32],
    wallet_jkt: &Thumbprint,
    key_thumbprints: &[Thumbprint],
) -> bool {
    key_commitment(digest, wallet_jkt, key_thumbprints) == *commitment
}
