//! What is asked, what the wallet has for it, and what the citizen says to that.

use std::collections::{BTreeMap, BTreeSet};

use mahfada_base::{ClaimsPath, PathSegment, UnixTime};
use mahfada_credential::Claims;
use mahfada_openid4vp::{CandidateMatch, QueryMatch, exceeds_registration_revealed, match_query};
use mahfada_sd_jwt::vc::VerifiedSdJwtVc;
use mahfada_trust::VerifiedRegistration;
use serde_json::Value;

use super::PresentationError;
use super::request::AcceptedRequest;
use crate::credential_store::{Candidate, LoggedClaim};
use crate::{
    ClaimDisplay, ConsentChoice, LogEntry, LogOutcome, PresentationConsent, RegistrationDisplay, RelyingPartyDisplay,
    RequestedCredential, Selection,
};

/// Claims that make a credential work and say nothing about its holder that a citizen could decide on.
const TECHNICAL: [&str; 9] = [
    "iss",
    "iat",
    "nbf",
    "exp",
    "cnf",
    "vct",
    "vct#integrity",
    "status",
    "jti",
];

/// A verified request with what the wallet has for it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: AcceptedRequest,
    pub(super) candidates: Vec<Candidate>,
    matched: Option<QueryMatch<usize>>,
    /// Whether what fits can be shown without showing more than is registered.
    within_registration: bool,
}

/// The citizen's agreement: made from the citizen's choice and nowhere else, and spent by the answer.
#[derive(Debug)]
pub(super) struct Consent(BTreeMap<String, CandidateMatch<usize>>);

impl Asked {
    pub(super) fn new(request: AcceptedRequest, candidates: Vec<Candidate>) -> Self {
        let claims: Vec<(usize, Claims<'_>)> = candidates
            .iter()
            .enumerate()
            .map(|(position, candidate)| (position, candidate.credential.claims()))
            .collect();
        let matched = match_query(&request.query, &claims).ok();
        let mut asked = Self {
            request,
            candidates,
            matched,
            within_registration: true,
        };
        let within = asked.sets().all(|(required, option)| !required || option.is_some());
        asked.within_registration = within;
        asked
    }

    /// Returns what a refusal is: the citizen's own, or that of a wallet that has no answer.
    pub(super) const fn refusal(&self) -> LogOutcome {
        match (&self.matched, self.within_registration) {
            (None, _) => LogOutcome::NothingFits,
            (Some(_), false) => LogOutcome::RevealsTooMuch,
            (Some(_), true) => LogOutcome::Refused,
        }
    }

    /// Returns what matched, if the wallet can answer at all.
    fn answerable(&self) -> Option<&QueryMatch<usize>> {
        self.matched.as_ref().filter(|_| self.within_registration)
    }

    /// Makes the question; when nothing fits it is asked all the same, so that time tells nothing either.
    pub(super) fn question(&self) -> PresentationConsent {
        let queries = self.request.query.credentials().iter();
        PresentationConsent {
            who: RelyingPartyDisplay {
                name: self.request.name.clone(),
                organization_identifier: self.request.organization_identifier.clone(),
                host: self.request.response_uri.host_str().unwrap_or_default().to_owned(),
                registration: self.request.registration.as_ref().map(display_registration),
            },
            requested: queries.flat_map(|query| self.requested(&query.id)).collect(),
            preferred: self.preferred(),
        }
    }

    /// Returns the credentials that answer a part of the request and show no more than is registered.
    fn usable(&self, query_id: &str) -> impl Iterator<Item = (&CandidateMatch<usize>, Vec<ClaimsPath>)> {
        let found = self
            .matched
            .as_ref()
            .map_or(&[][..], |matched| matched.candidates(query_id));
        found
            .iter()
            .filter_map(move |found| Some((found, self.shown(query_id, found)?)))
    }

    /// Returns for every need whether it is required, and its first option that shows no more than is registered.
    fn sets(&self) -> impl Iterator<Item = (bool, Option<&Vec<String>>)> {
        let sets = self.matched.iter().flat_map(QueryMatch::sets);
        sets.map(|set| {
            let is_usable = |option: &&Vec<String>| option.iter().all(|id| self.usable(id).next().is_some());
            (set.required, set.options.iter().find(is_usable))
        })
    }

    fn requested(&self, query_id: &str) -> Vec<RequestedCredential> {
        if self.answerable().is_none() {
            return Vec::new();
        }
        let usable = self.usable(query_id);
        usable
            .filter_map(|(found, shown)| {
                let candidate = self.candidates.get(found.credential)?;
                let sd_jwt = candidate.credential.sd_jwt();
                Some(RequestedCredential {
                    query_id: query_id.to_owned(),
                    credential: candidate.id.clone(),
                    label: candidate.metadata.display.clone(),
                    issuer: candidate.credential.issuer().names().clone(),
                    vouched_by: candidate.vouched_by,
                    disclose: shown.iter().filter_map(|path| display(sd_jwt.claims(), path)).collect(),
                    always_shown: always_shown(sd_jwt, &found.paths),
                    hidden: hidden(sd_jwt, &shown),
                })
            })
            .collect()
    }

    /// Returns what presenting would show because it is asked for: the paths, and whatever else the issuer put into the
    /// same disclosures. `None` when that goes beyond what the relying party is registered for.
    pub(super) fn shown(&self, query_id: &str, found: &CandidateMatch<usize>) -> Option<Vec<ClaimsPath>> {
        let credential = &self.candidates.get(found.credential)?.credential;
        let revealed = credential.sd_jwt().revealed(&found.paths);
        let exceeds = |registration| {
            !exceeds_registration_revealed(query_id, &credential.claims(), &revealed, registration).is_empty()
        };
        if self.request.registration.as_ref().is_some_and(exceeds) {
            return None;
        }
        let asked = |leaf: &ClaimsPath| found.paths.iter().any(|path| path.covers(leaf));
        let beside = revealed.into_iter().filter(|leaf| !asked(leaf));
        Some(found.paths.iter().cloned().chain(beside).collect())
    }

    /// Returns the first combination of every required need, with the first credential that may be shown for each part.
    fn preferred(&self) -> Selection {
        let options = self
            .sets()
            .filter(|(required, _)| *required && self.answerable().is_some());
        let choice = options
            .filter_map(|(_, option)| option)
            .flatten()
            .filter_map(|query_id| {
                let (first, _) = self.usable(query_id).next()?;
                Some((query_id.clone(), self.candidates.get(first.credential)?.id.clone()))
            });
        Selection(choice.collect())
    }

    pub(super) fn log_entry(&self, at: UnixTime, claims: Vec<LoggedClaim>, outcome: LogOutcome) -> LogEntry {
        LogEntry {
            at,
            organization_identifier: self.request.organization_identifier.clone(),
            name: self.request.name.clone(),
            claims,
            vouched_by: self.request.vouched_by(),
            outcome,
        }
    }

    /// Returns the names of everything that was asked for.
    pub(super) fn asked_claims(&self) -> Vec<LoggedClaim> {
        let queries = self.request.query.credentials().iter();
        queries
            .flat_map(|query| {
                query.claims().iter().map(|claim| LoggedClaim {
                    query_id: query.id.clone(),
                    path: claim.path.clone(),
                })
            })
            .collect()
    }
}

impl Consent {
    /// Turns the citizen's choice into consent; `None` is a refusal, and so is agreeing to nothing.
    pub(super) fn from_choice(choice: ConsentChoice, asked: &Asked) -> Result<Option<Self>, PresentationError> {
        let (ConsentChoice::Agree { selection }, Some(matched)) = (choice, asked.answerable()) else {
            return Ok(None);
        };
        let selection = if selection.0.is_empty() {
            asked.preferred()
        } else {
            selection
        };
        let chosen: BTreeSet<&str> = selection.0.keys().map(String::as_str).collect();
        if !matched.is_complete(&chosen) {
            return Err(PresentationError::Selection);
        }
        let mut consent = BTreeMap::new();
        for (query_id, credential) in &selection.0 {
            let named = |found: &&CandidateMatch<usize>| {
                asked
                    .candidates
                    .get(found.credential)
                    .is_some_and(|c| c.id == *credential)
            };
            let found = matched.candidates(query_id).iter().find(named);
            let found = found.ok_or(PresentationError::Selection)?;
            if asked.shown(query_id, found).is_none() {
                return Err(PresentationError::Selection);
            }
            consent.insert(query_id.clone(), found.clone());
        }
        // A query of which every part is optional is answered with nothing only by refusing.
        Ok((!consent.is_empty()).then_some(Self(consent)))
    }

