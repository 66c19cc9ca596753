//! The rules of a valid query (OpenID4VP 1.0 §6.1 to §6.3).

use std::collections::BTreeSet;

use mahfada_base::PathSegment;
use serde_json::Value;

use super::{ClaimsQuery, CredentialQuery, CredentialSetQuery, DcqlError, DcqlQuery};

/// The most credential queries, claims, alternatives or values that one query may have of each.
pub(super) const MAX_ITEMS: usize = 64;

/// The most characters of an id that an error repeats.
const MAX_SHOWN: usize = 64;

impl DcqlQuery {
    /// Checks that a verifier may ask this: no claim is named by its position in an array.
    ///
    /// A recipient counts only the elements that were disclosed, a wallet all of them, so that they mean different ones.
    /// A wallet reads such queries all the same; [`satisfied_by`](crate::satisfied_by) never takes them for answered.
    ///
    /// # Errors
    /// [`DcqlError::IndexNotAskable`] with the first such claim.
    pub fn check_askable(&self) -> Result<(), DcqlError> {
        let mut claims = self.credentials().iter().flat_map(CredentialQuery::claims);
        match claims.find(|claim| !claim.is_askable()) {
            Some(claim) => Err(DcqlError::IndexNotAskable(claim.path.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn check(&self) -> Result<(), DcqlError> {
        bounded("credentials", &self.credentials)?;
        unique(
            "credential",
            self.credentials.iter().map(|credential| credential.id.as_str()),
        )?;
        self.credentials.iter().try_for_each(CredentialQuery::check)?;
        self.credential_sets.iter().try_for_each(|set| self.check_set(set))
    }

    fn check_set(&self, set: &CredentialSetQuery) -> Result<(), DcqlError> {
        bounded("options", &set.options)?;
        for option in &set.options {
            bounded("option", option)?;
            if let Some(id) = option.iter().find(|id| self.credential(id).is_none()) {
                return Err(DcqlError::Invalid(format!(
                    "no credential query is called {}",
                    shown(id)
                )));
            }
        }
        Ok(())
    }
}

impl CredentialQuery {
    fn check(&self) -> Result<(), DcqlError> {
        optional("claims", self.claims.as_deref())?;
        optional("claim_sets", self.claim_sets.as_deref())?;
        optional("vct_values", self.meta.vct_values.as_deref())?;
        for authority in optional("trusted_authorities", self.trusted_authorities.as_deref())? {
            bounded("values", &authority.values)?;
        }
        unique("claim", self.claims().iter().filter_map(|claim| claim.id.as_deref()))?;
        self.claims().iter().try_for_each(ClaimsQuery::check)?;
        self.check_paths()?;
        self.claim_sets
            .iter()
            .flatten()
            .try_for_each(|set| self.check_claim_set(set))
    }

    /// A verifier must not point to the same claim twice (§6.1), not even with other values.
    fn check_paths(&self) -> Result<(), DcqlError> {
        let mut paths = BTreeSet::new();
        match self.claims().iter().find(|claim| !paths.insert(&claim.path)) {
            Some(claim) => Err(DcqlError::Invalid(format!("the claim {} stands twice", claim.path))),
            None => Ok(()),
        }
    }

    fn check_claim_set(&self, set: &[String]) -> Result<(), DcqlError> {
        bounded("claim set", set)?;
        match set
            .iter()
            .find(|id| !self.claims().iter().any(|claim| claim.id.as_ref() == Some(id)))
        {
            Some(id) => Err(DcqlError::Invalid(format!("no claim is called {}", shown(id)))),
            None => Ok(()),
        }
    }
}

impl ClaimsQuery {
    /// Tells whether the claim means the same to wallet and verifier: no position in an array leads to it.
    pub(crate) fn is_askable(&self) -> bool {
        !self
            .path
            .segments()
            .iter()
            .any(|segment| matches!(segment, PathSegment::Index(_)))
    }

    fn check(&self) -> Result<(), DcqlError> {
        let allowed = |value: &Value| match value {
            Value::String(_) | Value::Bool(_) => true,
            Value::Number(number) => !number.is_f64(),
            _ => false,
        };
        if optional("values", self.values.as_deref())?.iter().all(allowed) {
            return Ok(());
        }
        Err(DcqlError::Invalid(
            "values are strings, integers and booleans".to_owned(),
        ))
    }
}

fn bounded<T>(name: &str, items: &[T]) -> Result<(), DcqlError> {
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(DcqlError::Invalid(format!(
            "{name}: 1 to {MAX_ITEMS} elements, not {}",
            items.len()
        )));
    }
    Ok(())
}

pub(super) fn optional<'a, T>(name: &str, items: Option<&'a [T]>) -> Result<&'a [T], DcqlError> {
    items.map_or(Ok(&[]), |items| bounded(name, items).map(|()| items))
}

fn unique<'a>(kind: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), DcqlError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        let well_formed = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if !well_formed || !seen.insert(id) {
            return Err(DcqlError::Invalid(format!(
                "the {kind} id {} is malformed or stands twice",
                shown(id)
            )));
        }
    }
    Ok(())
}

/// Quotes the beginning of an id: it comes from outside and may have any length.
fn shown(id: &str) -> String {
    format!("{:?}", id.chars().take(MAX_SHOWN).collect::<String>())
}
