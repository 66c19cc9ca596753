//! Status lists: fetched, verified, kept, and fetched again when they are too old (decision D10).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use mahfada_base::{Seconds, UnixTime};
use mahfada_credential::{IssuerTrust, StatusCheckError, verify_status_list};
use mahfada_crypto::CryptoProvider;
use mahfada_status_list::{StatusListError, VerifiedStatusList};
use mahfada_web::client::{OutboundClient, OutboundError};

use self::memory::SeenLists;
use crate::trust::LiveTrust;

pub(crate) mod memory;
#[cfg(test)]
mod tests;

/// The most lists that are kept.
const MAX_LISTS: usize = 64;
/// The most bytes of a status list token.
const MAX_TOKEN: usize = 256 * 1024;
const MEDIA_TYPE: &str = "application/statuslist+jwt";
const UNAVAILABLE: &str = "status_unavailable";

/// A list that a verdict needs, signed for one issuer: another issuer's credential needs it verified anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StatusNeed {
    /// Where the list is published.
    pub(crate) uri: String,
    /// The organization of the credential's issuer.
    pub(crate) organization: String,
}

/// A verified list.
#[derive(Clone, Debug)]
pub(crate) struct StatusCopy {
    /// The list.
    pub(crate) list: Arc<VerifiedStatusList>,
    /// Whether it should have been fetched again and could not be.
    pub(crate) stale: bool,
}

/// A verified list, or the stable code of why there is none.
pub(crate) type StatusAnswer = Result<StatusCopy, &'static str>;

/// The lists at hand.
#[derive(Debug)]
pub(crate) struct StatusLists {
    client: OutboundClient,
    max_age: Seconds,
    seen: SeenLists,
    kept: Mutex<BTreeMap<StatusNeed, Kept>>,
    /// When the newest list of each organization was made; it outlives the list.
    newest: Mutex<BTreeMap<String, UnixTime>>,
}

#[derive(Clone, Debug)]
struct Kept {
    token: String,
    list: Arc<VerifiedStatusList>,
    fetched_at: UnixTime,
}

/// What an answer is judged by.
#[derive(Clone, Copy, Debug)]
struct Judge<'a> {
    trust: &'a dyn IssuerTrust,
    /// When the newest list seen for the need was made, in this run or an earlier one.
    newest_seen: Option<UnixTime>,
    now: UnixTime,
    crypto: &'a CryptoProvider,
}

impl StatusLists {
    /// Keeps lists for at most `max_age` seconds, or their own `ttl` when that is shorter.
    pub(crate) fn new(client: OutboundClient, max_age: Seconds, seen: SeenLists) -> Self {
        Self {
            client,
            max_age,
            seen,
            kept: Mutex::default(),
            newest: Mutex::default(),
        }
    }

    /// Returns an answer for every need; each list is fetched at most once.
    pub(crate) async fn answer(
        &self,
        needs: BTreeSet<StatusNeed>,
        trust: &LiveTrust,
        now: UnixTime,
        crypto: &CryptoProvider,
    ) -> BTreeMap<StatusNeed, StatusAnswer> {
        let mut answers = BTreeMap::new();
        for need in needs {
            let answer = self.answer_one(&need, trust, now, crypto).await;
            answers.insert(need, answer);
        }
        answers
    }

    async fn answer_one(
        &self,
        need: &StatusNeed,
        trust: &LiveTrust,
        now: UnixTime,
        crypto: &CryptoProvider,
    ) -> StatusAnswer {
        let kept = self.recall(need);
        if let Some(fresh) = kept.as_ref().filter(|kept| kept.is_fresh(self.max_age, now)) {
            return Ok(StatusCopy {
                list: Arc::clone(&fresh.list),
                stale: false,
            });
        }
        let fetched = self.fetch(&need.uri).await;
        // Another request may have brought a newer list meanwhile.
        let kept = self.recall(need).or(kept);
        let (answer, keep) = settle(
            need,
            fetched,
            kept,
            Judge {
                trust: &*trust.read(),
                newest_seen: self.seen.newest(need),
                now,
                crypto,
            },
        );
        if let Some(keep) = keep {
            self.seen.remember(need, keep.list.issued_at(), now).await;
            self.keep(need.clone(), keep);
        }
        answer
    }

