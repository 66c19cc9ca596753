//! Signed and encrypted messages in compact form.

use std::collections::BTreeMap;

use mahfada_base::{base64url, json};
use mahfada_status_list::{MAX_UNCOMPRESSED, StatusList};
use serde_json::{Value, json};

use super::certificate::chain_parts;
use super::{Inspection, Part};

/// The types of this system.
const TYPES: [(&str, &str); 12] = [
    ("dc+sd-jwt", "issuer-signed JWT of an SD-JWT VC, without its tilde"),
    ("vc+sd-jwt", "issuer-signed JWT of an SD-JWT VC, without its tilde"),
    ("kb+jwt", "key binding JWT"),
    ("statuslist+jwt", "status list token"),
    ("rc-wrp+jwt", "registration certificate of a relying party"),
    ("oauth-authz-req+jwt", "request object"),
    ("dpop+jwt", "DPoP proof"),
    ("openid4vci-proof+jwt", "proof of possession of credential keys"),
    ("ma-card-challenge+jwt", "card challenge"),
    ("ma-card-evidence+jwt", "card evidence"),
    ("key-attestation+jwt", "key attestation"),
    ("at+jwt", "access token"),
];

pub(super) fn inspect(text: &str) -> Option<Inspection> {
    let text = text.strip_prefix("response=").unwrap_or(text);
    match *text.split('.').collect::<Vec<_>>() {
        [header, payload, signature] => signed(header, payload, signature),
        [header, key, nonce, ciphertext, tag] => encrypted(header, [key, nonce, ciphertext, tag]),
        _ => None,
    }
}

/// Shows header, payload and certificates of a JWS under a name.
pub(super) fn jws_parts(name: &str, compact: &str) -> Option<Vec<Part>> {
    match *compact.split('.').collect::<Vec<_>>() {
        [header, payload, signature] => {
            let header = object(header)?;
            let payload = content(payload)?;
            base64url::decode(signature).ok()?;
            let chain = header.get("x5c").map(chain_parts).unwrap_or_default();
            let mut parts = vec![
                Part::new(format!("{name} header"), header),
                Part::new(format!("{name} payload"), payload),
                Part::new(format!("{name} signature"), signature),
            ];
            parts.extend(chain);
            Some(parts)
        }
        _ => None,
    }
}

fn signed(header: &str, payload: &str, signature: &str) -> Option<Inspection> {
    let mut parts = jws_parts("JWS", &format!("{header}.{payload}.{signature}"))?;
    let (header, payload) = (object(header)?, content(payload)?);
    let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default();
    let what = if payload.get("LoTE").is_some() {
        "trusted list"
    } else {
        TYPES
            .iter()
            .find(|(name, _)| *name == typ)
            .map_or("JWS of another type", |(_, what)| *what)
    };
    match what {
        "status list token" => parts.extend(status_list(&payload)),
        "request object" => parts.extend(registrations(&payload)),
        _ => {}
    }
    Some(Inspection::new(what, parts))
}

fn encrypted(header: &str, [key, nonce, ciphertext, tag]: [&str; 4]) -> Option<Inspection> {
    let length = |part: &str| base64url::decode(part).ok().map(|bytes| bytes.len());
    let parts = vec![
        Part::new("JWE header", object(header)?),
        Part::new(
            "JWE body",
            json!({
                "encrypted_key_bytes": length(key)?,
                "nonce_bytes": length(nonce)?,
                "ciphertext_bytes": length(ciphertext)?,
                "tag_bytes": length(tag)?,
            }),
        ),
    ];
    Some(Inspection::new(
        "JWE, such as an encrypted presentation; only its key opens it",
        parts,
    ))
}

/// Shows how many entries of a status list have which value.
fn status_list(payload: &Value) -> Option<Part> {
    let claim = payload.get("status_list")?;
    let bits = claim.get("bits").and_then(Value::as_u64)?;
    let list = StatusList::decode(u8::try_from(bits).ok()?, claim.get("lst")?.as_str()?, MAX_UNCOMPRESSED).ok()?;
    let mut values: BTreeMap<u8, u64> = BTreeMap::new();
    for index in 0..list.size() {
        if let Ok(value) = list.get(index) {
            let count = values.entry(value).or_default();
            *count = count.saturating_add(1);
        }
    }
    Some(Part::new(
        "status list",
        json!({"bits": bits, "entries": list.size(), "entries_by_value": values}),
    ))
}

/// Shows the registration certificates that travel with a request.
fn registrations(payload: &Value) -> Vec<Part> {
    let infos = payload.get("verifier_info").and_then(Value::as_array);
    infos
        .into_iter()
        .flatten()
        .filter_map(|info| info.get("data").and_then(Value::as_str))
        .filter_map(|data| {
            let unwrapped = || String::from_utf8(base64url::decode(data).ok()?).ok();
            jws_parts("registration certificate", data).or_else(|| jws_parts("registration certificate", &unwrapped()?))
        })
        .flatten()
        .collect()
}

fn object(part: &str) -> Option<Value> {
    let value = json::parse(&base64url::decode(part).ok()?).ok()?;
    value.is_object().then_some(value)
}

fn content(part: &str) -> Option<Value> {
    let bytes = base64url::decode(part).ok()?;
    Some(json::parse(&bytes).unwrap_or_else(|_| json!({"not_json": {"bytes": bytes.len()}})))
}
