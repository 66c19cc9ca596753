//! Which of the verifier's keys and algorithms the answer is encrypted with (OpenID4VP 1.0 §8.3).

use mahfada_crypto::{ContentEncryption, CryptoProvider};
use mahfada_jose::Jwk;
use serde_json::Value;

use super::{RequestError, ResponseEncryption};
use crate::DcqlQuery;

/// The strongest first.
const PREFERENCE: [ContentEncryption; 2] = [ContentEncryption::A256Gcm, ContentEncryption::A128Gcm];
const KEY_AGREEMENT: &str = "ECDH-ES";

/// Chooses the first usable key and the strongest common algorithm, and checks that the verifier understands the
/// formats it asks for.
pub(super) fn choose(
    metadata: Option<&Value>,
    query: &DcqlQuery,
    provider: &CryptoProvider,
) -> Result<ResponseEncryption, RequestError> {
    let metadata = metadata.ok_or_else(|| RequestError::invalid("there is no client_metadata"))?;
    let formats = metadata.get("vp_formats_supported").and_then(Value::as_object);
    let understood = |format: &str| formats.is_some_and(|formats| formats.contains_key(format));
    if !query
        .credentials()
        .iter()
        .all(|credential| understood(&credential.format))
    {
        return Err(RequestError::FormatsNotSupported);
    }
    let enc = choose_enc(metadata.get("encrypted_response_enc_values_supported"))?;
    let keys = metadata.pointer("/jwks/keys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .find_map(|key| usable(key, enc, provider))
        .ok_or_else(|| RequestError::invalid("there is no key to encrypt the answer with"))
}

/// Keys of other kinds are passed over (threat TW-11).
fn usable(key: &Value, enc: ContentEncryption, provider: &CryptoProvider) -> Option<ResponseEncryption> {
    let jwk = Jwk::parse(key).ok()?;
    if jwk.alg() != Some(KEY_AGREEMENT) {
        return None;
    }
    let kid = jwk.kid()?.to_owned();
    Some(ResponseEncryption {
        key: jwk.to_encryption_key(provider).ok()?,
        kid,
        enc,
    })
}

fn choose_enc(supported: Option<&Value>) -> Result<ContentEncryption, RequestError> {
    // §5.1: a verifier that says nothing reads A128GCM.
    let Some(supported) = supported else {
        return Ok(ContentEncryption::A128Gcm);
    };
    let names = supported.as_array().map(Vec::as_slice).unwrap_or_default();
    PREFERENCE
        .into_iter()
        .find(|enc| names.iter().any(|name| name.as_str() == Some(enc.name())))
        .ok_or_else(|| RequestError::invalid("there is no common content encryption"))
}