    async fn fetch(&self, uri: &str) -> Result<String, &'static str> {
        let answer = self
            .client
            .get(uri, MEDIA_TYPE, MAX_TOKEN)
            .await
            .map_err(|error| fetch_code(&error))?;
        let typed = answer.content_type.as_deref() == Some(MEDIA_TYPE);
        if answer.status != 200 || !typed {
            return Err(UNAVAILABLE);
        }
        String::from_utf8(answer.body).map_err(|_| UNAVAILABLE)
    }

    /// Returns when the newest list relied on in this run was made, by organization.
    ///
    /// There are as many as trusted organizations, whatever addresses their credentials name. None goes missing when its
    /// list makes room for another, so no gauge stands still.
    pub(crate) fn issue_times(&self) -> BTreeMap<String, UnixTime> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn recall(&self, need: &StatusNeed) -> Option<Kept> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(need)
            .cloned()
    }

    fn keep(&self, need: StatusNeed, kept: Kept) {
        self.note(&need.organization, kept.list.issued_at());
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_LISTS && !all.contains_key(&need) {
            let oldest = all
                .iter()
                .min_by_key(|(_, kept)| kept.fetched_at)
                .map(|(need, _)| need.clone());
            if let Some(oldest) = oldest {
                all.remove(&oldest);
            }
        }
        // Of two fetches at once the later one to arrive may have left earlier.
        if !all
            .get(&need)
            .is_some_and(|present| kept.list.is_older_than(&present.list))
        {
            all.insert(need, kept);
        }
    }

    fn note(&self, organization: &str, issued_at: UnixTime) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let time = newest.entry(organization.to_owned()).or_insert(issued_at);
        *time = (*time).max(issued_at);
    }
}

impl Kept {
    /// `ttl` and `max_age` only say when to fetch again; `exp` is the limit of trust.
    fn is_fresh(&self, max_age: Seconds, now: UnixTime) -> bool {
        let age = now.since(self.fetched_at);
        (0..self.list.ttl().min(max_age)).contains(&age) && self.list.is_current(now)
    }
}

impl Judge<'_> {
    fn verify(&self, need: &StatusNeed, token: &str) -> Result<Arc<VerifiedStatusList>, StatusCheckError> {
        verify_status_list(&need.uri, token, self.trust, &need.organization, self.now, self.crypto).map(Arc::new)
    }
}

/// Decides what a fetch brought. A token that does not hold is never covered by an earlier copy. One that holds but is
/// older than the copy, or than one seen in an earlier run, would undo a revocation, so it counts as nothing fetched.
fn settle(
    need: &StatusNeed,
    fetched: Result<String, &'static str>,
    kept: Option<Kept>,
    judge: Judge<'_>,
) -> (StatusAnswer, Option<Kept>) {
    let token = match (fetched, &kept) {
        (Ok(token), _) => token,
        (Err(_), Some(kept)) => return (bridge(need, kept, judge), None),
        (Err(code), None) => return (Err(code), None),
    };
    let list = match judge.verify(need, &token) {
        Ok(list) => list,
        Err(error) => return (Err(error.code()), None),
    };
    if let Some(newer) = kept.filter(|kept| list.is_older_than(&kept.list)) {
        return (bridge(need, &newer, judge), None);
    }
    if judge.newest_seen.is_some_and(|seen| list.issued_at() < seen) {
        return (Err(UNAVAILABLE), None);
    }
    let copy = StatusCopy {
        list: Arc::clone(&list),
        stale: false,
    };
    (
        Ok(copy),
        Some(Kept {
            token,
            list,
            fetched_at: judge.now,
        }),
    )
}

/// Uses a copy that should have been replaced. It is verified anew, so that its `exp` and its signer count as they are
/// now.
fn bridge(need: &StatusNeed, kept: &Kept, judge: Judge<'_>) -> StatusAnswer {
    match judge.verify(need, &kept.token) {
        Ok(list) => Ok(StatusCopy { list, stale: true }),
        Err(StatusCheckError::List(StatusListError::Expired)) => Err(UNAVAILABLE),
        Err(error) => Err(error.code()),
    }
}

fn fetch_code(error: &OutboundError) -> &'static str {
    match error {
        error if error.blames_uri() => "status_uri",
        OutboundError::TooLong => "status_too_large",
        _ => UNAVAILABLE,
    }
}
