//! The chain of an `x5c` header and its validation (RFC 7515 §4.1.6, RFC 5280 §6, HAIP 1.0 §5).

use mahfada_base::{CLOCK_SKEW, UnixTime, base64url};
use mahfada_crypto::{CryptoProvider, PublicKey, SignatureAlgorithm};

use crate::{Certificate, ChainProfile};

pub use error::ChainError;
pub use memory::ChainMemory;

mod error;
mod memory;
#[cfg(test)]
mod tests;

/// The most certificates that a chain may have.
const MAX_CERTIFICATES: usize = 4;
/// The most bytes that the certificates of a chain may have together.
const MAX_BYTES: usize = 32 * 1024;

/// A chain as it came: parsed, and otherwise worth nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedChain {
    leaf: Certificate,
    issuers: Vec<Certificate>,
}

/// A chain that ended under an anchor and fitted a profile at a given time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedChain {
    leaf: Certificate,
    leaf_key: PublicKey,
    anchor: Certificate,
}

impl UnverifiedChain {
    /// Parses one to four certificates in the padded standard alphabet, leaf first, 32 KiB together.
    ///
    /// # Errors
    /// [`ChainError`] when the chain is too long or a certificate cannot be read.
    pub fn from_x5c(x5c: &[String]) -> Result<Self, ChainError> {
        Self::from_x5c_remembering(x5c, &ChainMemory::none())
    }

    /// Parses like [`Self::from_x5c`], and does not read a certificate again that `memory` holds.
    ///
    /// # Errors
    /// [`ChainError`] when the chain is too long or a certificate cannot be read.
    pub fn from_x5c_remembering(x5c: &[String], memory: &ChainMemory) -> Result<Self, ChainError> {
        if x5c.len() > MAX_CERTIFICATES {
            return Err(ChainError::Length);
        }
        let characters = x5c.iter().fold(0_usize, |sum, text| sum.saturating_add(text.len()));
        if characters / 4 * 3 > MAX_BYTES {
            return Err(ChainError::TooLarge);
        }
        let mut certificates = Vec::with_capacity(x5c.len());
        for text in x5c {
            let der = base64url::decode_standard(text).map_err(|_| ChainError::Encoding)?;
            certificates.push(memory.read(&der)?);
        }
        Self::from_certificates(certificates)
    }

    /// Takes one to four certificates, leaf first.
    ///
    /// # Errors
    /// [`ChainError::Length`] for another number of them.
    pub fn from_certificates(certificates: Vec<Certificate>) -> Result<Self, ChainError> {
        if certificates.len() > MAX_CERTIFICATES {
            return Err(ChainError::Length);
        }
        let mut certificates = certificates.into_iter();
        let leaf = certificates.next().ok_or(ChainError::Length)?;
        Ok(Self {
            leaf,
            issuers: certificates.collect(),
        })
    }

    /// Returns the leaf: unverified, for display and key hints only.
    #[must_use]
    pub const fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// Returns the certificates, leaf first: unverified.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.leaf).chain(&self.issuers)
    }

    /// Verifies the chain up to one of the anchors at the time `at`, and the leaf against the profile.
    ///
    /// It does not look at revocation nor at whether the subject may do what it signs.
    ///
    /// # Errors
    /// [`ChainError`] naming the first rule that does not hold.
    pub fn verify(
        &self,
        anchors: &[Certificate],
        profile: &ChainProfile,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedChain, ChainError> {
        let anchors: Vec<&Certificate> = anchors.iter().collect();
        self.verify_remembering(&anchors, profile, at, &ChainMemory::none(), provider)
    }

    /// Verifies like [`Self::verify`], and does not check a signature again that `memory` knows to hold.
    ///
    /// # Errors
    /// [`ChainError`] naming the first rule that does not hold.
    pub fn verify_remembering(
        &self,
        anchors: &[&Certificate],
        profile: &ChainProfile,
        at: UnixTime,
        memory: &ChainMemory,
        provider: &CryptoProvider,
    ) -> Result<VerifiedChain, ChainError> {
        self.check_leaf(profile)?;
        // HAIP 1.0 §5: the anchor stays out of the chain, so that nobody takes trust from the message itself.
        if self
            .certificates()
            .any(|certificate| certificate.is_self_signed() || anchors.contains(&certificate))
        {
            return Err(ChainError::AnchorInChain);
        }
        for certificate in self.certificates() {
            check_extensions(certificate)?;
            check_validity(certificate, at)?;
        }
        let mut child = &self.leaf;
        for (below, issuer) in self.issuers.iter().enumerate() {
            check_link(child, issuer, below, memory, provider)?;
            child = issuer;
        }
        let anchor = find_anchor(child, anchors, self.issuers.len(), at, memory, provider)?;
        let verified = VerifiedChain {
            leaf: self.leaf.clone(),
            leaf_key: self.leaf.public_key(provider)?,
            anchor: anchor.clone(),
        };
        memory.keep(self.certificates());
        Ok(verified)
    }

    fn check_leaf(&self, profile: &ChainProfile) -> Result<(), ChainError> {
        let leaf = self.leaf.extensions();
        if self.leaf.is_self_signed() {
            return Err(ChainError::SelfSignedLeaf);
        }
        if leaf.ca {
            return Err(ChainError::LeafIsCa);
        }
        if !leaf.digital_signature {
            return Err(ChainError::KeyUsage);
        }
        match profile.extended_key_usage {
            Some(purpose) if !leaf.extended_key_usages.iter().any(|named| named == purpose) => {
                Err(ChainError::ExtendedKeyUsage)
            }
            _ => Ok(()),
        }
    }
}

