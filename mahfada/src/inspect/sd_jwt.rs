//! SD-JWTs: the issuer's part, each disclosure with where it belongs, and the key binding.

use mahfada_base::{base64url, json};
use mahfada_crypto::pure::PROVIDER;
use serde_json::{Value, json};

use super::token::jws_parts;
use super::{Inspection, Part};

pub(super) fn inspect(text: &str) -> Option<Inspection> {
    let (head, key_binding) = text.rsplit_once('~')?;
    let mut pieces = head.split('~');
    let mut parts = jws_parts("issuer-signed JWT", pieces.next()?)?;
    let payload = parts.get(1).map(|part| part.content.clone()).unwrap_or_default();
    let is_credential = payload.get("vct").is_some();
    let disclosures: Vec<(&str, Value)> = pieces.map(|encoded| (encoded, disclosure(encoded))).collect();
    let mut digests = Vec::new();
    collect_digests(&payload, &mut digests);
    for (_, content) in &disclosures {
        collect_digests(content, &mut digests);
    }
    let algorithm = payload.get("_sd_alg").and_then(Value::as_str).unwrap_or("sha-256");
    for (position, (encoded, content)) in disclosures.iter().enumerate() {
        let referenced = digest(algorithm, encoded).map(|digest| digests.contains(&digest));
        parts.push(Part::new(format!("disclosure {position}"), shown(content, referenced)));
    }
    let bound = !key_binding.is_empty();
    if bound {
        parts.extend(
            jws_parts("key binding JWT", key_binding)
                .unwrap_or_else(|| vec![Part::new("key binding JWT", "cannot be read")]),
        );
    }
    let what = match (is_credential, bound) {
        (true, true) => "SD-JWT VC with key binding: a presentation",
        (true, false) => "SD-JWT VC without key binding: as issued, or stripped",
        (false, true) => "SD-JWT with key binding",
        (false, false) => "SD-JWT without key binding",
    };
    Some(Inspection::new(what, parts))
}

fn disclosure(encoded: &str) -> Value {
    base64url::decode(encoded)
        .ok()
        .and_then(|bytes| json::parse(&bytes).ok())
        .unwrap_or_default()
}

fn shown(content: &Value, referenced: Option<bool>) -> Value {
    match content.as_array().map(Vec::as_slice) {
        Some([salt, name, value]) => json!({"salt": salt, "claim": name, "value": value, "digest_found": referenced}),
        Some([salt, value]) => json!({"salt": salt, "array_element": value, "digest_found": referenced}),
        _ => json!("cannot be read"),
    }
}

fn digest(algorithm: &str, encoded: &str) -> Option<String> {
    match algorithm {
        "sha-256" => Some(base64url::encode(PROVIDER.digest.sha256(encoded.as_bytes()))),
        _ => None,
    }
}

/// Collects what stands in `_sd` and under `...`, at any depth; `json::parse` has bounded the depth.
fn collect_digests(value: &Value, digests: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("_sd", Value::Array(elements)) => {
                        digests.extend(elements.iter().filter_map(Value::as_str).map(ToOwned::to_owned));
                    }
                    ("...", Value::String(digest)) => digests.push(digest.clone()),
                    _ => collect_digests(member, digests),
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect_digests(element, digests)),
        _ => {}
    }
}
