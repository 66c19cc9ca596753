//! The judgement: the session's own rules first, then the card.

use std::collections::{BTreeMap, BTreeSet};

use mahfada_base::{Report, Seconds, UnixTime};
use mahfada_crypto::pure::PROVIDER;
use mahfada_eid::evidence::MAX_DATA_GROUP_BYTES;
use mahfada_eid::{CardAnchors, CardPolicy, ChallengeMismatch, Evidence, ExpectedChallenge, LoadReport, verify};
use serde::Serialize;

use super::EidCheckError;
use super::files::{Folders, Shelf};
use super::vectors::{Case, Policy, Vectors};

/// How long a challenge lives when the policy does not say, in seconds.
const CHALLENGE_TTL: Seconds = 120;
/// How long a session lives when the policy does not say, in seconds.
const SESSION_TTL: Seconds = 300;

/// ISO 3166-1, where the policy names a country with two letters.
const COUNTRIES: [(&str, &str); 16] = [
    ("BE", "BEL"),
    ("CA", "CAN"),
    ("CH", "CHE"),
    ("DE", "D"),
    ("DZ", "DZA"),
    ("ES", "ESP"),
    ("FR", "FRA"),
    ("GB", "GBR"),
    ("IT", "ITA"),
    ("MA", "MAR"),
    ("MR", "MRT"),
    ("NL", "NLD"),
    ("PT", "PRT"),
    ("SN", "SEN"),
    ("TN", "TUN"),
    ("US", "USA"),
];

/// The line of one case.
#[derive(Debug, Serialize)]
pub(super) struct CaseVerdict {
    id: String,
    verdict: &'static str,
    reason: Option<&'static str>,
    loa: Option<&'static str>,
    legacy: bool,
    checks: Report,
}

/// What the issuer remembers: the sessions that evidence came for, whatever became of it.
type SessionStore = BTreeSet<(String, String)>;

/// Judges every case in the order of the file; each with fresh state but for the cases that it follows.
pub(super) fn judge_all(
    vectors: &Vectors,
    folders: &Folders,
    allow_legacy: bool,
) -> Result<Vec<CaseVerdict>, EidCheckError> {
    let bench = Bench::prepare(vectors, folders, allow_legacy)?;
    let histories = vectors
        .cases
        .iter()
        .map(|case| bench.history(case))
        .collect::<Result<Vec<_>, _>>()?;
    vectors
        .cases
        .iter()
        .zip(histories)
        .map(|(case, history)| {
            let mut store = SessionStore::new();
            for earlier in history {
                bench.judge(earlier, &mut store)?;
            }
            bench.judge(case, &mut store)
        })
        .collect()
}

struct Bench<'v> {
    vectors: &'v Vectors,
    folders: &'v Folders,
    cases: BTreeMap<&'v str, &'v Case>,
    shelf: Shelf,
    policy: CardPolicy,
}

impl<'v> Bench<'v> {
    fn prepare(vectors: &'v Vectors, folders: &'v Folders, allow_legacy: bool) -> Result<Self, EidCheckError> {
        let mut bench = Self {
            vectors,
            folders,
            cases: BTreeMap::new(),
            shelf: Shelf::default(),
            policy: card_policy(&vectors.policy, allow_legacy)?,
        };
        for case in &vectors.cases {
            if bench.cases.insert(&case.id, case).is_some() {
                return Err(EidCheckError::RepeatedCase(case.id.clone()));
            }
            let named = Named::of(case, vectors);
            bench.shelf.fetch(&folders.anchors, named.anchors)?;
            bench.shelf.fetch(folders.of_links(), named.links)?;
            bench.shelf.fetch(folders.of_crls(), named.crls)?;
        }
        Ok(bench)
    }

    /// Returns the cases that come before, the first one first.
    fn history(&self, case: &'v Case) -> Result<Vec<&'v Case>, EidCheckError> {
        let mut history = Vec::new();
        let mut earliest = case;
        while let Some(name) = &earliest.after {
            let earlier = self.cases.get(name.as_str()).copied();
            earliest = earlier
                .filter(|earlier| earlier.id != case.id && history.len() < self.cases.len())
                .ok_or_else(|| EidCheckError::After(case.id.clone()))?;
            history.push(earliest);
        }
        history.reverse();
        Ok(history)
    }

    fn judge(&self, case: &Case, store: &mut SessionStore) -> Result<CaseVerdict, EidCheckError> {
        let now = case.now.or(self.vectors.policy.now);
        let now = now.ok_or_else(|| EidCheckError::NoTime(case.id.clone()))?.0;
        let mut checks = Report::new();
        let expected = self
            .session(case, store, now, &mut checks)
            .and_then(|()| self.challenge(case, &mut checks))
            .and_then(|expected| within_limits(case, &mut checks).map(|()| expected));
        Ok(match expected {
            Ok(expected) => self.card(case, expected, now, checks),
            Err(reason) => CaseVerdict::refused(case, reason, checks),
        })
    }

    /// Holds when the session is new and young.
    fn session(
        &self,
        case: &Case,
        store: &mut SessionStore,
        now: UnixTime,
        checks: &mut Report,
    ) -> Result<(), &'static str> {
        if !store.insert((case.session.clone(), case.c_nonce.clone())) {
            return fail(checks, "session_consumed", "evidence came for this session before");
        }
        checks.passed("session_unused");
        let Some(issued_at) = case.challenge_issued_at else {
            checks.not_checked("challenge_age", "the case does not say when the challenge was made");
            return Ok(());
        };
        let age = now.since(issued_at.0);
        let policy = &self.vectors.policy;
        if age < 0 || age > policy.challenge_ttl_s.unwrap_or(CHALLENGE_TTL) {
            return fail(checks, "challenge_expired", "the challenge was not made just before");
        }
        if age > policy.session_ttl_s.unwrap_or(SESSION_TTL) {
            return fail(checks, "session_expired", "the session is over");
        }
        checks.passed("challenge_age");
        Ok(())
    }

