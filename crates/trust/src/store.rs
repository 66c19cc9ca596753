//! The trust store: one root, the current list of each role, and the memory against older ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use mahfada_base::UnixTime;
use mahfada_crypto::{CryptoProvider, Digest};
use mahfada_x509::ChainMemory;

use crate::{
    ListError, ListMemory, ListSigner, RootDocument, RootError, SeenList, SeenSigner, TrustError, TrustRole,
    TrustedList, UnverifiedList, UnverifiedRoot, VerifiedRoot,
};

#[cfg(test)]
mod tests;

/// Everything that trust decisions rest on; it changes only by signed roots and lists.
///
/// After a restart the host makes it again with [`crate::PinnedRoot::restore`] from the pinned root and the persisted
/// envelopes, and from the persisted [`ListMemory`], and hands in the lists again.
#[derive(Clone, Debug)]
pub struct TrustStore {
    root: VerifiedRoot,
    memory: ListMemory,
    lists: BTreeMap<TrustRole, TrustedList>,
    chains: Arc<ChainMemory>,
}

impl TrustStore {
    /// Starts without lists: nobody is trusted until [`Self::accept_list`] has accepted one.
    #[must_use]
    pub fn new(root: VerifiedRoot, memory: ListMemory) -> Self {
        Self {
            root,
            memory,
            lists: BTreeMap::new(),
            chains: Arc::new(ChainMemory::new()),
        }
    }

    /// Accepts a list for a role: signed by a signer that the root names for it, current, and not older than or
    /// different from the last one accepted, as long as the root names that one's signer; never below the root's least
    /// sequence number. On an error the list accepted before stays.
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
        self.root.require_current(now).map_err(|_| ListError::RootExpired)?;
        let list = UnverifiedList::parse(jws)?.verify(role, &self.root, now, provider)?;
        self.require_newer(&list, provider.digest)?;
        self.memory.remember(
            role,
            SeenList {
                sequence: list.sequence(),
                sha256: list.sha256(),
                signed_by: Some(SeenSigner::new(list.signed_under(), provider.digest)),
            },
        );
        self.lists.insert(role, list);
        Ok(())
    }

    fn require_newer(&self, list: &TrustedList, digest: &dyn Digest) -> Result<(), ListError> {
        if list.sequence() < self.root.document().least_sequence(list.role()) {
            return Err(ListError::Rollback);
        }
        // A number that a signer set who is out of office binds nobody: else one stolen key could block the role for good.
        let seen = self.memory.seen(list.role());
        let seen = seen.filter(|seen| {
            let signed_by = seen.signed_by.as_ref();
            signed_by.is_none_or(|signer| is_named(signer, self.root.document(), list.role(), digest))
        });
        match seen {
            Some(seen) if list.sequence() < seen.sequence => Err(ListError::Rollback),
            Some(seen) if list.sequence() == seen.sequence && list.sha256() != seen.sha256 => Err(ListError::Fork),
            _ => Ok(()),
        }
    }

    /// Accepts the next root document, drops the lists whose signers it no longer names, and forgets their sequence
    /// numbers: for those roles its `least_sequence` is then the only floor.
    ///
    /// A memory that does not say who signed is forgotten when none of the role's former signers is named any more.
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
        let former = self.root.document();
        self.memory.retain(|role, seen| {
            let stays = |signer: &ListSigner| document.list_signers(role).contains(signer);
            let unknown = || former.list_signers(role).iter().any(stays);
            let signed_by = seen.signed_by.as_ref();
            signed_by.map_or_else(unknown, |signer| is_named(signer, document, role, provider.digest))
        });
        self.root = root;
        Ok(())
    }

    /// Returns what the host persists after every accepted list and root, together with the envelopes of the root.
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

    /// Forgets the chains that it has verified; decisions stay the same and take longer. Clones share that memory.
    pub fn forget_chains(&self) {
        self.chains.forget();
    }

    pub(crate) fn chains(&self) -> &ChainMemory {
        &self.chains
    }

    /// Returns the list of a role to decide with, if neither it nor the root has expired at this time.
    pub(crate) fn current_list(&self, role: TrustRole, at: UnixTime) -> Result<&TrustedList, TrustError> {
        let list = self.list(role).ok_or(TrustError::ListUnavailable)?;
        if self.root.require_current(at).is_err() || !list.is_current(at) {
            return Err(TrustError::ListExpired);
        }
        Ok(list)
    }
}

fn is_named(signer: &SeenSigner, document: &RootDocument, role: TrustRole, digest: &dyn Digest) -> bool {
    let mut named = document.list_signers(role).iter();
    named.any(|named| SeenSigner::new(named, digest) == *signer)
}
