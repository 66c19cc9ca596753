//! The header of a JWS (RFC 7515 §4).

use std::fmt;

use mahfada_base::json;
use mahfada_crypto::SignatureAlgorithm;
use serde_json::{Map, Value};

use super::JwsError;
use crate::Jwk;

/// The header of a JWS; what it says is not vouched for by anybody but the key that the caller trusts.
#[derive(Clone, PartialEq)]
pub struct JwsHeader {
    /// The algorithm.
    pub alg: SignatureAlgorithm,
    /// The media type.
    pub typ: Option<String>,
    /// The name of the key.
    pub kid: Option<String>,
    /// The key, public and not vouched for.
    pub jwk: Option<Jwk>,
    /// The certificates in padded base64, leaf first, not vouched for.
    pub x5c: Option<Vec<String>>,
    /// All other members, as they came.
    pub other: Map<String, Value>,
}

impl JwsHeader {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, JwsError> {
        let Value::Object(mut members) = json::parse(bytes)? else {
            return Err(JwsError::Malformed);
        };
        // RFC 7515 §4.1.11, RFC 7797 §6: this system understands no extension.
        if members.contains_key("crit") || members.contains_key("b64") {
            return Err(JwsError::Extension);
        }
        let alg = match members.remove("alg") {
            Some(Value::String(name)) => SignatureAlgorithm::from_name(&name).ok_or(JwsError::AlgNotAllowed)?,
            _ => return Err(JwsError::AlgNotAllowed),
        };
        Ok(Self {
            alg,
            typ: text(&mut members, "typ")?,
            kid: text(&mut members, "kid")?,
            jwk: members.remove("jwk").map(|value| Jwk::parse(&value)).transpose()?,
            x5c: members.remove("x5c").map(texts).transpose()?,
            other: members,
        })
    }
}

impl fmt::Debug for JwsHeader {
    /// Shows of the certificates only how many there are, and of the other members only the names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwsHeader")
            .field("alg", &self.alg)
            .field("typ", &self.typ)
            .field("kid", &self.kid)
            .field("jwk", &self.jwk)
            .field("x5c", &self.x5c.as_ref().map(Vec::len))
            .field("other", &self.other.keys().collect::<Vec<_>>())
            .finish()
    }
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, JwsError> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwsError::Malformed),
    }
}

fn texts(value: Value) -> Result<Vec<String>, JwsError> {
    let Value::Array(items) = value else {
        return Err(JwsError::Malformed);
    };
    items
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Ok(text),
            _ => Err(JwsError::Malformed),
        })
        .collect()
}
