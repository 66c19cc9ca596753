//! Who vouches for the other side: the registry, or certificates that a person chose by hand (ADR 0008).

use std::collections::BTreeMap;

use mahfada_base::{UnixTime, base64url};
use mahfada_credential::{CredentialType, IssuerTrust, IssuerTrustError, TrustedEntity};
use mahfada_crypto::CryptoProvider;
use mahfada_trust::{PID_TYPE_PREFIX, TrustStore};
use mahfada_x509::{Certificate, ChainError, ChainProfile, UnverifiedChain, VerifiedChain};
use serde::{Deserialize, Serialize};

use crate::addresses::Addresses;

#[cfg(test)]
mod tests;

/// Stands before the identifier of everybody whom no registry knows, so that it equals no registered one.
const BY_HAND: &str = "by-hand:";

/// Whom a flow believes. The app says so at every step; nothing that is fetched can change it.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// Those on the registry's lists and nobody else: what an app for citizens uses.
    Registry(&'a TrustStore),
    /// Those under certificates that the person running the wallet chose by hand, beside a registry or without one.
    ///
    /// The registry is asked first. Whom it knows stays under its rules, with registration and suspension; the anchors
    /// speak only for those it has never heard of.
    AnchorsByHand {
        /// The certificates.
        anchors: &'a AnchorsByHand,
        /// The registry's lists, if the wallet has any.
        registry: Option<&'a TrustStore>,
    },
}

/// Certificates under which issuers, status signers and verifiers are believed because a person chose them.
///
/// It is made from certificates that the app hands in and from nothing else: no message, list or stored state turns into
/// one. Nobody vouches then for what an issuer may attest, or for why a verifier asks.
#[derive(Clone, Debug)]
pub struct AnchorsByHand {
    certificates: Vec<Certificate>,
    addresses: Addresses,
}

/// Who stands behind an issuer or a verifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VouchedBy {
    /// The registry: the entity is on its lists and entitled to what it does.
    #[default]
    Registry,
    /// A certificate that the person running the wallet chose by hand, and nobody else.
    AnchorsByHand,
}

