//! The root document: who signs lists, agreed by a threshold of officers (decision D8, the shape of TUF's root).
//!
//! The signatures are over the exact bytes that the envelope carries, so nothing is ever re-serialized to check them.

use std::collections::BTreeSet;

use mahfada_base::{CLOCK_SKEW, UnixTime, base64url, json};
use mahfada_crypto::{CryptoProvider, Digest, PublicKey, SignatureAlgorithm, Signer, Thumbprint};
use mahfada_jose::{Jwk, thumbprint_of};
use serde::{Deserialize, Serialize};

pub use document::{ListSigner, RootDocument};
pub use error::{RootError, RootSignError};

mod document;
mod error;
#[cfg(test)]
mod tests;

/// The most signatures that a root document may carry.
const MAX_SIGNATURES: usize = 64;

/// Reads the root document that a build or a configuration pins.
#[derive(Clone, Copy, Debug)]
pub enum PinnedRoot {}

/// A root document whose signatures have not been checked.
#[derive(Clone, Debug)]
pub struct UnverifiedRoot {
    document: RootDocument,
    payload: Vec<u8>,
    signatures: Vec<OfficerSignature>,
}

/// A root document that was read as the pinned one, or that descends from it step by step, with all those steps.
///
/// That the bytes it began with are those of the build or the configuration is the caller's to see to.
///
/// It may have expired in the meantime: [`Self::require_current`] is asked before every use.
#[derive(Clone, Debug)]
pub struct VerifiedRoot {
    root: UnverifiedRoot,
    /// The successors of the pinned document, in order; the last one is `root`.
    successors: Vec<Envelope>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Envelope {
    signed: String,
    signatures: Vec<OfficerSignature>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct OfficerSignature {
    keyid: String,
    sig: String,
}

impl PinnedRoot {
    /// Reads a pinned root document and checks that its own threshold of officers has signed it.
    ///
    /// Its expiry is not checked: an old build must still be able to walk to the successors. Anybody can make a document
    /// that is signed by officers of its own, so only bytes that were pinned may come in here: what was fetched or
    /// remembered goes through [`VerifiedRoot::successor`] or [`Self::restore`].
    ///
    /// # Errors
    /// [`RootError`] naming the first fault.
    pub fn from_bytes(bytes: &[u8], provider: &CryptoProvider) -> Result<VerifiedRoot, RootError> {
        let root = UnverifiedRoot::parse(bytes)?;
        root.require_threshold(&root.document, provider)?;
        Ok(VerifiedRoot {
            root,
            successors: Vec::new(),
        })
    }

    /// Reads a pinned root document and walks the remembered [`VerifiedRoot::envelopes`] from it again.
    ///
    /// Envelopes of versions before the pinned one are passed over, so that a build may pin a later version than the one
    /// that the memory began with. Times are not checked: each was accepted once, and
    /// [`VerifiedRoot::require_current`] is asked before every use.
    ///
    /// # Errors
    /// [`RootError::Descent`] when the envelopes do not descend from the pinned document, else what
    /// [`Self::from_bytes`] says of the pinned document.
    pub fn restore<B: AsRef<[u8]>>(
        pinned: &[u8],
        envelopes: &[B],
        provider: &CryptoProvider,
    ) -> Result<VerifiedRoot, RootError> {
        let mut root = Self::from_bytes(pinned, provider)?;
        let pinned_version = root.document().version;
        for envelope in envelopes {
            let next = UnverifiedRoot::parse(envelope.as_ref()).map_err(RootError::descent)?;
            if next.document.version > pinned_version {
                root = root.follow(next, provider).map_err(RootError::descent)?;
            } else if next.document.version == pinned_version && next.payload != root.root.payload {
                return Err(RootError::Descent(None));
            }
        }
        Ok(root)
    }
}

impl UnverifiedRoot {
    /// Parses the envelope and the document in it.
    ///
    /// # Errors
    /// [`RootError::Malformed`] for every other shape.
    pub fn parse(bytes: &[u8]) -> Result<Self, RootError> {
        let envelope: Envelope = json::from_slice(bytes).map_err(RootError::malformed)?;
        if envelope.signatures.len() > MAX_SIGNATURES {
            return Err(RootError::malformed("too many signatures"));
        }
        let payload = base64url::decode(&envelope.signed).map_err(RootError::malformed)?;
        let document = RootDocument::from_payload(&payload)?;
        Ok(Self {
            document,
            payload,
            signatures: envelope.signatures,
        })
    }

    /// Returns the version that the document claims.
    #[must_use]
    pub const fn unverified_version(&self) -> u64 {
        self.document.version
    }

    /// Adds the signature of one more officer; whether the signer is an officer is checked by those who verify.
    ///
    /// # Errors
    /// [`RootSignError`] when the key is out of reach.
    pub fn countersign(mut self, signer: &dyn Signer, digest: &dyn Digest) -> Result<Self, RootSignError> {
        let keyid = thumbprint_of(signer.public_key(), digest).to_base64url();
        let sig = base64url::encode(signer.sign(&self.payload)?.0);
        self.signatures.retain(|signature| signature.keyid != keyid);
        self.signatures.push(OfficerSignature { keyid, sig });
        Ok(self)
    }

    /// Writes the envelope.
    ///
    /// # Errors
    /// [`RootSignError::Encode`] when it cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RootSignError> {
        Ok(serde_json::to_vec(&self.envelope())?)
    }

    fn envelope(&self) -> Envelope {
        Envelope {
            signed: base64url::encode(&self.payload),
            signatures: self.signatures.clone(),
        }
    }

    /// Checks that enough different officers of `authority` have signed; one key counts once, however often it signs.
    fn require_threshold(&self, authority: &RootDocument, provider: &CryptoProvider) -> Result<(), RootError> {
        let mut signed_by = BTreeSet::new();
        for officer in &authority.officers {
            let thumbprint = officer.thumbprint(provider.digest);
            if self.is_signed_by(officer, thumbprint, provider)? {
                signed_by.insert(thumbprint);
            }
        }
        if signed_by.len() < authority.threshold {
            Err(RootError::Threshold)
        } else {
            Ok(())
        }
    }

    fn is_signed_by(
        &self,
        officer: &Jwk,
        thumbprint: Thumbprint,
        provider: &CryptoProvider,
    ) -> Result<bool, RootError> {
        let keyid = thumbprint.to_base64url();
        let mut signatures = self.signatures.iter().filter(|signature| signature.keyid == keyid);
        let Some(signature) = signatures.next() else {
            return Ok(false);
        };
        let key = officer.to_public_key(provider).map_err(RootError::malformed)?;
        let bytes = base64url::decode(&signature.sig).map_err(RootError::malformed)?;
        provider
            .signatures
            .verify(algorithm_of(&key)?, &key, &self.payload, &bytes)
            .map_err(|_| RootError::Signature)?;
        Ok(true)
    }
}

impl VerifiedRoot {
    /// Checks that `next` is the next version and that both this document's officers and its own agreed to it.
    ///
    /// The expiry of `next` is not checked, so that a client that was away can walk through several versions.
    ///
    /// # Errors
    /// [`RootError`] naming the first fault; this document then stays in force.
    pub fn successor(&self, next: UnverifiedRoot, now: UnixTime, provider: &CryptoProvider) -> Result<Self, RootError> {
        if next.document.issued_at > now.plus(CLOCK_SKEW) {
            return Err(RootError::NotYetIssued);
        }
        self.follow(next, provider)
    }

