//! Public keys as JSON (RFC 7517, RFC 7518 §6.2, RFC 8037) and their thumbprints (RFC 7638).

use mahfada_base::base64url;
use mahfada_crypto::{CryptoProvider, Digest, P256PublicKey, PublicKey, Thumbprint};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

pub use curve::Curve;
pub use error::JwkError;
pub use set::JwkSet;

mod curve;
mod error;
mod set;
#[cfg(test)]
mod tests;

/// The members of private and symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 9964).
const PRIVATE_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// A public key in its wire form; whether its point lies on the curve is checked by [`Jwk::to_public_key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    curve: Curve,
    x: Vec<u8>,
    y: Vec<u8>,
    kid: Option<String>,
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
}

impl Jwk {
    /// Reads a public key and refuses private members, foreign curves and coordinates of the wrong length.
    ///
    /// # Errors
    /// [`JwkError`] naming the first fault.
    pub fn parse(value: &Value) -> Result<Self, JwkError> {
        let members = value.as_object().ok_or(JwkError::Malformed)?;
        if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Err(JwkError::PrivateKey);
        }
        let key_type = text(members, "kty")?.ok_or(JwkError::Malformed)?;
        if !matches!(key_type.as_str(), "EC" | "OKP") {
            return Err(JwkError::Unsupported);
        }
        let name = text(members, "crv")?.ok_or(JwkError::Malformed)?;
        let curve = [Curve::P256, Curve::P384, Curve::Ed25519]
            .into_iter()
            .find(|curve| curve.name() == name && curve.key_type() == key_type)
            .ok_or(JwkError::Unsupported)?;
        Ok(Self {
            curve,
            x: coordinate(members, "x", curve)?,
            y: if curve == Curve::Ed25519 {
                Vec::new()
            } else {
                coordinate(members, "y", curve)?
            },
            kid: text(members, "kid")?,
            key_use: text(members, "use")?,
            key_ops: operations(members)?,
            alg: text(members, "alg")?,
        })
    }

    /// Writes a key without `kid`, `use` and `alg`.
    ///
    /// A kind of key that this crate does not know yet cannot come from [`Jwk::to_public_key`]; it is written as an
    /// Ed25519 key that no provider accepts.
    #[must_use]
    pub fn from_public_key(key: &PublicKey) -> Self {
        let (curve, x, y) = match key {
            PublicKey::P256(point) => {
                let (x, y) = point.coordinates();
                (Curve::P256, x.to_vec(), y.to_vec())
            }
            PublicKey::P384(point) => {
                let (_, coordinates) = point.split_at(1);
                let (x, y) = coordinates.split_at(48);
                (Curve::P384, x.to_vec(), y.to_vec())
            }
            PublicKey::Ed25519(bytes) => (Curve::Ed25519, bytes.to_vec(), Vec::new()),
            _ => (Curve::Ed25519, Vec::new(), Vec::new()),
        };
        Self {
            curve,
            x,
            y,
            kid: None,
            key_use: None,
            key_ops: None,
            alg: None,
        }
    }

    /// Checks the point and returns the key, whatever use it is meant for.
    ///
    /// # Errors
    /// [`JwkError::InvalidPoint`] when the point is not on the curve.
    pub fn to_public_key(&self, provider: &CryptoProvider) -> Result<PublicKey, JwkError> {
        let keys = provider.keys;
        match self.curve {
            Curve::P256 => keys.p256_public(&self.x, &self.y).map(PublicKey::P256),
            Curve::P384 => keys.p384_public(&self.x, &self.y),
            Curve::Ed25519 => keys.ed25519_public(&self.x),
        }
        .map_err(|_| JwkError::InvalidPoint)
    }

    /// Checks the point and that `use`, `key_ops` and `alg`, where present, allow verifying signatures.
    ///
    /// # Errors
    /// [`JwkError::Use`] or [`JwkError::InvalidPoint`].
    pub fn to_verification_key(&self, provider: &CryptoProvider) -> Result<PublicKey, JwkError> {
        let algorithm = self.curve.signature_algorithm().name();
        if !self.allows("sig", &["verify"]) || self.alg.as_deref().is_some_and(|alg| alg != algorithm) {
            return Err(JwkError::Use);
        }
        self.to_public_key(provider)
    }

    /// Checks the point and that `use`, `key_ops` and `alg`, where present, allow ECDH-ES over P-256.
    ///
    /// # Errors
    /// [`JwkError::Use`], [`JwkError::Unsupported`] for another curve, or [`JwkError::InvalidPoint`].
    pub fn to_encryption_key(&self, provider: &CryptoProvider) -> Result<P256PublicKey, JwkError> {
        if self.curve != Curve::P256 {
            return Err(JwkError::Unsupported);
        }
        if !self.allows("enc", &["deriveKey", "deriveBits"]) || self.alg.as_deref().is_some_and(|alg| alg != "ECDH-ES")
        {
            return Err(JwkError::Use);
        }
        provider
            .keys
            .p256_public(&self.x, &self.y)
            .map_err(|_| JwkError::InvalidPoint)
    }

    fn allows(&self, wanted: &str, operations: &[&str]) -> bool {
        // RFC 7517 §4.3: an agreement's public half may list no operation at all.
        let by_operations = self.key_ops.as_ref().is_none_or(|named| {
            (named.is_empty() && wanted == "enc") || named.iter().any(|name| operations.contains(&name.as_str()))
        });
        by_operations && self.key_use.as_deref().is_none_or(|named| named == wanted)
    }

    /// Hashes the required members in their order (RFC 7638 §3).
    #[must_use]
    pub fn thumbprint(&self, digest: &dyn Digest) -> Thumbprint {
        let x = base64url::encode(&self.x);
        let (crv, kty) = (self.curve.name(), self.curve.key_type());
        let canonical = match self.curve {
            Curve::P256 | Curve::P384 => {
                let y = base64url::encode(&self.y);
                format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#)
            }
            Curve::Ed25519 => format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"}}"#),
        };
        Thumbprint(digest.sha256(canonical.as_bytes()))
    }

    /// Names the key.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// States the use, `sig` or `enc`.
    #[must_use]
    pub fn with_use(mut self, key_use: impl Into<String>) -> Self {
        self.key_use = Some(key_use.into());
        self
    }

    /// States the algorithm by its JOSE name.
    #[must_use]
    pub fn with_alg(mut self, alg: impl Into<String>) -> Self {
        self.alg = Some(alg.into());
        self
    }

    /// Returns the curve.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// Returns the name of the key.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns the stated use.
    #[must_use]
    pub fn key_use(&self) -> Option<&str> {
        self.key_use.as_deref()
    }

    /// Returns the stated algorithm.
    #[must_use]
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// Writes the key as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut members = Map::new();
        members.insert("kty".to_owned(), self.curve.key_type().into());
        members.insert("crv".to_owned(), self.curve.name().into());
        members.insert("x".to_owned(), base64url::encode(&self.x).into());
        if self.curve != Curve::Ed25519 {
            members.insert("y".to_owned(), base64url::encode(&self.y).into());
        }
        for (name, member) in [("kid", &self.kid), ("use", &self.key_use), ("alg", &self.alg)] {
            if let Some(text) = member {
                members.insert(name.to_owned(), text.as_str().into());
            }
        }
        if let Some(operations) = &self.key_ops {
            members.insert("key_ops".to_owned(), operations.clone().into());
        }
        Value::Object(members)
    }
}

/// Hashes a key as [`Jwk::thumbprint`] does.
#[must_use]
pub fn thumbprint_of(key: &PublicKey, digest: &dyn Digest) -> Thumbprint {
    Jwk::from_public_key(key).thumbprint(digest)
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, JwkError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(JwkError::Malformed),
    }
}

fn coordinate(members: &Map<String, Value>, name: &str, curve: Curve) -> Result<Vec<u8>, JwkError> {
    let encoded = text(members, name)?.ok_or(JwkError::Malformed)?;
    let bytes = base64url::decode(encoded).map_err(|_| JwkError::Malformed)?;
    // RFC 7518 §6.2.1.2: the full length of the field, leading zeros included.
    if bytes.len() == curve.coordinate_len() {
        Ok(bytes)
    } else {
        Err(JwkError::Malformed)
    }
}

fn operations(members: &Map<String, Value>) -> Result<Option<Vec<String>>, JwkError> {
    let Some(value) = members.get("key_ops") else {
        return Ok(None);
    };
    let list = value.as_array().ok_or(JwkError::Malformed)?;
    list.iter()
        .map(|name| name.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .map(Some)
        .ok_or(JwkError::Malformed)
}