/// One of the two who vouch, alone: what one of them vouched for once the other does not take over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vouching<'a> {
    Registry(&'a TrustStore),
    AnchorsByHand(&'a AnchorsByHand),
    Nobody,
}

impl AnchorsByHand {
    /// Takes the certificates that a person chose; with none nobody is believed.
    #[must_use]
    pub const fn new(certificates: Vec<Certificate>) -> Self {
        Self {
            certificates,
            addresses: Addresses::Tls,
        }
    }

    /// Lets the flows also talk to `http://127.0.0.1` and `http://[::1]`, for tests on one machine (decision D1).
    #[cfg(feature = "insecure-loopback")]
    #[must_use]
    pub fn with_plain_http_on_loopback(self) -> Self {
        Self {
            addresses: Addresses::TlsOrPlainLoopback,
            ..self
        }
    }

    /// Verifies that a chain ends under one of the certificates; other ecosystems have key usages of their own.
    pub(crate) fn verify(
        &self,
        chain: &UnverifiedChain,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedChain, ChainError> {
        chain.verify(&self.certificates, &ChainProfile::any_purpose(), at, provider)
    }

    fn entity(
        &self,
        chain: &UnverifiedChain,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError> {
        let chain = self.verify(chain, at, provider).map_err(|error| match error {
            ChainError::Untrusted => IssuerTrustError::UnknownAnchor,
            other => IssuerTrustError::Chain(other),
        })?;
        let names = BTreeMap::from([("en".to_owned(), name_of(chain.leaf()))]);
        let identifier = identifier_of(chain.leaf(), provider);
        Ok(TrustedEntity::new(names, identifier, chain, 0, UnixTime::new(0)))
    }
}

impl<'a> Trust<'a> {
    /// Returns the registry's lists, if there are any.
    #[must_use]
    pub const fn registry(&self) -> Option<&'a TrustStore> {
        match self {
            Self::Registry(store) => Some(store),
            Self::AnchorsByHand { registry, .. } => *registry,
        }
    }

    /// Returns the certificates chosen by hand, in the one mode that has any.
    #[must_use]
    pub const fn anchors_by_hand(&self) -> Option<&'a AnchorsByHand> {
        match self {
            Self::Registry(_) => None,
            Self::AnchorsByHand { anchors, .. } => Some(anchors),
        }
    }

    /// Returns where requests may go.
    pub(crate) fn addresses(&self) -> Addresses {
        self.anchors_by_hand()
            .map_or(Addresses::Tls, |anchors| anchors.addresses)
    }

    /// Returns one of the two who vouch, alone.
    pub(crate) fn only(&self, vouched_by: VouchedBy) -> Vouching<'a> {
        match vouched_by {
            VouchedBy::Registry => self.registry().map(Vouching::Registry),
            VouchedBy::AnchorsByHand => self.anchors_by_hand().map(Vouching::AnchorsByHand),
        }
        .unwrap_or(Vouching::Nobody)
    }

    /// Finds who vouches for an issuer: the registry, and the anchors only for whom it has never heard of.
    pub(crate) fn issuer(
        &self,
        chain: &UnverifiedChain,
        credential_type: &CredentialType,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<(TrustedEntity, VouchedBy), IssuerTrustError> {
        let ask = |vouched_by| {
            let vouching = self.only(vouched_by);
            let entity = vouching.trusted_issuer(chain, credential_type, at, provider)?;
            Ok((entity, vouched_by))
        };
        match ask(VouchedBy::Registry) {
            Err(IssuerTrustError::UnknownAnchor) if self.anchors_by_hand().is_some() => ask(VouchedBy::AnchorsByHand),
            answer => answer,
        }
    }
}

impl IssuerTrust for Vouching<'_> {
    fn trusted_issuer(
        &self,
        chain: &UnverifiedChain,
        credential_type: &CredentialType,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError> {
        match self {
            Self::Registry(store) => store.trusted_issuer(chain, credential_type, at, provider),
            // Person identification data of this country come from whom the registry names, whoever else is believed.
            Self::AnchorsByHand(_) if credential_type.as_str().starts_with(PID_TYPE_PREFIX) => {
                Err(IssuerTrustError::NotEntitled)
            }
            Self::AnchorsByHand(anchors) => anchors.entity(chain, at, provider),
            Self::Nobody => Err(IssuerTrustError::UnknownAnchor),
        }
    }

    fn trusted_status_signer(
        &self,
        chain: &UnverifiedChain,
        issuer_organization: &str,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError> {
        match self {
            Self::Registry(store) => store.trusted_status_signer(chain, issuer_organization, at, provider),
            Self::AnchorsByHand(anchors) => {
                let entity = anchors.entity(chain, at, provider)?;
                let same = entity.organization_identifier() == issuer_organization;
                same.then_some(entity).ok_or(IssuerTrustError::NotEntitled)
            }
            Self::Nobody => Err(IssuerTrustError::UnknownAnchor),
        }
    }
}

/// Returns the name that a certificate gives its subject; nobody has checked it but its authority.
pub(crate) fn name_of(leaf: &Certificate) -> String {
    let name = leaf.organization().or_else(|| leaf.common_name());
    name.unwrap_or_else(|| leaf.subject()).to_owned()
}

/// Returns the organization identifier, or the hash of the certificate where there is none; neither is a registered one.
pub(crate) fn identifier_of(leaf: &Certificate, provider: &CryptoProvider) -> String {
    match leaf.organization_identifier() {
        Some(identifier) => format!("{BY_HAND}{identifier}"),
        None => format!("{BY_HAND}{}", base64url::encode(leaf.sha256(provider.digest))),
    }
}
