//! The credential itself: an SD-JWT VC for one key of the holder.

use std::fmt;

use mahfada_base::{ClaimsPath, Seconds};
use mahfada_jose::{Jwk, JwsBuilder};
use mahfada_sd_jwt::SdJwtIssuance;
use mahfada_status_list::StatusReference;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::credential_issuer::{Configuration, CredentialIssuer, Source};
use crate::fault::Fault;
use crate::issuance::subject::Subject;
use crate::source::insert;

const DAY: Seconds = 86_400;
/// Decoy digests per `_sd` array, so that the number of claims says less (RFC 9901 §4.2.5).
const DECOYS: usize = 2;

/// The claims of a subject that the configuration issues; `Debug` shows none.
#[derive(Clone)]
pub(crate) struct Claims(Map<String, Value>);

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claims({})", self.0.len())
    }
}

/// Why a subject has no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuildRefusal {
    /// The register has no such subject any more.
    UnknownSubject,
    /// A mandatory claim has no value.
    ClaimMissing,
}

/// Picks the configured claims from the subject; nothing else gets into a credential.
pub(crate) fn claims(configuration: &Configuration, subject: &Subject) -> Result<Claims, BuildRefusal> {
    let known = match (subject, &configuration.source) {
        (Subject::Card { claims }, Source::Card) => claims,
        (Subject::Register { key }, Source::Csv(register)) => {
            register.claims(key).ok_or(BuildRefusal::UnknownSubject)?
        }
        _ => return Err(BuildRefusal::UnknownSubject),
    };
    let mut all = Value::Object(known.clone());
    if let Value::Object(members) = &mut all {
        for (name, text) in &configuration.config.constants {
            members.insert(name.clone(), text.clone().into());
        }
    }
    let mut picked = Map::new();
    for claim in &configuration.config.claims {
        match claim.path.select(&all).as_deref() {
            Ok([value, ..]) => insert(&mut picked, &claim.path, (*value).clone()),
            _ if claim.mandatory => return Err(BuildRefusal::ClaimMissing),
            _ => {}
        }
    }
    Ok(Claims(picked))
}

/// Builds and signs one copy, with salts, key and status index of its own.
pub(crate) fn credential(
    app: &App,
    issuer: &CredentialIssuer,
    configuration: &Configuration,
    claims: &Claims,
    holder_key: &Jwk,
    status_index: u32,
) -> Result<String, Fault> {
    // Days, not seconds: times must not link the copies of a batch (TI-41).
    let issued_on = app.clock.now().start_of_day();
    let expires_on = issued_on.plus(DAY.saturating_mul(i64::from(configuration.config.validity_days) + 1));
    let status = StatusReference {
        uri: issuer.status.uri.to_string(),
        idx: u64::from(status_index),
    };
    let mut payload = claims.0.clone();
    for (name, value) in [
        ("vct", json!(configuration.config.vct)),
        ("iat", json!(issued_on)),
        ("nbf", json!(issued_on)),
        ("exp", json!(expires_on)),
        ("cnf", json!({ "jwk": holder_key.to_value() })),
        ("status", status.to_claim()),
    ] {
        payload.insert(name.to_owned(), value);
    }
    let issuance = SdJwtIssuance {
        selectively_disclosable: disclosable(configuration, &payload),
        payload,
        decoys: DECOYS,
    };
    let builder = JwsBuilder::new("dc+sd-jwt").x5c(&issuer.signing.chain);
    Ok(issuance.sign(builder, &*issuer.signing.signer, &*app.random, app.crypto.digest)?)
}

/// The disclosable paths that this credential has values for.
fn disclosable(configuration: &Configuration, payload: &Map<String, Value>) -> Vec<ClaimsPath> {
    let payload = Value::Object(payload.clone());
    let mut paths = configuration.selectively_disclosable();
    paths.retain(|path| path.select(&payload).is_ok());
    paths
}