    fn follow(&self, next: UnverifiedRoot, provider: &CryptoProvider) -> Result<Self, RootError> {
        if self.document().version.checked_add(1) != Some(next.document.version) {
            return Err(RootError::Version);
        }
        next.require_threshold(self.document(), provider)?;
        next.require_threshold(&next.document, provider)?;
        let mut successors = self.successors.clone();
        successors.push(next.envelope());
        Ok(Self { root: next, successors })
    }

    /// Checks that the document has not expired.
    ///
    /// # Errors
    /// [`RootError::Expired`] when it has.
    pub fn require_current(&self, at: UnixTime) -> Result<(), RootError> {
        if self.document().expires.plus(CLOCK_SKEW) < at {
            Err(RootError::Expired)
        } else {
            Ok(())
        }
    }

    /// Returns what the officers agreed to.
    #[must_use]
    pub const fn document(&self) -> &RootDocument {
        &self.root.document
    }

    /// Returns the envelopes of all versions after the pinned one, up to this one: what the host keeps and hands to
    /// [`PinnedRoot::restore`] at the next start.
    ///
    /// # Errors
    /// [`RootSignError::Encode`] when one cannot be written as JSON.
    pub fn envelopes(&self) -> Result<Vec<Vec<u8>>, RootSignError> {
        let written = self.successors.iter().map(serde_json::to_vec);
        Ok(written.collect::<Result<_, _>>()?)
    }

    /// Returns the envelope of this version alone, to be published; it does not prove the descent from the pinned one.
    ///
    /// # Errors
    /// [`RootSignError::Encode`] when it cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RootSignError> {
        self.root.to_bytes()
    }
}

impl RootDocument {
    /// Signs the document with the keys of officers and returns the envelope.
    ///
    /// Whether the signers are officers and enough is checked by those who verify.
    ///
    /// # Errors
    /// [`RootSignError`] when a key is out of reach or the document is one that no reader accepts.
    pub fn sign(&self, signers: &[&dyn Signer], digest: &dyn Digest) -> Result<Vec<u8>, RootSignError> {
        let payload = self.to_payload()?;
        let document = Self::from_payload(&payload)?;
        let mut root = UnverifiedRoot {
            document,
            payload,
            signatures: Vec::new(),
        };
        for signer in signers {
            root = root.countersign(*signer, digest)?;
        }
        root.to_bytes()
    }
}

fn algorithm_of(key: &PublicKey) -> Result<SignatureAlgorithm, RootError> {
    match key {
        PublicKey::P256(_) => Ok(SignatureAlgorithm::Es256),
        PublicKey::P384(_) => Ok(SignatureAlgorithm::Es384),
        PublicKey::Ed25519(_) => Ok(SignatureAlgorithm::EdDsa),
        _ => Err(RootError::malformed("an officer's key is of an unknown kind")),
    }
}
