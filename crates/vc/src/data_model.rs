//! The members that VCDM 2.0 §4 asks a credential to have, and their form.

use mahfada_base::UnixTime;
use serde_json::{Map, Value};

use crate::error::CredentialError;
use crate::timestamp;

const BASE_CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

/// Members whose values are objects that must say their type (VCDM 2.0 §4.4, §4.10 to §5.6).
const TYPED: [&str; 5] = [
    "credentialStatus",
    "credentialSchema",
    "refreshService",
    "termsOfUse",
    "evidence",
];
/// Those of them whose identifier, if they have one, must be a URL.
const IDENTIFIED: [&str; 2] = ["credentialStatus", "credentialSchema"];

/// What a credential says about its own times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) from: Option<UnixTime>,
    pub(crate) until: Option<UnixTime>,
}

/// Checks the members of a credential and returns its validity.
pub(crate) fn check(credential: &Map<String, Value>) -> Result<Validity, CredentialError> {
    let context = credential.get("@context").and_then(Value::as_array);
    let first = context.and_then(|items| items.first()).and_then(Value::as_str);
    require(first == Some(BASE_CONTEXT), "@context")?;
    require(has_type(credential, "VerifiableCredential"), "type")?;
    require(credential.get("id").is_none_or(is_url), "id")?;
    require(issuer(credential).is_some(), "issuer")?;
    check_subjects(credential)?;
    for name in TYPED {
        require(each(credential.get(name)).all(|item| is_typed(item, name)), name)?;
    }
    check_proof_types(credential)?;
    validity(credential)
}

/// Returns the issuer's URL, whether it stands alone or in an object.
pub(crate) fn issuer(credential: &Map<String, Value>) -> Option<&str> {
    let issuer = credential.get("issuer")?;
    let id = match issuer {
        Value::Object(members) => members.get("id")?,
        other => other,
    };
    id.as_str().filter(|_| is_url(id))
}

/// Tells whether an object has a type among its types.
pub(crate) fn has_type(members: &Map<String, Value>, wanted: &str) -> bool {
    each(members.get("type")).any(|name| name.as_str() == Some(wanted))
}

/// Iterates over one value or the items of an array.
fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        None => [].iter(),
        Some(Value::Array(items)) => items.iter(),
        Some(single) => std::slice::from_ref(single).iter(),
    }
}

fn check_subjects(credential: &Map<String, Value>) -> Result<(), CredentialError> {
    let mut subjects = each(credential.get("credentialSubject")).peekable();
    require(subjects.peek().is_some(), "credentialSubject")?;
    let says_something = |subject: &Value| {
        subject
            .as_object()
            .is_some_and(|members| !members.is_empty() && members.get("id").is_none_or(is_url))
    };
    require(subjects.all(says_something), "credentialSubject")
}

fn is_typed(item: &Value, name: &str) -> bool {
    let Some(members) = item.as_object() else {
        return false;
    };
    let identified = match members.get("id") {
        None => name != "credentialSchema",
        Some(id) => !IDENTIFIED.contains(&name) || is_url(id),
    };
    identified && each(members.get("type")).next().is_some()
}

/// A proof without a type is no proof; which types hold is the verification's business.
fn check_proof_types(credential: &Map<String, Value>) -> Result<(), CredentialError> {
    let typed = |proof: &Value| proof.get("type").is_some_and(Value::is_string);
    require(each(credential.get("proof")).all(typed), "proof")
}

fn validity(credential: &Map<String, Value>) -> Result<Validity, CredentialError> {
    let time = |name: &'static str| match credential.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_str()
            .and_then(timestamp::parse)
            .map(Some)
            .ok_or(CredentialError::DataModel(name)),
    };
    let (from, until) = (time("validFrom")?, time("validUntil")?);
    let ordered = from.zip(until).is_none_or(|(from, until)| from <= until);
    require(ordered, "validUntil")?;
    Ok(Validity { from, until })
}

fn is_url(value: &Value) -> bool {
    value.as_str().is_some_and(crate::json_ld::is_absolute)
}

const fn require(holds: bool, member: &'static str) -> Result<(), CredentialError> {
    if holds {
        Ok(())
    } else {
        Err(CredentialError::DataModel(member))
    }
}