    fn challenge(&self, case: &Case, checks: &mut Report) -> Result<ExpectedChallenge, &'static str> {
        let Ok(jkt) = <[u8; 32]>::try_from(case.wallet_jkt.0.as_slice()) else {
            return fail(
                checks,
                "binding_mismatch",
                "the wallet key's thumbprint has no 32 bytes",
            );
        };
        let key = &self.vectors.server_hmac_key.0;
        let expected = ExpectedChallenge::derive(PROVIDER.mac, key, &case.session, &case.c_nonce, &jkt);
        match &case.rnd_ifd {
            Some(stated) if expected.confirm(&stated.0).is_err() => {
                return fail(
                    checks,
                    ChallengeMismatch.code(),
                    "the stated challenge is not the one of this session, nonce and key",
                );
            }
            Some(_) => checks.passed("challenge_derived"),
            None => checks.not_checked("challenge_derived", "the case states no challenge"),
        }
        Ok(expected)
    }

    fn card(&self, case: &Case, expected: ExpectedChallenge, now: UnixTime, mut checks: Report) -> CaseVerdict {
        if case.ef_com.is_some() {
            checks.not_checked("ef_com", "EF.COM is not signed; nothing is taken from it");
        }
        let named = Named::of(case, self.vectors);
        let loaded = CardAnchors::load(
            self.shelf.take(&self.folders.anchors, named.anchors),
            self.shelf.take(self.folders.of_links(), named.links),
            self.shelf.take(self.folders.of_crls(), named.crls),
        );
        let Ok((anchors, left_out)) = loaded else {
            checks.failed("untrusted_issuer", "no authority is trusted");
            return CaseVerdict::refused(case, "untrusted_issuer", checks);
        };
        for LoadReport { source, position, code } in left_out {
            checks.warning(code, format!("{source:?} number {position} was left out"));
        }
        let aa = case.aa_response.as_ref().map(|answer| answer.0.as_slice());
        let evidence = Evidence {
            sod: &case.sod.0,
            dgs: &case.dgs.0,
            aa: aa.filter(|answer| !answer.is_empty()),
        };
        let verdict = verify(&evidence, &expected, &anchors, &self.policy, now, PROVIDER.digest);
        checks.extend(verdict.checks().clone());
        CaseVerdict {
            id: case.id.clone(),
            verdict: if verdict.accepted().is_ok() { "accept" } else { "reject" },
            reason: verdict.reason(),
            loa: verdict.loa().map(mahfada_eid::LevelOfAssurance::as_str),
            legacy: verdict.legacy(),
            checks,
        }
    }
}

impl CaseVerdict {
    fn refused(case: &Case, reason: &'static str, checks: Report) -> Self {
        Self {
            id: case.id.clone(),
            verdict: "reject",
            reason: Some(reason),
            loa: None,
            legacy: false,
            checks,
        }
    }
}

/// The names that count for a case: its own, or those of the file.
struct Named<'v> {
    anchors: &'v [String],
    links: &'v [String],
    crls: &'v [String],
}

impl<'v> Named<'v> {
    fn of(case: &'v Case, vectors: &'v Vectors) -> Self {
        Self {
            anchors: case.anchors.as_deref().unwrap_or(&vectors.anchors),
            links: case.links.as_deref().unwrap_or(&vectors.links),
            crls: case.crls.as_deref().unwrap_or(&vectors.crls),
        }
    }
}

/// The limit that a service holds before it reads the evidence; that of EF.SOD is one of the card's checks.
fn within_limits(case: &Case, checks: &mut Report) -> Result<(), &'static str> {
    if case.dgs.0.values().any(|file| file.len() > MAX_DATA_GROUP_BYTES) {
        return fail(checks, "evidence_malformed", "a data group is longer than allowed");
    }
    Ok(())
}

fn fail<T>(checks: &mut Report, code: &'static str, detail: &'static str) -> Result<T, &'static str> {
    checks.failed(code, detail);
    Err(code)
}

fn card_policy(policy: &Policy, allow_legacy: bool) -> Result<CardPolicy, EidCheckError> {
    let mut demands = CardPolicy {
        allow_legacy,
        require_crl: policy.require_crl.unwrap_or_default(),
        ..CardPolicy::default()
    };
    if let Some(country) = &policy.require_country {
        demands.country = alpha3(country).ok_or_else(|| EidCheckError::Country(country.clone()))?;
    }
    Ok(demands)
}

fn alpha3(country: &str) -> Option<String> {
    let country = country.to_ascii_uppercase();
    if country.len() == 3 {
        return Some(country);
    }
    COUNTRIES
        .iter()
        .find(|(alpha2, _)| *alpha2 == country)
        .map(|(_, alpha3)| (*alpha3).to_owned())
}
