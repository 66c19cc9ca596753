//! What the agency gets: the claims, without what would tell one credential from another.

use std::collections::BTreeMap;

use mahfada_credential::VerifiedCredential;
use mahfada_sd_jwt::vc::NEVER_DISCLOSABLE;
use serde_json::{Map, Value};

use crate::presentation::verdict::DisclosedClaims;

/// Returns the claims by query. Holder key, status place and times stay out: they are the same in every presentation of
/// one copy, and the agency has no use for them (ARF `OIA_16`).
pub(super) fn claims(credentials: &BTreeMap<String, Vec<VerifiedCredential>>) -> DisclosedClaims {
    credentials
        .iter()
        .map(|(id, credentials)| (id.clone(), credentials.iter().map(claims_of).collect()))
        .collect()
}

fn claims_of(credential: &VerifiedCredential) -> Map<String, Value> {
    let kept = |name: &str| name == "vct" || (name != "iat" && !NEVER_DISCLOSABLE.contains(&name));
    let members = credential.claims().value.as_object();
    members
        .into_iter()
        .flatten()
        .filter(|(name, _)| kept(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
