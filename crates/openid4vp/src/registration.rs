//! Over-asking: what a query wants beyond what the relying party is registered for (ARF `RPRC_21`).

use mahfada_base::ClaimsPath;
use mahfada_credential::Claims;
use mahfada_trust::VerifiedRegistration;

use crate::{CredentialQuery, DcqlQuery};

#[cfg(test)]
mod tests;

/// One thing that is asked for and not registered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excess {
    /// The credential query.
    pub query_id: String,
    /// The claim, or `None` when credentials of that kind are not registered at all.
    pub path: Option<ClaimsPath>,
}

/// Returns what the query wants beyond the registration: kinds of credentials, and claims in any alternative.
///
/// A query without claims asks only for what every presentation shows. A query that names no type asks for all types,
/// which no registration covers.
///
/// It looks at what is asked, not at what answering would reveal: see [`exceeds_registration_revealed`].
#[must_use]
pub fn exceeds_registration(query: &DcqlQuery, registration: &VerifiedRegistration) -> Vec<Excess> {
    query
        .credentials()
        .iter()
        .flat_map(|credential| excess_of(credential, registration))
        .collect()
}

/// Returns what presenting a credential would reveal beyond the registration.
///
/// `revealed` are the leaves of `VerifiedSdJwtVc::revealed` for the chosen paths: where an issuer put several claims into
/// one disclosure, they can be more than the query wants. What every presentation shows is not among them.
#[must_use]
pub fn exceeds_registration_revealed(
    query_id: &str,
    credential: &Claims<'_>,
    revealed: &[ClaimsPath],
    registration: &VerifiedRegistration,
) -> Vec<Excess> {
    let (format, vct) = (credential.format.as_str(), credential.credential_type.as_str());
    revealed
        .iter()
        .filter(|path| !registration.allows(format, vct, path))
        .map(|path| Excess {
            query_id: query_id.to_owned(),
            path: Some(path.clone()),
        })
        .collect()
}

fn excess_of(credential: &CredentialQuery, registration: &VerifiedRegistration) -> Vec<Excess> {
    let types = credential.meta.vct_values.as_deref().unwrap_or_default();
    let excess = |path| Excess {
        query_id: credential.id.clone(),
        path,
    };
    if types.is_empty()
        || !types
            .iter()
            .all(|vct| registration.allows_type(&credential.format, vct))
    {
        return vec![excess(None)];
    }
    credential
        .claims()
        .iter()
        .map(|claim| &claim.path)
        .filter(|path| {
            !types
                .iter()
                .all(|vct| registration.allows(&credential.format, vct, path))
        })
        .map(|path| excess(Some(path.clone())))
        .collect()
}
