//! Ids that are derived, not drawn: of the data set that a token covers, and of the issuances that it leads to.

use mahfada_base::base64url;
use mahfada_crypto::Digest;
use mahfada_storage::{IssuanceId, TokenHash};

use crate::app::App;

/// How often one token issues: a wallet that lost so many answers in five minutes starts again.
///
/// Each issuance takes status indexes for ever, so a token must not take as many as it likes.
pub(crate) const MAX_ISSUANCES: u8 = 5;

/// Returns the `credential_identifier` of a token (OpenID4VCI 1.0 §6.2): one per token, so that nobody else's identifier
/// fits; it says nothing about anybody.
pub(crate) fn credential_identifier(token: &TokenHash, digest: &dyn Digest) -> String {
    let message = [b"credential_identifier\0".as_slice(), token.as_bytes()].concat();
    base64url::encode(digest.sha256(&message))
}

/// Returns the ids of the issuances that a token may lead to, in their order.
pub(crate) fn issuance_ids(app: &App, token: &TokenHash) -> Vec<IssuanceId> {
    let id = |number: u8| {
        let message = [b"issuance\0".as_slice(), &[number], token.as_bytes()].concat();
        IssuanceId::new(base64url::encode(
            app.crypto.mac.hmac_sha256(app.keys.offer.expose(), &message),
        ))
    };
    (0..MAX_ISSUANCES).map(id).collect()
}

/// Returns the id that follows the one of the last issuance, or none when there were as many as there may be.
pub(crate) fn following<'i>(ids: &'i [IssuanceId], last: Option<&IssuanceId>) -> Option<&'i IssuanceId> {
    match last {
        None => ids.first(),
        Some(last) => ids.iter().skip_while(|id| *id != last).nth(1),
    }
}
