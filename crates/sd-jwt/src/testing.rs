//! Tokens made by hand, so that one rule at a time can be broken under a good signature.

use std::sync::Arc;

use mahfada_base::{ClaimsPath, UnixTime, base64url};
use mahfada_crypto::Signer;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_jose::{Jwk, JwsBuilder};
use serde_json::{Value, json};

use crate::SdJwtIssuance;
use crate::vc::{SdJwtVcError, UnverifiedSdJwtVc, VerifiedSdJwtVc};

pub(crate) const NOW: UnixTime = UnixTime::new(1_795_348_800);
pub(crate) const VCT: &str = "urn:mahfada:pid:1";

pub(crate) fn signer(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

pub(crate) fn issuer() -> Arc<dyn Signer> {
    signer("issuer")
}

pub(crate) fn holder() -> Arc<dyn Signer> {
    signer("holder")
}

pub(crate) fn jwk_of(signer: &dyn Signer) -> Value {
    Jwk::from_public_key(signer.public_key()).to_value()
}

/// Returns the members that every good credential has, with those given added or put in their place.
pub(crate) fn payload(more: Value) -> Value {
    let mut payload = json!({"vct": VCT, "cnf": {"jwk": jwk_of(&*holder())}});
    let members = payload.as_object_mut().unwrap();
    let Value::Object(more) = more else {
        panic!("not an object")
    };
    members.extend(more);
    members.retain(|_, value| !value.is_null());
    payload
}

#[expect(clippy::needless_pass_by_value, reason = "every caller writes the content in place")]
pub(crate) fn disclosure(content: Value) -> String {
    base64url::encode(content.to_string())
}

pub(crate) fn digest(disclosure: &str) -> String {
    base64url::encode(PROVIDER.digest.sha256(disclosure.as_bytes()))
}

pub(crate) fn token_as(typ: &str, payload: &Value, disclosures: &[&str]) -> String {
    let jwt = JwsBuilder::new(typ).sign(payload, &*issuer()).unwrap();
    let parts = [&[jwt.as_str()], disclosures, &[""]].concat();
    parts.join("~")
}

/// Signs the payload as the issuer would, whatever it says, and adds the disclosures.
pub(crate) fn token(more: Value, disclosures: &[&str]) -> String {
    token_as("dc+sd-jwt", &payload(more), disclosures)
}

pub(crate) fn verify(text: &str) -> Result<VerifiedSdJwtVc, SdJwtVcError> {
    verify_at(text, NOW)
}

pub(crate) fn verify_at(text: &str, now: UnixTime) -> Result<VerifiedSdJwtVc, SdJwtVcError> {
    UnverifiedSdJwtVc::parse(text)?.verify(issuer().public_key(), now, &PROVIDER)
}

/// Returns the reason code of the refusal, or `ok`.
pub(crate) fn code(text: &str) -> &'static str {
    verify(text).map_or_else(|error| error.code(), |_| "ok")
}

pub(crate) fn path(pointer: Value) -> ClaimsPath {
    serde_json::from_value(pointer).unwrap()
}

pub(crate) fn issue(claims: Value, disclosable: &[Value]) -> String {
    let Value::Object(payload) = payload(claims) else {
        panic!("not an object")
    };
    let selectively_disclosable = disclosable.iter().cloned().map(path).collect();
    SdJwtIssuance {
        payload,
        selectively_disclosable,
        decoys: 1,
    }
    .sign(
        JwsBuilder::new("dc+sd-jwt"),
        &*issuer(),
        &SeededRandom::new("salts"),
        PROVIDER.digest,
    )
    .unwrap()
}
