//! Lists of trusted entities (ETSI TS 119 602 §6) in compact signatures with the header of JAdES Baseline-B.
//!
//! A reader takes the signer from `x5c` and the times from the payload; it checks neither `x5t#S256` nor the `iat` of the
//! header.
//! The names on the wire are the standard's; the URIs are those of the Moroccan profile. Extra members are ignored.

use mahfada_base::{UnixTime, base64url};
use mahfada_crypto::{CryptoProvider, Signer};
use mahfada_jose::{JwsBuilder, SignError, UnverifiedJws, VerifiedJws};
use mahfada_x509::{Certificate, UnverifiedChain};

use crate::{ListError, ListSigner, LocalizedText, TrustRole, TrustedListEntity};

#[cfg(test)]
mod tests;
mod verify;
mod wire;

pub use verify::LONGEST_LIST_LIFE;

/// The `typ` of the signature (JAdES compact serialization).
const LIST_TYP: &str = "JOSE";

/// What a trust registry says about a role, ready to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListBuilder {
    /// The role that the list is kept for.
    pub role: TrustRole,
    /// The sequence number: at least 1, and higher with every list; the publisher sees to it.
    pub sequence: u64,
    /// The operator of the scheme; one of the names is the organization of the signer's certificate.
    pub operator_name: LocalizedText,
    /// The territory; the country of the signer's certificate.
    pub territory: String,
    /// When the list is issued.
    pub issued_at: UnixTime,
    /// When the list expires; readers refuse one that is more than [`LONGEST_LIST_LIFE`] after its issue.
    pub next_update: UnixTime,
    /// The entities.
    pub entities: Vec<TrustedListEntity>,
}

/// A list whose signature has not been checked.
#[derive(Clone, Debug)]
pub struct UnverifiedList(UnverifiedJws);

/// A list that a signer named by the root of that time has signed for its role.
///
/// It may have expired since: [`Self::is_current`] is asked at every decision. That it is not older than another one is
/// the store's to check.
#[derive(Clone, Debug)]
pub struct TrustedList {
    role: TrustRole,
    sequence: u64,
    issued_at: UnixTime,
    next_update: UnixTime,
    entities: Vec<TrustedListEntity>,
    signed_under: ListSigner,
    sha256: [u8; 32],
}

impl ListBuilder {
    /// Signs the list; `chain` is the signer's certificate and those between it and the anchor, without the anchor.
    ///
    /// Nothing in the list is checked, nor that the signer's certificate fits it: a list that readers refuse can be signed.
    ///
    /// # Errors
    /// [`SignError`] when the key is out of reach or the list cannot be written.
    pub fn sign(
        &self,
        chain: &[Certificate],
        signer: &dyn Signer,
        provider: &CryptoProvider,
    ) -> Result<String, SignError> {
        let mut builder = JwsBuilder::new(LIST_TYP)
            .x5c(chain)
            .member("iat", self.issued_at.seconds());
        if let Some(leaf) = chain.first() {
            builder = builder.member("x5t#S256", base64url::encode(leaf.sha256(provider.digest)));
        }
        builder.sign(&wire::Payload::from(self), signer)
    }
}

impl UnverifiedList {
    /// Parses the signature's text; the payload is read only once the signature holds.
    ///
    /// # Errors
    /// [`ListError::Malformed`] when it is no compact signature.
    pub fn parse(text: &str) -> Result<Self, ListError> {
        UnverifiedJws::parse(text).map(Self).map_err(ListError::malformed)
    }

    fn chain(&self) -> Result<UnverifiedChain, ListError> {
        let x5c = self.0.header().x5c.as_ref().ok_or(ListError::Signer(None))?;
        UnverifiedChain::from_x5c(x5c).map_err(|error| ListError::Signer(Some(error)))
    }
}

impl TrustedList {
    /// Returns the role that the list is kept for.
    #[must_use]
    pub const fn role(&self) -> TrustRole {
        self.role
    }

    /// Returns the sequence number.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Returns when the list was issued.
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// Returns when the list expires.
    #[must_use]
    pub const fn next_update(&self) -> UnixTime {
        self.next_update
    }

    /// Returns the entities.
    #[must_use]
    pub fn entities(&self) -> &[TrustedListEntity] {
        &self.entities
    }

    /// Tells whether the list has not expired (`NextUpdate`, TS 119 602 §6.3.15), allowing the clock skew.
    #[must_use]
    pub fn is_current(&self, at: UnixTime) -> bool {
        self.next_update.plus(mahfada_base::CLOCK_SKEW) >= at
    }

    pub(crate) const fn signed_under(&self) -> &ListSigner {
        &self.signed_under
    }

    pub(crate) const fn sha256(&self) -> [u8; 32] {
        self.sha256
    }
}
