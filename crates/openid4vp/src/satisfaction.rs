//! The verifier's side of a query: whether what came back answers it (OpenID4VP 1.0 §8.6, threat TV-15).

use std::collections::BTreeMap;

use mahfada_base::{ClaimsPath, PathSegment};
use mahfada_credential::Claims;

use crate::matching::answered;
use crate::{ClaimsQuery, CredentialQuery, DcqlError, DcqlQuery};

#[cfg(test)]
mod tests;

/// Checks that verified presentations answer the query: known ids, as many as asked, the wanted kind, claims and
/// values, and every required combination complete. The wallet's own matching is never relied on.
///
/// An object or array with nothing in it counts as absent. So does a claim that is asked for by its position in an array:
/// which elements were withheld before it is not known here ([`DcqlQuery::check_askable`]).
///
/// Issuer, holder binding and status of each presentation are checked before this, not here.
///
/// # Errors
/// [`DcqlError::Unsatisfied`] otherwise.
pub fn satisfied_by(query: &DcqlQuery, presented: &BTreeMap<String, Vec<Claims<'_>>>) -> Result<(), DcqlError> {
    let each_answers = presented.iter().all(|(id, presentations)| {
        query.credential(id).is_some_and(|wanted| {
            !presentations.is_empty()
                && (wanted.multiple || presentations.len() == 1)
                && presentations
                    .iter()
                    .all(|claims| answered(wanted, claims, ClaimsQuery::is_askable).is_some())
        })
    });
    let given = |option: &Vec<String>| option.iter().all(|id| presented.contains_key(id));
    let complete = query
        .needs()
        .iter()
        .all(|set| !set.required || set.options.iter().any(given));
    if each_answers && complete {
        Ok(())
    } else {
        Err(DcqlError::Unsatisfied)
    }
}

/// Returns the disclosed claims that a credential query did not ask for: neither a wanted claim, nor above or below one.
#[must_use]
pub fn unrequested(wanted: &CredentialQuery, disclosed: &[ClaimsPath]) -> Vec<ClaimsPath> {
    let asked = |path: &&ClaimsPath| wanted.claims().iter().any(|claim| meet(&claim.path, path));
    disclosed.iter().filter(|path| !asked(path)).cloned().collect()
}

/// Tells whether one path can lead through the other.
fn meet(one: &ClaimsPath, other: &ClaimsPath) -> bool {
    one.segments().iter().zip(other.segments()).all(|pair| match pair {
        (PathSegment::All, PathSegment::Index(_)) | (PathSegment::Index(_), PathSegment::All) => true,
        (mine, theirs) => mine == theirs,
    })
}
