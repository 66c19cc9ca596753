//! What must be remembered of lists so that nobody can serve an older or another one.

use std::collections::BTreeMap;

use mahfada_base::base64url;
use serde::{Deserialize, Serialize};

use crate::TrustRole;

/// The newest list of each role that was ever accepted; the host persists it across restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListMemory(BTreeMap<TrustRole, SeenList>);

/// One accepted list: its number and the hash of its signed payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenList {
    /// The `LoTESequenceNumber`.
    pub sequence: u64,
    /// SHA-256 over the signed payload.
    #[serde(with = "hash_text")]
    pub sha256: [u8; 32],
}

impl ListMemory {
    /// Returns what was seen last for a role.
    #[must_use]
    pub fn seen(&self, role: TrustRole) -> Option<SeenList> {
        self.0.get(&role).copied()
    }

    pub(crate) fn remember(&mut self, role: TrustRole, seen: SeenList) {
        self.0.insert(role, seen);
    }
}

mod hash_text {
    use super::{Deserialize, base64url};
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        hash: &[u8; 32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = base64url::decode(text).map_err(D::Error::custom)?;
        bytes
            .try_into()
            .map_err(|_| D::Error::custom("not 32 bytes"))
    }
}
