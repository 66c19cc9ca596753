//! Copies of credentials that an agency has accepted before (TV-39).
//!
//! What is remembered is a keyed digest per agency: nobody without the key can tell from it whether a credential was
//! shown, and two agencies' digests of one credential have nothing in common.

use std::collections::BTreeSet;

use mahfada_base::{CLOCK_SKEW, Seconds, Secret, UnixTime};
use mahfada_crypto::{CryptoProvider, KeyError};
use mahfada_openid4vp::VpToken;
use mahfada_storage::{Digest32, SingleUseKind, StorageError, TenantId, UnitOfWork};

/// How long a copy is remembered, in seconds.
const WINDOW: Seconds = 24 * 3_600;

/// The code of a presentation whose credential was accepted before.
pub(crate) const REUSED: &str = "presentation_reused";

/// Makes the digests.
#[derive(Clone, Debug)]
pub(crate) struct ReuseTags(Secret<[u8; 32]>);

impl ReuseTags {
    /// Derives the key from the one that seals values at rest; neither can be had from the other's results.
    pub(crate) fn derive(sealing_key: &[u8], crypto: &CryptoProvider) -> Result<Self, KeyError> {
        let mut key = [0; 32];
        crypto
            .mac
            .hkdf_sha256(b"", sealing_key, b"mahfada verifier presentation.reuse v1", &mut key)?;
        Ok(Self(Secret::new(key)))
    }

    /// Returns the digests of the copies in an answer whose signatures were verified; a copy that answers two credential
    /// queries has one.
    ///
    /// A digest covers what the issuer signed, not the signature: of that there is more than one spelling.
    pub(crate) fn of(&self, tenant: &TenantId, vp_token: &VpToken, crypto: &CryptoProvider) -> BTreeSet<Digest32> {
        let tag = |text: &String| {
            let jwt = text.split('~').next().unwrap_or_default();
            let signed = jwt.rsplit_once('.').map_or(jwt, |(signed, _)| signed);
            let message = [tenant.as_str(), signed].join("\0");
            crypto.mac.hmac_sha256(self.0.expose(), message.as_bytes())
        };
        vp_token.values().flatten().map(tag).collect()
    }
}

/// Remembers the copies and tells whether all of them are new to the agency.
///
/// When one is not, the caller rolls the unit of work back: what it does not accept burns no copy.
pub(crate) fn all_new(
    unit: &mut dyn UnitOfWork,
    tags: &BTreeSet<Digest32>,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let used = unit.single_use();
    let (forgotten, until) = (now.minus(CLOCK_SKEW), now.plus(WINDOW));
    for tag in tags {
        if !used.consume_anew(SingleUseKind::PresentedCopy, tag, forgotten, until)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use mahfada_crypto::aws_lc::PROVIDER;

    use super::*;

    fn tags(text: &str, tenant: &str, key: u8) -> BTreeSet<Digest32> {
        let vp_token = VpToken::from([("pid".to_owned(), vec![text.to_owned()])]);
        ReuseTags::derive(&[key; 32], &PROVIDER)
            .unwrap()
            .of(&TenantId::new(tenant), &vp_token, &PROVIDER)
    }

    #[test]
    fn a_tag_is_of_what_the_issuer_signed_for_one_agency_under_one_key() {
        let tag = tags("header.payload.signature~disclosure~kb.kb.kb", "bank", 1);
        assert_eq!(tags("header.payload.other-spelling~", "bank", 1), tag);
        assert_ne!(tags("header.payload2.signature~", "bank", 1), tag);
        assert_ne!(tags("header.payload.signature~", "town", 1), tag);
        assert_ne!(tags("header.payload.signature~", "bank", 2), tag);
    }
}
