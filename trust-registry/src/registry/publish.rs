//! Publishing the lists: what changed or grows old is made anew and stored under the next number.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use mahfada_base::{CLOCK_SKEW, UnixTime};
use mahfada_jose::SignError;
use mahfada_storage::{ListSlug, Outcome, PublishedList, Storage, StorageError, UnitOfWork};
use mahfada_trust::{ListError, TrustRole};
use mahfada_web::keys::SigningIdentity;
use tokio::sync::Mutex;

use super::edition::{ListMaker, MakeListError};
use super::{StatusOverride, status};

/// How often a list is made again when another process published its number first.
const ATTEMPTS: usize = 4;

/// Publishes the list of each role.
#[derive(Debug)]
pub struct Publisher {
    storage: Arc<dyn Storage>,
    maker: ListMaker,
    /// One publication at a time in this process; other processes are met at the sequence number.
    turn: Mutex<()>,
}

/// Why a list was not published; the edition before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The list could not be signed.
    #[error("the list cannot be signed")]
    Sign(#[source] SignError),
    /// Readers would refuse the list that was signed.
    #[error("readers would refuse the list")]
    Refused(#[source] ListError),
    /// Another process has published a later root document, by which this one's lists would be judged.
    #[error("another process has published a later root document")]
    RootSuperseded,
    /// The store failed, or other processes were always first.
    #[error("the list cannot be stored")]
    Storage(#[from] StorageError),
}

impl PublishError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Sign(_) => "list_sign",
            Self::Refused(error) => error.code(),
            Self::RootSuperseded => "root_superseded",
            Self::Storage(error) => error.code(),
        }
    }
}

impl From<MakeListError> for PublishError {
    fn from(error: MakeListError) -> Self {
        match error {
            MakeListError::Sign(error) => Self::Sign(error),
            MakeListError::Refused(error) => Self::Refused(error),
        }
    }
}

/// The edition of a list that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edition {
    /// The sequence number.
    pub sequence: u64,
    /// When it was issued.
    pub issued_at: UnixTime,
    /// When it expires.
    pub next_update: UnixTime,
    /// Whether this call published it.
    pub is_new: bool,
}

/// What became of the lists: each role stands in exactly one of the two.
#[derive(Debug, Default)]
pub struct Publication {
    /// The editions in force of the roles that went well.
    pub editions: BTreeMap<TrustRole, Edition>,
    /// Why the lists of the other roles stay as they were.
    pub failures: BTreeMap<TrustRole, PublishError>,
}

impl Publication {
    /// Returns the editions if every list went well.
    ///
    /// # Errors
    /// The role and the failure of the first list that did not; the others are published all the same.
    pub fn into_result(mut self) -> Result<BTreeMap<TrustRole, Edition>, (TrustRole, PublishError)> {
        match self.failures.pop_first() {
            None => Ok(self.editions),
            Some(failure) => Err(failure),
        }
    }
}

