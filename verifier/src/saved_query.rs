//! Queries that an agency has prepared: asked by name, checked at start.

use std::collections::BTreeMap;
use std::path::Path;

use mahfada_base::json;
use mahfada_openid4vp::DcqlQuery;

use crate::agency::AgencyConfigError;
use crate::config::SavedQueryConfig;
use crate::question;

/// The name under which metrics count queries that were not saved; no saved query may have it.
pub(crate) const AD_HOC: &str = "ad_hoc";

const MAX_QUERY_BYTES: u64 = 64 * 1024;
const MAX_NAME: usize = 64;

/// A query under a name.
#[derive(Clone, Debug)]
pub(crate) struct SavedQuery {
    /// The name: the procedure in requests and metrics.
    pub(crate) name: String,
    /// What the answer is for, by language.
    pub(crate) purpose: BTreeMap<String, String>,
    /// The query.
    pub(crate) query: DcqlQuery,
    /// The query as presentations keep it.
    pub(crate) text: String,
}

impl SavedQuery {
    /// Reads the query that the configuration names; whether the agency is registered for it is not checked.
    pub(crate) fn load(tenant: &str, config: &SavedQueryConfig) -> Result<Self, AgencyConfigError> {
        if !is_name(&config.name) {
            return Err(AgencyConfigError::SavedQueryName(
                tenant.to_owned(),
                config.name.clone(),
            ));
        }
        let bytes = read(&config.query_file)?;
        let refused = |reason: String| AgencyConfigError::SavedQuery(config.query_file.clone(), reason);
        let value = json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
        let query = question::read(&value).map_err(|error| refused(error.to_string()))?;
        let text = query
            .to_value()
            .map_err(|error| refused(error.to_string()))?
            .to_string();
        Ok(Self {
            name: config.name.clone(),
            purpose: config.purpose.clone(),
            query,
            text,
        })
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain) && name != AD_HOC
}

fn read(path: &Path) -> Result<Vec<u8>, AgencyConfigError> {
    let unreadable = |error| AgencyConfigError::SavedQueryFile(path.to_owned(), error);
    let length = std::fs::metadata(path).map_err(|error| unreadable(Some(error)))?.len();
    if length > MAX_QUERY_BYTES {
        return Err(unreadable(None));
    }
    std::fs::read(path).map_err(|error| unreadable(Some(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_plain_and_not_taken() {
        for good in ["bank-account", "A.1_b", &"a".repeat(64)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "ad_hoc", "a b", "é", "a/b", "a\n", &"a".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
