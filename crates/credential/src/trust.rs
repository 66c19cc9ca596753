//! The question that every verification asks: may this signer do this (decision D8)?

use std::collections::BTreeMap;
use std::fmt::Debug;

use mahfada_base::UnixTime;
use mahfada_crypto::{CryptoProvider, PublicKey};
use mahfada_x509::{ChainError, UnverifiedChain, VerifiedChain};

use crate::CredentialType;

/// Decides who may sign credentials and status lists; the trust store implements it.
pub trait IssuerTrust: Debug {
    /// Parses an `x5c` header; whoever remembers certificates need not read them again. It decides nothing.
    ///
    /// # Errors
    /// [`ChainError`] as [`UnverifiedChain::from_x5c`].
    fn read_chain(&self, x5c: &[String]) -> Result<UnverifiedChain, ChainError> {
        UnverifiedChain::from_x5c(x5c)
    }

    /// Decides chain, role, entity, entitlement for this type, and time, in that order, all of it as of `at`.
    ///
    /// Whether the credential was issued under that entitlement is the caller's to check, with
    /// [`TrustedEntity::since`].
    ///
    /// The key of the returned entity is the only key that the credential may be verified with.
    ///
    /// # Errors
    /// [`IssuerTrustError`] with the first reason against it.
    fn trusted_issuer(
        &self,
        chain: &UnverifiedChain,
        credential_type: &CredentialType,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError>;

    /// Decides whether the chain may sign status lists for credentials of the organization named.
    ///
    /// # Errors
    /// [`IssuerTrustError`] with the first reason against it.
    fn trusted_status_signer(
        &self,
        chain: &UnverifiedChain,
        issuer_organization: &str,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError>;
}

/// An entity of a trusted list, with the chain that it signed with.
#[derive(Clone, Debug)]
pub struct TrustedEntity {
    name: BTreeMap<String, String>,
    organization_identifier: String,
    chain: VerifiedChain,
    list_sequence: u64,
    since: UnixTime,
}

impl TrustedEntity {
    /// Makes the result of a trust decision: only an [`IssuerTrust`] calls this, after it has decided.
    ///
    /// `name` maps languages to names; `list_sequence` is the number of the list that the decision rests on; `since`
    /// is when the service that the decision rests on was granted.
    #[must_use]
    pub const fn new(
        name: BTreeMap<String, String>,
        organization_identifier: String,
        chain: VerifiedChain,
        list_sequence: u64,
        since: UnixTime,
    ) -> Self {
        Self {
            name,
            organization_identifier,
            chain,
            list_sequence,
            since,
        }
    }

    /// Returns the name in the language, else in French, Arabic or English, else in any, else the identifier.
    #[must_use]
    pub fn name(&self, language: &str) -> &str {
        [language, "fr", "ar", "en"]
            .into_iter()
            .find_map(|language| self.name.get(language))
            .or_else(|| self.name.values().next())
            .unwrap_or(&self.organization_identifier)
    }

    /// Returns the names by language.
    #[must_use]
    pub const fn names(&self) -> &BTreeMap<String, String> {
        &self.name
    }

    /// Returns the organization identifier (ETSI EN 319 412-1 §5.1.4).
    #[must_use]
    pub fn organization_identifier(&self) -> &str {
        &self.organization_identifier
    }

    /// Returns the key that the entity signs with.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        self.chain.leaf_key()
    }

    /// Returns the chain that was verified.
    #[must_use]
    pub const fn chain(&self) -> &VerifiedChain {
        &self.chain
    }

    /// Returns the sequence number of the list that the decision rests on.
    #[must_use]
    pub const fn list_sequence(&self) -> u64 {
        self.list_sequence
    }

    /// Returns since when the service that the decision rests on is granted; nothing from before it is accepted.
    #[must_use]
    pub const fn since(&self) -> UnixTime {
        self.since
    }
}

/// Why a signer is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerTrustError {
    /// The chain is refused.
    #[error("the certificate chain is refused")]
    Chain(#[from] ChainError),
    /// No entity of the list stands behind the chain.
    #[error("the signer is not on the trusted list")]
    UnknownAnchor,
    /// The entity may not sign this type, or not for this organization.
    #[error("the signer is not entitled to this")]
    NotEntitled,
    /// A service of the entity under the authority of the chain is suspended or withdrawn, or none is granted yet.
    #[error("the signer is suspended")]
    Suspended,
    /// The list has not been fetched.
    #[error("the trusted list is not available")]
    ListUnavailable,
    /// The list has expired.
    #[error("the trusted list has expired")]
    ListExpired,
}

impl IssuerTrustError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Chain(error) => error.code(),
            Self::UnknownAnchor => "issuer_untrusted",
            Self::NotEntitled => "issuer_not_entitled",
            Self::Suspended => "issuer_suspended",
            Self::ListUnavailable => "list_unavailable",
            Self::ListExpired => "list_expired",
        }
    }
}
