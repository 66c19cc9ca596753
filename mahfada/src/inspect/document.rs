//! JSON documents: the root document, keys, offers and metadata.

use mahfada_base::{base64url, json};
use serde_json::Value;

use super::{Inspection, Part};

/// What a document is when it has all these members; the first that fits.
const DOCUMENTS: [(&str, &[&str]); 8] = [
    ("JWK set", &["keys"]),
    ("JWK", &["kty"]),
    (
        "credential offer",
        &["credential_issuer", "credential_configuration_ids"],
    ),
    (
        "credential issuer metadata",
        &["credential_issuer", "credential_endpoint"],
    ),
    ("authorization server metadata", &["issuer", "token_endpoint"]),
    ("DCQL query", &["credentials"]),
    ("credential response", &["credentials", "notification_id"]),
    ("trusted list without signature", &["LoTE"]),
];

pub(super) fn inspect(text: &str) -> Option<Inspection> {
    if !text.starts_with('{') {
        return None;
    }
    let document = json::parse(text.as_bytes()).ok()?;
    if let Some(root) = root_document(&document) {
        return Some(root);
    }
    let what = DOCUMENTS
        .iter()
        .find(|(_, members)| members.iter().all(|member| document.get(member).is_some()))
        .map_or("JSON document", |(what, _)| *what);
    Some(Inspection::new(what, vec![Part::new("document", document)]))
}

fn root_document(envelope: &Value) -> Option<Inspection> {
    let signed = envelope.get("signed")?.as_str()?;
    let signatures = envelope.get("signatures")?.as_array()?;
    let payload = json::parse(&base64url::decode(signed).ok()?).ok()?;
    if payload.get("type").and_then(Value::as_str) != Some("mahfada-root") {
        return None;
    }
    let mut parts = vec![Part::new("root document", payload)];
    for (position, signature) in signatures.iter().enumerate() {
        parts.push(Part::new(format!("officer signature {position}"), signature.clone()));
    }
    Some(Inspection::new("root document of the trust registry", parts))
}
