//! What must be remembered of lists so that nobody can serve an older or another one.

use std::collections::BTreeMap;

use mahfada_base::base64url;
use mahfada_crypto::Digest;
use serde::{Deserialize, Serialize};

use crate::{ListSigner, TrustRole};

/// The list of each role that was accepted last; the host persists it across restarts.
///
/// A list is remembered only as long as the root names its signer: see [`crate::TrustStore::accept_root`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListMemory(BTreeMap<TrustRole, SeenList>);

/// One accepted list: its number, the hash of its signed payload, and whose it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenList {
    /// The `LoTESequenceNumber`.
    pub sequence: u64,
    /// SHA-256 over the signed payload.
    #[serde(with = "hash_text")]
    pub sha256: [u8; 32],
    /// Who signed it; `None` in a memory written before signers were remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<SeenSigner>,
}

/// The signer of an accepted list, as the root named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenSigner {
    /// SHA-256 over the certificate of the authority under which the signer stood.
    #[serde(with = "hash_text")]
    pub authority_sha256: [u8; 32],
    /// The organization of the signer.
    pub organization: String,
}

impl SeenSigner {
    pub(crate) fn new(signer: &ListSigner, digest: &dyn Digest) -> Self {
        Self {
            authority_sha256: signer.authority.sha256(digest),
            organization: signer.organization.clone(),
        }
    }
}

impl ListMemory {
    /// Returns what was seen last for a role.
    #[must_use]
    pub fn seen(&self, role: TrustRole) -> Option<SeenList> {
        self.0.get(&role).cloned()
    }

    pub(crate) fn remember(&mut self, role: TrustRole, seen: SeenList) {
        self.0.insert(role, seen);
    }

    /// Forgets the roles for which `keep` says no.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(TrustRole, &SeenList) -> bool) {
        self.0.retain(|role, seen| keep(*role, seen));
    }
}

mod hash_text {
    use super::{Deserialize, base64url};
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = base64url::decode(text).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom("not 32 bytes"))
    }
}
