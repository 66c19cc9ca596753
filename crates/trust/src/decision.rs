//! The trust decision: chain → role → entity → entitlement → time (decision D8).

use mahfada_base::UnixTime;
use mahfada_crypto::CryptoProvider;
use mahfada_x509::{Certificate, ChainError, UnverifiedChain, VerifiedChain};

use crate::{
    RelyingPartyIdentity, TrustError, TrustRole, TrustStore, TrustedList, TrustedListEntity,
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
        let chain = verify_chain(list, chain, at, provider)?;
        // The entities of this list are those who certify relying parties, so the leaf names somebody else.
        let services = list.entities().iter().flat_map(|entity| &entity.services);
        require_granted(&under(chain.anchor(), services), at)?;
        let leaf = chain.leaf();
        let (Some(identifier), Some(name)) = (leaf.organization_identifier(), leaf.organization())
        else {
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
        require_granted(&standing.services, at)?;
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
        let chain = verify_chain(list, chain, at, provider)?;
        let (entity, services) = find_entity(list, &chain)?;
        Ok(Standing {
            chain,
            entity,
            services,
            list_sequence: list.sequence(),
        })
    }
}

fn verify_chain(
    list: &TrustedList,
    chain: &UnverifiedChain,
    at: UnixTime,
    provider: &CryptoProvider,
) -> Result<VerifiedChain, TrustError> {
    let services = list.entities().iter().flat_map(|entity| &entity.services);
    let authorities: Vec<Certificate> = services
        .flat_map(|service| service.authorities.iter().cloned())
        .collect();
    chain
        .verify(&authorities, &list.role().chain_profile(), at, provider)
        .map_err(|error| match error {
            ChainError::Untrusted => TrustError::UnknownEntity,
            other => TrustError::Chain(other),
        })
}

/// Finds who stands behind the leaf: the entity whose identifier the leaf names, or, when the leaf names none, the only
/// entity under its authority.
fn find_entity<'s>(
    list: &'s TrustedList,
    chain: &VerifiedChain,
) -> Result<(&'s TrustedListEntity, Vec<&'s TrustedListService>), TrustError> {
    let mut candidates = list
        .entities()
        .iter()
        .map(|entity| (entity, under(chain.anchor(), &entity.services)))
        .filter(|(_, services)| !services.is_empty());
    if let Some(identifier) = chain.leaf().organization_identifier() {
        return candidates
            .find(|(entity, _)| entity.organization_identifier == identifier)
            .ok_or(TrustError::UnknownEntity);
    }
    match (candidates.next(), candidates.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(TrustError::UnknownEntity),
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

fn require_granted(services: &[&TrustedListService], at: UnixTime) -> Result<(), TrustError> {
    if services.iter().any(|service| service.is_granted(at)) {
        Ok(())
    } else {
        Err(TrustError::Suspended)
    }
}
