//! The wallet's side of a query: which credentials answer it, and by which of the claims asked for (OpenID4VP 1.0 §6.4).

use std::collections::{BTreeMap, BTreeSet};

use mahfada_base::ClaimsPath;
use mahfada_credential::Claims;
use serde_json::Value;

use crate::{ClaimsQuery, CredentialQuery, DcqlError, DcqlQuery};

#[cfg(test)]
mod tests;

/// What of a wallet's credentials answers a query; the citizen chooses among it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryMatch<Id> {
    candidates: BTreeMap<String, Vec<CandidateMatch<Id>>>,
    sets: Vec<SetMatch>,
}

/// A credential that answers one credential query, and by which claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateMatch<Id> {
    /// The credential, as the caller names it.
    pub credential: Id,
    /// The claims of the preferred combination as the query names them; empty when it names none.
    ///
    /// To disclose them can reveal more, where the issuer put several claims into one disclosure: the leaves of
    /// `VerifiedSdJwtVc::revealed` are what the citizen consents to, and what
    /// [`exceeds_registration_revealed`](crate::exceeds_registration_revealed) holds against the registration.
    pub paths: Vec<ClaimsPath>,
}

/// One need of the query with the combinations that the wallet can give, the preferred one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMatch {
    /// Whether nothing is answered without it.
    pub required: bool,
    /// The combinations of query ids, each with at least one candidate.
    pub options: Vec<Vec<String>>,
}

/// Finds for every credential query the credentials that answer it, and the preferred combination of claims of each.
///
/// Which disclosures a claim needs, and what else stands in them, is not looked at; see [`CandidateMatch::paths`].
/// `trusted_authorities` are not looked at: they are a hint on which no decision rests (§6.1.1). Nothing may be
/// disclosed before the citizen consents, and a refusal must look the same as [`DcqlError::Unsatisfied`] (§14.2).
///
/// # Errors
/// [`DcqlError::Unsatisfied`] when a required need has no combination: then nothing at all is answered.
pub fn match_query<Id: Clone>(query: &DcqlQuery, candidates: &[(Id, Claims<'_>)]) -> Result<QueryMatch<Id>, DcqlError> {
    let found: BTreeMap<String, Vec<CandidateMatch<Id>>> = query
        .credentials()
        .iter()
        .map(|wanted| (wanted.id.clone(), answers(wanted, candidates)))
        .collect();
    let possible = |option: &Vec<String>| {
        option
            .iter()
            .all(|id| found.get(id).is_some_and(|list| !list.is_empty()))
    };
    let sets: Vec<SetMatch> = query
        .needs()
        .into_iter()
        .map(|set| SetMatch {
            required: set.required,
            options: set.options.into_iter().filter(possible).collect(),
        })
        .collect();
    if sets.iter().any(|set| set.required && set.options.is_empty()) {
        return Err(DcqlError::Unsatisfied);
    }
    Ok(QueryMatch {
        candidates: found,
        sets,
    })
}

impl<Id> QueryMatch<Id> {
    /// Returns the credentials that answer one credential query, in the order of the caller's list.
    #[must_use]
    pub fn candidates(&self, query_id: &str) -> &[CandidateMatch<Id>] {
        self.candidates.get(query_id).map_or(&[], Vec::as_slice)
    }

    /// Returns the needs with the combinations that can be given.
    #[must_use]
    pub fn sets(&self) -> &[SetMatch] {
        &self.sets
    }

    /// Returns the preferred combination of every required need, and nothing that is optional.
    #[must_use]
    pub fn preferred(&self) -> BTreeSet<&str> {
        self.sets
            .iter()
            .filter(|set| set.required)
            .filter_map(|set| set.options.first())
            .flatten()
            .map(String::as_str)
            .collect()
    }

    /// Tells whether a choice of query ids satisfies every required need and holds nothing that cannot be given.
    #[must_use]
    pub fn is_complete(&self, chosen: &BTreeSet<&str>) -> bool {
        let given = |option: &Vec<String>| option.iter().all(|id| chosen.contains(id.as_str()));
        chosen.iter().all(|id| !self.candidates(id).is_empty())
            && self
                .sets
                .iter()
                .all(|set| !set.required || set.options.iter().any(given))
    }
}

fn answers<Id: Clone>(wanted: &CredentialQuery, candidates: &[(Id, Claims<'_>)]) -> Vec<CandidateMatch<Id>> {
    candidates
        .iter()
        .filter_map(|(id, claims)| {
            let paths = claims_for(wanted, claims)?;
            Some(CandidateMatch {
                credential: id.clone(),
                paths,
            })
        })
        .collect()
}

/// Returns the preferred paths by which a credential answers a credential query, or `None` when it does not.
fn claims_for(wanted: &CredentialQuery, claims: &Claims<'_>) -> Option<Vec<ClaimsPath>> {
    let alternative = answered(wanted, claims, |_| true)?;
    Some(alternative.into_iter().map(|claim| claim.path.clone()).collect())
}

/// Returns the first combination of claims that are all acceptable to the caller and present, if the kind is right.
pub(crate) fn answered<'q>(
    wanted: &'q CredentialQuery,
    claims: &Claims<'_>,
    acceptable: impl Fn(&ClaimsQuery) -> bool,
) -> Option<Vec<&'q ClaimsQuery>> {
    if !is_kind(wanted, claims) {
        return None;
    }
    wanted.alternatives().into_iter().find(|alternative| {
        alternative
            .iter()
            .all(|claim| acceptable(claim) && is_present(claim, claims))
    })
}

fn is_kind(wanted: &CredentialQuery, claims: &Claims<'_>) -> bool {
    wanted.format == claims.format.as_str()
        && wanted
            .meta
            .vct_values
            .as_ref()
            .is_none_or(|types| types.iter().any(|vct| vct == claims.credential_type.as_str()))
}

/// A claim with another type or value than the wanted ones counts as absent (§6.4.1), and so does one without content.
fn is_present(wanted: &ClaimsQuery, claims: &Claims<'_>) -> bool {
    let Ok(mut selected) = wanted.path.select(claims.value) else {
        return false;
    };
    selected.retain(|value| !is_hollow(value));
    match &wanted.values {
        Some(values) => selected.iter().any(|value| values.contains(value)),
        None => !selected.is_empty(),
    }
}

/// Tells whether nothing is left of a container: it stands in clear and all of its content is withheld (RFC 9901 §7.1).
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.values().all(is_hollow),
        Value::Array(elements) => elements.iter().all(is_hollow),
        _ => false,
    }
}
