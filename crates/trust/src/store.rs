//! The trust store: one root, the current list of each role, and the memory against older ones.

use std::collections::BTreeMap;

use mahfada_base::UnixTime;
use mahfada_crypto::CryptoProvider;

use crate::{
    ListError, ListMemory, RootError, SeenList, TrustError, TrustRole, TrustedList, UnverifiedList,
    UnverifiedRoot, VerifiedRoot,
};

#[cfg(test)]
mod tests;

/// Everything that trust decisions rest on; it changes only by signed roots and lists.
///
/// After a restart the host makes it again from the newest root it kept and from the persisted [`ListMemory`], and
/// hands in the lists again.
#[derive(Clone, Debug)]
pub struct TrustStore {
    root: VerifiedRoot,
    memory: ListMemory,
    lists: BTreeMap<TrustRole, TrustedList>,
}

impl TrustStore {
    /// Starts without lists: nobody is trusted until [`Self::accept_list`] has accepted one.
    #[must_use]
    pub const fn new(root: VerifiedRoot, memory: ListMemory) -> Self {
        Self {
            root,
            memory,
            lists: BTreeMap::new(),
        }
    }

    /// Accepts a list for a role: signed by a signer that the root names for it, current, and not older than or
    /// different from one already seen. On an error the list accepted before stays.
    ///
    /// # Errors
    /// [`ListError`] naming the first fault.
    pub fn accept_list(
        &mut self,
        role: TrustRole,
        jws: &str,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<(), ListError> {
        self.root
            .require_current(now)
            .map_err(|_| ListError::RootExpired)?;
        let list = UnverifiedList::parse(jws)?.verify(role, &self.root, now, provider)?;
        self.require_newer(&list)?;
        self.memory.remember(
            role,
            SeenList {
                sequence: list.sequence(),
                sha256: list.sha256(),
            },
        );
        self.lists.insert(role, list);
        Ok(())
    }

    fn require_newer(&self, list: &TrustedList) -> Result<(), ListError> {
        if list.sequence() < self.root.document().least_sequence(list.role()) {
            return Err(ListError::Rollback);
        }
        match self.memory.seen(list.role()) {
            Some(seen) if list.sequence() < seen.sequence => Err(ListError::Rollback),
            Some(seen) if list.sequence() == seen.sequence && list.sha256() != seen.sha256 => {
                Err(ListError::Fork)
            }
            _ => Ok(()),
        }
    }

    /// Accepts the next root document and drops the lists whose signers it no longer names.
    ///
    /// # Errors
    /// [`RootError`] naming the first fault; the present root then stays.
    pub fn accept_root(
        &mut self,
        next: UnverifiedRoot,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<(), RootError> {
        let root = self.root.successor(next, now, provider)?;
        let document = root.document();
        self.lists.retain(|role, list| {
            document.list_signers(*role).contains(list.signed_under())
                && list.sequence() >= document.least_sequence(*role)
        });
        self.root = root;
        Ok(())
    }

    /// Returns what the host persists after every accepted list.
    #[must_use]
    pub fn memory(&self) -> ListMemory {
        self.memory.clone()
    }

    /// Returns the root document in force.
    #[must_use]
    pub const fn root(&self) -> &VerifiedRoot {
        &self.root
    }

    /// Returns the accepted list of a role, even when it has expired since.
    #[must_use]
    pub fn list(&self, role: TrustRole) -> Option<&TrustedList> {
        self.lists.get(&role)
    }

    /// Returns the list of a role to decide with, if neither it nor the root has expired at this time.
    pub(crate) fn current_list(
        &self,
        role: TrustRole,
        at: UnixTime,
    ) -> Result<&TrustedList, TrustError> {
        let list = self.list(role).ok_or(TrustError::ListUnavailable)?;
        if self.root.require_current(at).is_err() || !list.is_current(at) {
            return Err(TrustError::ListExpired);
        }
        Ok(list)
    }
}
