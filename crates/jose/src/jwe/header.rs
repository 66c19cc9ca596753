//! The protected header of a JWE (RFC 7516 §4, RFC 7518 §4.6.1).

use mahfada_base::{base64url, json};
use mahfada_crypto::{ContentEncryption, P256PublicKey, PublicKey};
use serde_json::{Map, Value};

use super::{JweError, JweRecipient};
use crate::{Curve, Jwk};

/// The one key management algorithm.
const ECDH_ES: &str = "ECDH-ES";
/// The most bytes that `apu` and `apv` may have each.
const MAX_PARTY_INFO: usize = 512;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JweHeader {
    pub(super) enc: ContentEncryption,
    pub(super) epk: Jwk,
    pub(super) kid: Option<String>,
    pub(super) apu: Vec<u8>,
    pub(super) apv: Vec<u8>,
}

impl JweHeader {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, JweError> {
        let Ok(Value::Object(members)) = json::parse(bytes) else {
            return Err(JweError::Malformed);
        };
        if members.contains_key("zip") || members.contains_key("crit") {
            return Err(JweError::Extension);
        }
        if members.get("alg").and_then(Value::as_str) != Some(ECDH_ES) {
            return Err(JweError::AlgNotAllowed);
        }
        let enc = members
            .get("enc")
            .and_then(Value::as_str)
            .and_then(ContentEncryption::from_name)
            .ok_or(JweError::AlgNotAllowed)?;
        let epk = members.get("epk").ok_or(JweError::Malformed)?;
        let epk = Jwk::parse(epk)
            .ok()
            .filter(|key| key.curve() == Curve::P256)
            .ok_or(JweError::Malformed)?;
        Ok(Self {
            enc,
            epk,
            kid: text(&members, "kid")?.map(str::to_owned),
            apu: party_info(&members, "apu")?,
            apv: party_info(&members, "apv")?,
        })
    }

    /// Writes the header for a recipient.
    pub(super) fn text(recipient: &JweRecipient<'_>, ephemeral: &P256PublicKey) -> String {
        let mut members = Map::new();
        members.insert("alg".to_owned(), ECDH_ES.into());
        members.insert("enc".to_owned(), recipient.enc.name().into());
        members.insert(
            "epk".to_owned(),
            Jwk::from_public_key(&PublicKey::P256(*ephemeral)).to_value(),
        );
        if let Some(kid) = recipient.kid {
            members.insert("kid".to_owned(), kid.into());
        }
        for (name, info) in [("apu", recipient.apu), ("apv", recipient.apv)] {
            if let Some(info) = info {
                members.insert(name.to_owned(), base64url::encode(info).into());
            }
        }
        Value::Object(members).to_string()
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, JweError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JweError::Malformed),
    }
}

fn party_info(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>, JweError> {
    let Some(encoded) = text(members, name)? else {
        return Ok(Vec::new());
    };
    let bytes = base64url::decode(encoded).map_err(|_| JweError::Malformed)?;
    if bytes.len() > MAX_PARTY_INFO {
        Err(JweError::Malformed)
    } else {
        Ok(bytes)
    }
}
