//! Key sets (RFC 7517 §5).

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Jwk, JwkError};

/// A key set (RFC 7517 §5); keys of kinds that this system does not use are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl JwkSet {
    /// Reads a key set, leaving out unsupported keys (RFC 7517 §5).
    ///
    /// # Errors
    /// [`JwkError`] for a private key, a malformed one, or a `kid` that stands twice.
    pub fn parse(value: &Value) -> Result<Self, JwkError> {
        let mut keys: Vec<Jwk> = Vec::new();
        for member in value.get("keys").and_then(Value::as_array).ok_or(JwkError::Malformed)? {
            match Jwk::parse(member) {
                Ok(key) if key.kid.is_some() && keys.iter().any(|other| other.kid == key.kid) => {
                    return Err(JwkError::Malformed);
                }
                Ok(key) => keys.push(key),
                Err(JwkError::Unsupported) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(Self { keys })
    }

    /// Finds the key of that name.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid() == Some(kid))
    }
}

impl<'de> Deserialize<'de> for JwkSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