impl Publisher {
    /// Joins the lists' maker and the store.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>, maker: ListMaker) -> Self {
        Self {
            storage,
            maker,
            turn: Mutex::default(),
        }
    }

    /// Returns what the lists are made from.
    #[must_use]
    pub const fn maker(&self) -> &ListMaker {
        &self.maker
    }

    /// Publishes every list whose content changed, whose life is half over, or which is good for longer than lists are
    /// now. A list that fails keeps none of the others back.
    pub async fn publish(&self, now: UnixTime) -> Publication {
        let _turn = self.turn.lock().await;
        let mut publication = Publication::default();
        for (role, identity) in &self.maker.signers {
            match self.publish_list(*role, identity, now).await {
                Ok(edition) => drop(publication.editions.insert(*role, edition)),
                Err(error) => drop(publication.failures.insert(*role, error)),
            }
        }
        publication
    }

    /// Keeps the decision to suspend or reinstate an organization; the lists have to be published afterwards.
    ///
    /// # Errors
    /// [`StorageError`]; nothing is kept then, unless it is [`StorageError::Undecided`].
    pub async fn decide(
        &self,
        organization: &str,
        decision: StatusOverride,
        operator: &str,
    ) -> Result<(), StorageError> {
        let (organization, operator) = (organization.to_owned(), operator.to_owned());
        let write = self.storage.execute(move |unit| {
            status::decide(unit, &organization, decision, &operator)?;
            Ok(Outcome::<_, Infallible>::Commit(()))
        });
        let Ok(()) = write.await?;
        Ok(())
    }

    /// Returns every decision that officers took after the register was written.
    ///
    /// # Errors
    /// [`StorageError`] when the store fails.
    pub async fn decisions(&self) -> Result<BTreeMap<String, StatusOverride>, StorageError> {
        let read = self
            .storage
            .execute(|unit| Ok(Outcome::<_, Infallible>::Commit(status::overrides(unit)?)));
        let Ok(decisions) = read.await?;
        Ok(decisions)
    }

    async fn publish_list(
        &self,
        role: TrustRole,
        identity: &SigningIdentity,
        now: UnixTime,
    ) -> Result<Edition, PublishError> {
        for _ in 1..ATTEMPTS {
            match self.try_publish(role, identity, now).await {
                // Whoever took the number may not have known of the last decision, so all is read again.
                Err(PublishError::Storage(StorageError::Conflict)) => {}
                other => return other,
            }
        }
        self.try_publish(role, identity, now).await
    }

    async fn try_publish(
        &self,
        role: TrustRole,
        identity: &SigningIdentity,
        now: UnixTime,
    ) -> Result<Edition, PublishError> {
        let slug = ListSlug::new(role.slug());
        let (latest, decisions) = self.state_of(slug.clone()).await?;
        let entities = self.maker.entities(role, &decisions);
        if let Some(latest) = &latest
            && self.lasts(latest.next_update, now)
            && let Some(issued_at) = self.maker.still_says(role, &latest.jws, &entities, identity, now)
        {
            return Ok(Edition {
                sequence: latest.sequence,
                issued_at,
                next_update: latest.next_update,
                is_new: false,
            });
        }
        let sequence = latest.map_or(0, |latest| latest.sequence).saturating_add(1);
        let list = self.maker.make(role, identity, sequence, entities, now)?;
        let next_update = list.next_update;
        self.store(PublishedList {
            slug,
            sequence,
            jws: list.jws,
            next_update,
        })
        .await?;
        tracing::info!(list = role.slug(), sequence, "list published");
        Ok(Edition {
            sequence,
            issued_at: now,
            next_update,
            is_new: true,
        })
    }

    /// Tells whether more than half of a list's life is left, and no more than all of it: a clock that went back, or a
    /// shorter life since, would keep the edition for longer than it should be.
    fn lasts(&self, next_update: UnixTime, now: UnixTime) -> bool {
        let left = next_update.since(now);
        left > self.maker.life / 2 && left <= self.maker.life.saturating_add(CLOCK_SKEW)
    }

    async fn state_of(
        &self,
        slug: ListSlug,
    ) -> Result<(Option<PublishedList>, BTreeMap<String, StatusOverride>), PublishError> {
        let version = self.root_version();
        self.storage
            .execute(move |unit| {
                if is_superseded(unit, version)? {
                    return Ok(Outcome::RejectRollback(PublishError::RootSuperseded));
                }
                let latest = unit.published_lists().latest(&slug)?;
                Ok(Outcome::Commit((latest, status::overrides(unit)?)))
            })
            .await?
    }

    async fn store(&self, list: PublishedList) -> Result<(), PublishError> {
        let version = self.root_version();
        self.storage
            .execute(move |unit| {
                if is_superseded(unit, version)? {
                    return Ok(Outcome::RejectRollback(PublishError::RootSuperseded));
                }
                unit.published_lists().publish(&list)?;
                Ok(Outcome::Commit(()))
            })
            .await?
    }

    const fn root_version(&self) -> u64 {
        self.maker.root.document().version
    }
}

/// A process that has not seen the root document in force would publish lists that its readers refuse.
fn is_superseded(unit: &mut dyn UnitOfWork, version: u64) -> Result<bool, StorageError> {
    let latest = unit.published_lists().latest_root()?;
    Ok(latest.is_some_and(|latest| latest.version > version))
}
