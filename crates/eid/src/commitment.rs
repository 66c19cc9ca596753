//! The commitment of a wallet's root key to the first credential keys, made before any challenge exists (decision D2).

use mahfada_crypto::{Digest, Thumbprint};

/// Computes `SHA-256(sorted raw thumbprints)`, the keys as a set: what a wallet tells its issuer.
///
/// The order and repetition of the keys do not matter. It does not check that anybody holds the keys.
#[must_use]
pub fn committed_keys(digest: &dyn Digest, key_thumbprints: &[Thumbprint]) -> [u8; 32] {
    let mut keys = key_thumbprints.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let concatenation: Vec<u8> = keys.iter().flat_map(|thumbprint| thumbprint.0).collect();
    digest.sha256(&concatenation)
}

/// Computes `SHA-256(jkt(K_w) || committed_keys)`.
///
/// The issuer takes `wallet_jkt` from the proof of the request, never from what the wallet says, or a stranger could
/// open a session for a key of his own with the commitment of another wallet.
#[must_use]
pub fn key_commitment(digest: &dyn Digest, wallet_jkt: &Thumbprint, committed_keys: &[u8; 32]) -> [u8; 32] {
    digest.sha256(&[wallet_jkt.0, *committed_keys].concat())
}

/// Tells whether `commitment` is the one of this wallet key over exactly these credential keys.
#[must_use]
pub fn commits_to(
    digest: &dyn Digest,
    commitment: &[u8; 32],
    wallet_jkt: &Thumbprint,
    key_thumbprints: &[Thumbprint],
) -> bool {
    key_commitment(digest, wallet_jkt, &committed_keys(digest, key_thumbprints)) == *commitment
}
