//! One edition of a list: built from the register, signed, and accepted by our own reader.

use std::collections::{BTreeMap, BTreeSet};

use mahfada_base::{Seconds, UnixTime, base64url};
use mahfada_crypto::CryptoProvider;
use mahfada_jose::{SignError, UnverifiedJws};
use mahfada_trust::{
    ListBuilder, ListError, ListMemory, LocalizedText, TrustRole, TrustStore, TrustedListEntity, VerifiedRoot,
};
use mahfada_web::keys::SigningIdentity;

use super::{EntityRegister, StatusOverride};

/// Who runs the scheme, as every list names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOperator {
    /// The name by language; one of them is the organization of the signers' certificates.
    pub name: LocalizedText,
    /// The country as two capital letters.
    pub territory: String,
}

/// Makes the lists; it keeps nothing.
#[derive(Clone, Debug)]
pub struct ListMaker {
    /// Who runs the scheme.
    pub operator: ListOperator,
    /// The root document that readers judge the lists by.
    pub root: VerifiedRoot,
    /// Who signs the list of each role.
    pub signers: BTreeMap<TrustRole, SigningIdentity>,
    /// The register that the lists are made from.
    pub register: EntityRegister,
    /// For how long a list is good, in seconds.
    pub life: Seconds,
    /// The cryptography.
    pub provider: &'static CryptoProvider,
}

/// Why a list could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MakeListError {
    /// The list could not be signed.
    #[error("the list cannot be signed")]
    Sign(#[from] SignError),
    /// Readers would refuse the list that was signed.
    #[error("readers would refuse the list")]
    Refused(#[from] ListError),
}

/// A signed list.
#[derive(Clone, Debug)]
pub(super) struct SignedList {
    pub(super) jws: String,
    pub(super) next_update: UnixTime,
}

impl ListMaker {
    /// Returns the roles that have a list.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<TrustRole> {
        self.signers.keys().copied().collect()
    }

    /// Makes every list as the first one would be and throws it away, so that a configuration can be checked.
    ///
    /// # Errors
    /// The role whose list cannot be made, and why.
    pub fn rehearse(&self, now: UnixTime) -> Result<(), (TrustRole, MakeListError)> {
        for (role, identity) in &self.signers {
            let sequence = self.root.document().least_sequence(*role).max(1);
            let entities = self.register.of_role(*role, &BTreeMap::new());
            self.make(*role, identity, sequence, entities, now)
                .map_err(|error| (*role, error))?;
        }
        Ok(())
    }

    pub(super) fn entities(
        &self,
        role: TrustRole,
        decisions: &BTreeMap<String, StatusOverride>,
    ) -> Vec<TrustedListEntity> {
        self.register.of_role(role, decisions)
    }

    pub(super) fn make(
        &self,
        role: TrustRole,
        identity: &SigningIdentity,
        sequence: u64,
        entities: Vec<TrustedListEntity>,
        now: UnixTime,
    ) -> Result<SignedList, MakeListError> {
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
        Ok(SignedList { jws, next_update })
    }

    /// Returns when an edition was issued, if it is acceptable and a new one would differ in nothing but its number and
    /// its times.
    pub(super) fn still_says(
        &self,
        role: TrustRole,
        jws: &str,
        entities: &[TrustedListEntity],
        identity: &SigningIdentity,
        now: UnixTime,
    ) -> Option<UnixTime> {
        let store = self.read(role, jws, now).ok()?;
        let list = store.list(role)?;
        (list.entities() == entities && self.names_the_same(jws, identity)?).then_some(list.issued_at())
    }

    /// Reads a list as every service does: one that our own reader refuses would blind them all.
    fn read(&self, role: TrustRole, jws: &str, now: UnixTime) -> Result<TrustStore, ListError> {
        let mut store = TrustStore::new(self.root.clone(), ListMemory::default());
        store.accept_list(role, jws, now, self.provider)?;
        Ok(store)
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
}
