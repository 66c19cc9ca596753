//! Which certificates have been read and which of their signatures hold, so that a busy verifier does either once.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mahfada_crypto::CryptoProvider;

use super::ChainError;
use crate::{Certificate, CertificateError};

/// The most certificates and the most signatures that are remembered; then all are forgotten and read anew.
const MAX_FACTS: usize = 4_096;

/// Remembers what certificates of verified chains say, and that the key of one signed another.
///
/// Those are facts about bytes: they hold at any time and under any list, so nothing ever has to be taken back. Validity,
/// purpose and anchors are not remembered; every verification checks them. A chain that was refused leaves no certificate
/// behind, so strangers cannot fill it.
#[derive(Debug, Default)]
pub struct ChainMemory {
    facts: Option<Mutex<Facts>>,
}

#[derive(Debug, Default)]
struct Facts {
    /// By DER bytes.
    certificates: HashMap<Vec<u8>, Certificate>,
    links: HashSet<[u8; 32]>,
}

impl ChainMemory {
    /// Starts empty.
    #[must_use]
    pub fn new() -> Self {
        Self {
            facts: Some(Mutex::default()),
        }
    }

    /// Remembers nothing.
    #[must_use]
    pub(super) const fn none() -> Self {
        Self { facts: None }
    }

    /// Forgets everything, so that each certificate is read and each signature is checked anew.
    pub fn forget(&self) {
        if let Some(mut facts) = self.facts() {
            *facts = Facts::default();
        }
    }

    /// Parses a certificate, or returns it as it was parsed before.
    pub(super) fn read(&self, der: &[u8]) -> Result<Certificate, CertificateError> {
        let known = self.facts().and_then(|facts| facts.certificates.get(der).cloned());
        known.map_or_else(|| Certificate::from_der(der), Ok)
    }

    /// Keeps the certificates of a chain that holds.
    pub(super) fn keep<'a>(&self, certificates: impl Iterator<Item = &'a Certificate>) {
        let Some(mut facts) = self.facts() else { return };
        for certificate in certificates {
            if facts.certificates.contains_key(certificate.der()) {
                continue;
            }
            if facts.certificates.len() >= MAX_FACTS {
                facts.certificates.clear();
            }
            facts
                .certificates
                .insert(certificate.der().to_owned(), certificate.clone());
        }
    }

    /// Runs `check` unless it is known that `issuer` signed `child`; only what holds is remembered.
    pub(super) fn check_once(
        &self,
        child: &Certificate,
        issuer: &Certificate,
        provider: &CryptoProvider,
        check: impl FnOnce() -> Result<(), ChainError>,
    ) -> Result<(), ChainError> {
        if self.facts.is_none() {
            return check();
        }
        // Two whole DER encodings say where each of them ends, so no two pairs read alike.
        let link = provider.digest.sha256(&[child.der(), issuer.der()].concat());
        if self.facts().is_some_and(|facts| facts.links.contains(&link)) {
            return Ok(());
        }
        check()?;
        if let Some(mut facts) = self.facts() {
            if facts.links.len() >= MAX_FACTS {
                facts.links.clear();
            }
            facts.links.insert(link);
        }
        Ok(())
    }

    fn facts(&self) -> Option<MutexGuard<'_, Facts>> {
        let facts = self.facts.as_ref()?;
        Some(facts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use mahfada_crypto::pure::PROVIDER;

    use super::*;
    use crate::fixture::{access, anchor, ca};

    /// Asks three times and counts how often the signature was checked.
    fn checks(memory: &ChainMemory, answer: fn() -> Result<(), ChainError>) -> u8 {
        let root = anchor(&ca("Root", Some(0)), "root");
        let leaf = root.issue(&access("Leaf"), "leaf");
        let count = Cell::new(0);
        for _ in 0..3 {
            let checked = memory.check_once(&leaf.certificate, &root.certificate, &PROVIDER, || {
                count.set(count.get() + 1);
                answer()
            });
            assert_eq!(checked, answer());
        }
        count.get()
    }

    #[test]
    fn a_signature_that_holds_is_checked_once_and_a_bad_one_every_time() {
        assert_eq!(checks(&ChainMemory::new(), || Ok(())), 1);
        assert_eq!(checks(&ChainMemory::new(), || Err(ChainError::Signature)), 3);
        assert_eq!(checks(&ChainMemory::none(), || Ok(())), 3);
    }

    #[test]
    fn another_child_and_another_issuer_are_another_question() {
        let (one, two) = (anchor(&ca("Root", Some(0)), "one"), anchor(&ca("Root", Some(0)), "two"));
        let (leaf, other) = (one.issue(&access("Leaf"), "leaf"), one.issue(&access("Leaf"), "other"));
        let memory = ChainMemory::new();
        let ask = |child: &Certificate, issuer: &Certificate| {
            memory.check_once(child, issuer, &PROVIDER, || Err(ChainError::Signature))
        };
        memory
            .check_once(&leaf.certificate, &one.certificate, &PROVIDER, || Ok(()))
            .unwrap();
        assert_eq!(ask(&leaf.certificate, &one.certificate), Ok(()));
        assert_eq!(ask(&leaf.certificate, &two.certificate), Err(ChainError::Signature));
        assert_eq!(ask(&other.certificate, &one.certificate), Err(ChainError::Signature));
        memory.forget();
        assert_eq!(ask(&leaf.certificate, &one.certificate), Err(ChainError::Signature));
    }
}
