//! Publishing the lists: built from the register, signed, accepted by our own reader, and only then stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mahfada_base::{Seconds, UnixTime, base64url};
use mahfada_crypto::CryptoProvider;
use mahfada_jose::{SignError, UnverifiedJws};
use mahfada_storage::{ListSlug, Outcome, PublishedList, Storage, StorageError};
use mahfada_trust::{
    ListBuilder, ListError, ListMemory, LocalizedText, TrustRole, TrustStore, TrustedListEntity, VerifiedRoot,
};
use mahfada_web::keys::SigningIdentity;

use super::{EntityRegister, StatusOverride, status};

/// Who runs the scheme, as every list names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOperator {
    /// The name by language; one of them is the organization of the signers' certificates.
    pub name: LocalizedText,
    /// The country as two capital letters.
    pub territory: String,
}

/// Signs and publishes the list of each role.
#[derive(Debug)]
pub struct Publisher {
    storage: Arc<dyn Storage>,
    operator: ListOperator,
    root: VerifiedRoot,
    signers: BTreeMap<TrustRole, SigningIdentity>,
    register: EntityRegister,
    life: Seconds,
    provider: &'static CryptoProvider,
}

/// Why a list was not published; the edition before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The list could not be signed.
    #[error("the list cannot be signed")]
    Sign(#[from] SignError),
    /// Readers would refuse the list that was signed.
    #[error("readers would refuse the list")]
    Refused(#[from] ListError),
    /// The store failed, or another replica published first.
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
            Self::Storage(error) => error.code(),
        }
    }
}

/// The edition of a list that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edition {
    /// The sequence number.
    pub sequence: u64,
    /// When it expires.
    pub next_update: UnixTime,
    /// Whether this call published it.
    pub is_new: bool,
}

impl Publisher {
    /// Joins what publishing needs; `life` is how long a list is good, in seconds.
    #[must_use]
    pub const fn new(
        storage: Arc<dyn Storage>,
        operator: ListOperator,
        root: VerifiedRoot,
        signers: BTreeMap<TrustRole, SigningIdentity>,
        register: EntityRegister,
        life: Seconds,
        provider: &'static CryptoProvider,
    ) -> Self {
        Self {
            storage,
            operator,
            root,
            signers,
            register,
            life,
            provider,
        }
    }

    /// Returns the register that the lists are made from.
    #[must_use]
    pub const fn register(&self) -> &EntityRegister {
        &self.register
    }

    /// Returns the roles that have a list.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<TrustRole> {
        self.signers.keys().copied().collect()
    }

    /// Returns the identities that sign the lists.
    pub fn signers(&self) -> impl Iterator<Item = (TrustRole, &SigningIdentity)> {
        self.signers.iter().map(|(role, identity)| (*role, identity))
    }

    /// Publishes every list whose content changed or whose life is half over.
    ///
    /// # Errors
    /// [`PublishError`] of the first list that failed; the lists before it are published.
    pub async fn publish(&self, now: UnixTime) -> Result<BTreeMap<TrustRole, Edition>, PublishError> {
        let mut editions = BTreeMap::new();
        for (role, identity) in &self.signers {
            editions.insert(*role, self.publish_list(*role, identity, now).await?);
        }
        Ok(editions)
    }

    /// Keeps the decision to suspend or reinstate an organization; the lists have to be published afterwards.
    ///
    /// # Errors
    /// [`StorageError`]; nothing is kept then.
    pub async fn decide(
        &self,
        organization: &str,
        decision: StatusOverride,
        operator: &str,
    ) -> Result<(), StorageError> {
        let (organization, operator) = (organization.to_owned(), operator.to_owned());
        let write = self.storage.execute(move |unit| {
            status::decide(unit, &organization, decision, &operator)?;
            Ok(Outcome::<_, std::convert::Infallible>::Commit(()))
        });
        let Ok(()) = write.await?;
        Ok(())
    }

    async fn publish_list(
        &self,
        role: TrustRole,
        identity: &SigningIdentity,
        now: UnixTime,
    ) -> Result<Edition, PublishError> {
        let slug = ListSlug::new(role.slug());
        let (latest, overrides) = self.state_of(slug.clone()).await?;
        let entities = self.register.of_role(role, &overrides);
        if let Some(latest) = &latest
            && latest.next_update.since(now) > self.life / 2
            && self.still_says(role, &latest.jws, &entities, identity, now)
        {
            return Ok(Edition {
                sequence: latest.sequence,
                next_update: latest.next_update,
                is_new: false,
            });
        }
        let sequence = latest.map_or(0, |latest| latest.sequence).saturating_add(1);
        let next_update = now.plus(self.life);
        let list = ListBuilder {
            role,
            sequence,
            operator_name: self.operator.name.clone(),
            territory: self.operator.territory.clone(),
            issued_at: now,
            next_update,
            entities,
        };
        let jws = list.sign(&identity.chain, identity.signer.as_ref(), self.provider)?;
        self.read(role, &jws, now)?;
        self.store(PublishedList {
            slug,
            sequence,
            jws,
            next_update,
        })
        .await?;
        tracing::info!(list = role.slug(), sequence, "list published");
        Ok(Edition {
            sequence,
            next_update,
            is_new: true,
        })
    }

    /// Reads a list as every service does: one that our own reader refuses would blind them all.
    fn read(&self, role: TrustRole, jws: &str, now: UnixTime) -> Result<TrustStore, ListError> {
        let mut store = TrustStore::new(self.root.clone(), ListMemory::default());
        store.accept_list(role, jws, now, self.provider)?;
        Ok(store)
    }

    /// Tells whether an edition is acceptable and a new one would differ in nothing but its number and its times.
    fn still_says(
        &self,
        role: TrustRole,
        jws: &str,
        entities: &[TrustedListEntity],
        identity: &SigningIdentity,
        now: UnixTime,
    ) -> bool {
        let same_entities = self
            .read(role, jws, now)
            .is_ok_and(|store| store.list(role).is_some_and(|list| list.entities() == entities));
        same_entities && self.names_the_same(jws, identity).unwrap_or(false)
    }

    fn names_the_same(&self, jws: &str, identity: &SigningIdentity) -> Option<bool> {
        let jws = UnverifiedJws::parse(jws).ok()?;
        let payload = mahfada_base::json::parse(jws.unverified_payload()).ok()?;
        let scheme = payload.pointer("/LoTE/ListAndSchemeInformation")?;
        let x5c: Vec<String> = identity
            .chain
            .iter()
            .map(|certificate| base64url::encode_standard(certificate.der()))
            .collect();
        Some(
            jws.header().x5c.as_ref() == Some(&x5c)
                && scheme.get("SchemeTerritory")?.as_str() == Some(self.operator.territory.as_str())
                && *scheme.get("SchemeOperatorName")? == serde_json::to_value(&self.operator.name).ok()?,
        )
    }

    async fn state_of(
        &self,
        slug: ListSlug,
    ) -> Result<(Option<PublishedList>, BTreeMap<String, StatusOverride>), StorageError> {
        let read = self.storage.execute(move |unit| {
            let latest = unit.published_lists().latest(&slug)?;
            Ok(Outcome::<_, std::convert::Infallible>::Commit((
                latest,
                status::overrides(unit)?,
            )))
        });
        let Ok(state) = read.await?;
        Ok(state)
    }

    async fn store(&self, list: PublishedList) -> Result<(), StorageError> {
        let write = self.storage.execute(move |unit| {
            unit.published_lists().publish(&list)?;
            Ok(Outcome::<_, std::convert::Infallible>::Commit(()))
        });
        let Ok(()) = write.await?;
        Ok(())
    }
}
