//! The decision about issuers of credentials and signers of their status lists.

use std::collections::BTreeMap;

use mahfada_base::UnixTime;
use mahfada_credential::{CredentialType, IssuerTrust, IssuerTrustError, TrustedEntity};
use mahfada_crypto::CryptoProvider;
use mahfada_x509::{ChainError, UnverifiedChain};

use super::{PID_TYPE_PREFIX, Standing, granted_since};
use crate::{TrustError, TrustRole, TrustStore};

impl IssuerTrust for TrustStore {
    fn read_chain(&self, x5c: &[String]) -> Result<UnverifiedChain, ChainError> {
        UnverifiedChain::from_x5c_remembering(x5c, self.chains())
    }

    fn trusted_issuer(
        &self,
        chain: &UnverifiedChain,
        credential_type: &CredentialType,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError> {
        let role = issuing_role(credential_type.as_str());
        let standing = self.standing(role, chain, at, provider).map_err(|error| match error {
            TrustError::UnknownEntity if self.issues_other_types(role, chain, at, provider) => TrustError::NotEntitled,
            other => other,
        })?;
        let since = entitled_since(&standing, credential_type.as_str(), at)?;
        Ok(standing.into_trusted_entity(since))
    }

    fn trusted_status_signer(
        &self,
        chain: &UnverifiedChain,
        issuer_organization: &str,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError> {
        let standing = self.standing(TrustRole::StatusSigners, chain, at, provider)?;
        if standing.entity.organization_identifier != issuer_organization {
            return Err(TrustError::NotEntitled.into());
        }
        standing.require_none_stopped()?;
        let since = granted_since(&standing.services, at)?;
        Ok(standing.into_trusted_entity(since))
    }
}

impl TrustStore {
    /// Tells whether the chain is that of an issuer on the other list, to name the fault: it changes no decision.
    fn issues_other_types(
        &self,
        role: TrustRole,
        chain: &UnverifiedChain,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> bool {
        let other = match role {
            TrustRole::PidIssuers => TrustRole::AttestationIssuers,
            _ => TrustRole::PidIssuers,
        };
        self.standing(other, chain, at, provider).is_ok()
    }
}

impl Standing<'_> {
    fn into_trusted_entity(self, since: UnixTime) -> TrustedEntity {
        let name: BTreeMap<String, String> = self
            .entity
            .name
            .iter()
            .map(|text| (text.lang.clone(), text.value.clone()))
            .collect();
        TrustedEntity::new(
            name,
            self.entity.organization_identifier.clone(),
            self.chain,
            self.list_sequence,
            since,
        )
    }
}

impl From<TrustError> for IssuerTrustError {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Chain(error) => Self::Chain(error),
            TrustError::UnknownEntity => Self::UnknownAnchor,
            TrustError::NotEntitled => Self::NotEntitled,
            TrustError::Suspended => Self::Suspended,
            TrustError::ListUnavailable => Self::ListUnavailable,
            TrustError::ListExpired => Self::ListExpired,
        }
    }
}

fn issuing_role(credential_type: &str) -> TrustRole {
    if credential_type.starts_with(PID_TYPE_PREFIX) {
        TrustRole::PidIssuers
    } else {
        TrustRole::AttestationIssuers
    }
}

/// Returns since when the entity may issue the type.
fn entitled_since(standing: &Standing<'_>, credential_type: &str, at: UnixTime) -> Result<UnixTime, TrustError> {
    let services = standing.services.iter().copied();
    let entitled: Vec<_> = services
        .filter(|service| service.is_entitled_to(credential_type))
        .collect();
    if entitled.is_empty() {
        return Err(TrustError::NotEntitled);
    }
    standing.require_none_stopped()?;
    granted_since(&entitled, at)
}
