//! Who calls the management port, and what that key may do (TR-01).

use actix_web::HttpRequest;
use mahfada_web::api_key::ApiKeys;
use mahfada_web::problem::{Problem, ProblemCode};

use crate::config::{ManagementKey, Right};

/// The keys of the management port with their rights.
///
/// Rights belong to a key, not to its tenant: an officer's key and a robot's key of one authority differ.
#[derive(Clone, Debug)]
pub(crate) struct ManagementKeys {
    /// Finds a key in constant time; its names are places in `keys`.
    places: ApiKeys,
    keys: Vec<ManagementKey>,
}

/// Why the section `api_keys` is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManagementKeyError {
    /// A key is nobody's, so the audit log could not say who used it.
    #[error("tenant is empty")]
    Nobody,
    /// Two entries are for one key, so its rights would depend on their order.
    #[error("sha256 of tenant {0:?} stands twice")]
    Twice(String),
}

impl ManagementKeys {
    /// Takes the keys of a configuration.
    pub(crate) fn from_config(keys: &[ManagementKey]) -> Result<Self, ManagementKeyError> {
        for (place, key) in keys.iter().enumerate() {
            if key.tenant.trim().is_empty() {
                return Err(ManagementKeyError::Nobody);
            }
            if keys
                .iter()
                .skip(place.saturating_add(1))
                .any(|other| other.sha256 == key.sha256)
            {
                return Err(ManagementKeyError::Twice(key.tenant.clone()));
            }
        }
        let places = keys
            .iter()
            .enumerate()
            .map(|(place, key)| (place.to_string(), key.sha256));
        Ok(Self {
            places: ApiKeys::new(places.collect()),
            keys: keys.to_vec(),
        })
    }

    /// Returns the keys by tenant, for counting requests.
    pub(crate) fn by_tenant(&self) -> ApiKeys {
        ApiKeys::new(self.keys.iter().map(|key| (key.tenant.clone(), key.sha256)).collect())
    }

    /// Returns the tenant of the caller's key, if that key has the right.
    pub(crate) fn require(&self, request: &HttpRequest, right: Right) -> Result<&str, Problem> {
        let key = self.find(request)?;
        if key.rights.contains(&right) {
            return Ok(&key.tenant);
        }
        Err(Problem::of(ProblemCode::RightMissing).with_detail(format!("the key lacks the right {}", right.as_str())))
    }

    /// Returns the tenant of the caller's key, if that key has any right: who may change something may look.
    pub(crate) fn require_any(&self, request: &HttpRequest) -> Result<&str, Problem> {
        let key = self.find(request)?;
        if key.rights.is_empty() {
            return Err(Problem::of(ProblemCode::RightMissing).with_detail("the key has no right at all"));
        }
        Ok(&key.tenant)
    }

    fn find(&self, request: &HttpRequest) -> Result<&ManagementKey, Problem> {
        let place = self.places.tenant(request)?.parse::<usize>();
        let key = place.ok().and_then(|place| self.keys.get(place));
        key.ok_or_else(Problem::unauthorized)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn key(tenant: &str, byte: u8) -> ManagementKey {
        ManagementKey {
            tenant: tenant.to_owned(),
            sha256: [byte; 32],
            rights: BTreeSet::new(),
        }
    }

    #[test]
    fn a_key_stands_once_and_is_somebodys() {
        let refusal = |keys: &[ManagementKey]| ManagementKeys::from_config(keys).map(drop);
        assert_eq!(refusal(&[key("a", 1), key("a", 2)]), Ok(()));
        assert_eq!(
            refusal(&[key("a", 1), key("b", 1)]),
            Err(ManagementKeyError::Twice("a".to_owned()))
        );
        assert_eq!(refusal(&[key(" ", 1)]), Err(ManagementKeyError::Nobody));
    }
}
