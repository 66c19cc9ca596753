//! The trust decision: chain → role → entity → entitlement → time (decision D8).

use mahfada_base::UnixTime;
use mahfada_crypto::CryptoProvider;
use mahfada_x509::{Attribute, Certificate, ChainError, UnverifiedChain, VerifiedChain};

use crate::{
    RelyingPartyIdentity, ServiceStatus, TrustError, TrustRole, TrustStore, TrustedList, TrustedListEntity,
    TrustedListService,
};

mod issuer;
#[cfg(test)]
mod tests;

/// How the types of person identification data start; only entities of [`TrustRole::PidIssuers`] issue them.
pub const PID_TYPE_PREFIX: &str = "urn:mahfada:pid:";

/// A chain that ends under an authority of a list, with the entity behind it.
struct Standing<'s> {
    chain: VerifiedChain,
    entity: &'s TrustedListEntity,
    /// The services of the entity that name the authority.
    services: Vec<&'s TrustedListService>,
    list_sequence: u64,
}

impl TrustStore {
    /// Decides whether the chain is the access certificate of a relying party, and of which.
    ///
    /// It does not check what the relying party may ask for, nor that it holds the key.
    ///
    /// # Errors
    /// [`TrustError`] naming the first fault; a certificate without organization and identifier is
    /// [`TrustError::UnknownEntity`].
    pub fn trusted_access_certificate(
        &self,
        chain: &UnverifiedChain,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<RelyingPartyIdentity, TrustError> {
        let list = self.current_list(TrustRole::AccessCertificates, at)?;
        let chain = self.verify_chain(list, chain, at, provider)?;
        // The entities of this list are those who certify relying parties, so the leaf names somebody else.
        let services = || list.entities().iter().flat_map(|entity| &entity.services);
        require_none_stopped(chain.anchor(), services())?;
        granted_since(&under(chain.anchor(), services()), at)?;
        let leaf = chain.leaf();
        let (Some(identifier), Some(name)) = (leaf.organization_identifier(), leaf.organization()) else {
            return Err(TrustError::UnknownEntity);
        };
        let (identifier, name) = (identifier.to_owned(), name.to_owned());
        Ok(RelyingPartyIdentity::new(
            &identifier,
            &name,
            chain,
            list.sequence(),
            provider,
        ))
    }

    /// Decides whether the chain is that of a signer of registration certificates; the returned chain's leaf key is
    /// the only one to check its signatures with.
    ///
    /// # Errors
    /// [`TrustError`] naming the first fault.
    pub fn trusted_registration_signer(
        &self,
        chain: &UnverifiedChain,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedChain, TrustError> {
        let standing = self.standing(TrustRole::RegistrationSigners, chain, at, provider)?;
        standing.require_none_stopped()?;
        granted_since(&standing.services, at)?;
        Ok(standing.chain)
    }

    /// Finds the entity behind the chain on the current list of the role; entitlement is the caller's to check.
    fn standing(
        &self,
        role: TrustRole,
        chain: &UnverifiedChain,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<Standing<'_>, TrustError> {
        let list = self.current_list(role, at)?;
        let chain = self.verify_chain(list, chain, at, provider)?;
        let (entity, services) = find_entity(list, &chain)?;
        Ok(Standing {
            chain,
            entity,
            services,
            list_sequence: list.sequence(),
        })
    }

    /// Verifies the chain under the authorities of the list; an authority of nobody is [`TrustError::UnknownEntity`].
    fn verify_chain(
        &self,
        list: &TrustedList,
        chain: &UnverifiedChain,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedChain, TrustError> {
        let services = list.entities().iter().flat_map(|entity| &entity.services);
        let authorities: Vec<&Certificate> = services.flat_map(|service| &service.authorities).collect();
        let profile = list.role().chain_profile();
        chain
            .verify_remembering(&authorities, &profile, at, self.chains(), provider)
            .map_err(|error| match error {
                ChainError::Untrusted => TrustError::UnknownEntity,
                other => TrustError::Chain(other),
            })
    }
}

impl Standing<'_> {
    fn require_none_stopped(&self) -> Result<(), TrustError> {
        require_none_stopped(self.chain.anchor(), &self.entity.services)
    }
}

/// Finds who stands behind the leaf: the entity whose identifier the leaf names, if it stands under that entity's own
/// authority. A leaf that names nobody, or more than one, has nobody behind it (decision D8).
fn find_entity<'s>(
    list: &'s TrustedList,
    chain: &VerifiedChain,
) -> Result<(&'s TrustedListEntity, Vec<&'s TrustedListService>), TrustError> {
    let mut candidates = list
        .entities()
        .iter()
        .map(|entity| (entity, under(chain.anchor(), &entity.services)))
        .filter(|(_, services)| !services.is_empty());
    match chain.leaf().organization_identifier_attribute() {
        Attribute::One(identifier) => candidates
            .find(|(entity, _)| entity.organization_identifier == identifier)
            .ok_or(TrustError::UnknownEntity),
        Attribute::Absent | Attribute::Unusable => Err(TrustError::UnknownEntity),
    }
}

fn under<'s>(
    authority: &Certificate,
    services: impl IntoIterator<Item = &'s TrustedListService>,
) -> Vec<&'s TrustedListService> {
    services
        .into_iter()
        .filter(|service| service.authorities.contains(authority))
        .collect()
}

/// Checks that no service under the authority is suspended or withdrawn: a chain does not say for which of several
/// services its key signs, so one that is stopped stops them all. A renewed certificate of the authority is the same.
fn require_none_stopped<'s>(
    authority: &Certificate,
    services: impl IntoIterator<Item = &'s TrustedListService>,
) -> Result<(), TrustError> {
    let is_stopped = |service: &TrustedListService| {
        let mut authorities = service.authorities.iter();
        service.status != ServiceStatus::Granted && authorities.any(|other| other.has_name_and_key_of(authority))
    };
    if services.into_iter().any(is_stopped) {
        Err(TrustError::Suspended)
    } else {
        Ok(())
    }
}

/// Returns since when the earliest of the services that are granted now is.
fn granted_since(services: &[&TrustedListService], at: UnixTime) -> Result<UnixTime, TrustError> {
    let granted = services.iter().filter(|service| service.is_granted(at));
    granted.map(|service| service.since).min().ok_or(TrustError::Suspended)
}