impl VerifiedChain {
    /// Returns the leaf.
    #[must_use]
    pub const fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// Returns the key of the leaf.
    #[must_use]
    pub const fn leaf_key(&self) -> &PublicKey {
        &self.leaf_key
    }

    /// Returns the anchor under which the chain ended.
    #[must_use]
    pub const fn anchor(&self) -> &Certificate {
        &self.anchor
    }
}

fn find_anchor<'a>(
    child: &Certificate,
    anchors: &[&'a Certificate],
    below: usize,
    at: UnixTime,
    memory: &ChainMemory,
    provider: &CryptoProvider,
) -> Result<&'a Certificate, ChainError> {
    let mut fault = ChainError::Untrusted;
    for anchor in anchors
        .iter()
        .copied()
        .filter(|anchor| anchor.subject_der() == child.issuer_der())
    {
        let checked = check_link(child, anchor, below, memory, provider)
            .and_then(|()| check_extensions(anchor))
            .and_then(|()| check_validity(anchor, at));
        match checked {
            Ok(()) => return Ok(anchor),
            // Another anchor of the same name, from before or after a change of keys.
            Err(ChainError::Signature | ChainError::SignatureAlgorithm | ChainError::KeyIdentifier) => {}
            Err(other) => fault = other,
        }
    }
    Err(fault)
}

fn check_link(
    child: &Certificate,
    issuer: &Certificate,
    below: usize,
    memory: &ChainMemory,
    provider: &CryptoProvider,
) -> Result<(), ChainError> {
    if child.issuer_der() != issuer.subject_der() {
        return Err(ChainError::NameChaining);
    }
    let identifiers = (child.authority_key_identifier(), issuer.subject_key_identifier());
    if matches!(identifiers, (Some(authority), Some(subject)) if authority != subject) {
        return Err(ChainError::KeyIdentifier);
    }
    memory.check_once(child, issuer, provider, || check_signature(child, issuer, provider))?;
    let extensions = issuer.extensions();
    if !extensions.ca || !extensions.key_cert_sign {
        return Err(ChainError::NotCa);
    }
    if extensions.path_len.is_some_and(|limit| below > usize::from(limit)) {
        return Err(ChainError::PathLength);
    }
    Ok(())
}

fn check_signature(child: &Certificate, issuer: &Certificate, provider: &CryptoProvider) -> Result<(), ChainError> {
    let named = child.signature_algorithm().ok_or(ChainError::SignatureAlgorithm)?;
    let key = issuer.public_key(provider)?;
    let fitting = match key {
        PublicKey::P256(_) => Some(SignatureAlgorithm::Es256),
        PublicKey::P384(_) => Some(SignatureAlgorithm::Es384),
        _ => None,
    };
    if fitting != Some(named) {
        return Err(ChainError::SignatureAlgorithm);
    }
    let (algorithm, signature) = child.signature().ok_or(ChainError::Signature)?;
    provider
        .signatures
        .verify(algorithm, &key, child.tbs(), &signature)
        .map_err(|_| ChainError::Signature)
}

fn check_extensions(certificate: &Certificate) -> Result<(), ChainError> {
    let extensions = certificate.extensions();
    if extensions.unknown_critical {
        return Err(ChainError::CriticalExtension);
    }
    // No issuer of this domain uses name constraints; one that is not evaluated must not be passed over.
    if extensions.name_constraints {
        Err(ChainError::NameConstraints)
    } else {
        Ok(())
    }
}

fn check_validity(certificate: &Certificate, at: UnixTime) -> Result<(), ChainError> {
    if certificate.not_before() > at.plus(CLOCK_SKEW) {
        return Err(ChainError::NotYetValid);
    }
    if certificate.not_after() < at {
        Err(ChainError::Expired)
    } else {
        Ok(())
    }
}