    pub(super) fn into_chosen(self) -> BTreeMap<String, CandidateMatch<usize>> {
        self.0
    }
}

fn display_registration(registration: &VerifiedRegistration) -> RegistrationDisplay {
    let registered = registration.certificate();
    RegistrationDisplay {
        name: registration.name().to_owned(),
        purpose: registered.purpose.clone(),
        service: registered.srv_description.clone(),
        privacy_policy: registered.privacy_policy.clone(),
        support_uri: registered.support_uri.clone(),
    }
}

fn display(claims: &Value, path: &ClaimsPath) -> Option<ClaimDisplay> {
    let selected = path.select(claims).ok()?;
    let value = match selected.as_slice() {
        [one] => (*one).clone(),
        several => several.iter().copied().cloned().collect(),
    };
    Some(ClaimDisplay {
        path: path.clone(),
        value,
    })
}

/// The claims in clear that nobody asked for and everybody sees.
fn always_shown(sd_jwt: &VerifiedSdJwtVc, asked: &[ClaimsPath]) -> Vec<ClaimDisplay> {
    let disclosed = sd_jwt.disclosed_paths();
    let top: BTreeSet<&PathSegment> = disclosed.iter().filter_map(|path| path.segments().first()).collect();
    let names = sd_jwt.claims().as_object().into_iter().flat_map(|claims| claims.keys());
    names
        .filter(|name| !TECHNICAL.contains(&name.as_str()))
        .filter(|name| !top.contains(&PathSegment::Name((*name).clone())))
        .map(ClaimsPath::name)
        .filter(|path| !asked.contains(path))
        .filter_map(|path| display(sd_jwt.claims(), &path))
        .collect()
}

/// The selectively disclosable claims that stay with the citizen.
fn hidden(sd_jwt: &VerifiedSdJwtVc, asked: &[ClaimsPath]) -> Vec<ClaimsPath> {
    let touches = |path: &ClaimsPath| asked.iter().any(|asked| asked.covers(path) || is_prefix(path, asked));
    sd_jwt
        .disclosed_paths()
        .into_iter()
        .filter(|path| !touches(path))
        .collect()
}

/// Tells whether a disclosure stands above what is asked for; an array element stands above what selects all.
fn is_prefix(path: &ClaimsPath, asked: &ClaimsPath) -> bool {
    let (path, asked) = (path.segments(), asked.segments());
    path.len() <= asked.len()
        && path
            .iter()
            .zip(asked)
            .all(|(place, step)| place == step || matches!((place, step), (PathSegment::Index(_), PathSegment::All)))
}
