//! The data set that an access token covers (OpenID4VCI 1.0 §6.2): one per token, so that nobody else's identifier fits.

use mahfada_base::base64url;
use mahfada_crypto::Digest;
use mahfada_storage::TokenHash;

/// Returns the `credential_identifier` of a token; it is derived, not stored, and says nothing about anybody.
pub(crate) fn credential_identifier(token: &TokenHash, digest: &dyn Digest) -> String {
    let message = [b"credential_identifier\0".as_slice(), token.as_bytes()].concat();
    base64url::encode(digest.sha256(&message))
}
