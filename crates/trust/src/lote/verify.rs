//! From signed text to a list that may be relied on.

use mahfada_base::{CLOCK_SKEW, Seconds, UnixTime};
use mahfada_crypto::{CryptoProvider, SignatureAlgorithm};
use mahfada_jose::Expectation;
use mahfada_x509::{Certificate, ChainError, ChainProfile, VerifiedChain};

use super::{LIST_TYP, TrustedList, UnverifiedList, VerifiedJws, wire};
use crate::{ListError, ListSigner, TrustRole, TrustedListEntity, VerifiedRoot};

/// How long a list may be good for: 72 hours, in seconds (decision D8).
pub const LONGEST_LIST_LIFE: Seconds = 72 * 3600;

const ALGORITHMS: &[SignatureAlgorithm] = &[SignatureAlgorithm::Es256, SignatureAlgorithm::Es384];

impl UnverifiedList {
    /// Checks signer, signature, role, names and times. Sequence numbers are the store's to check.
    pub(crate) fn verify(
        self,
        role: TrustRole,
        root: &VerifiedRoot,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedList, ListError> {
        let (chain, signed_under) = self.find_signer(root.document().list_signers(role), now, provider)?;
        let expectation = Expectation {
            typ: &[LIST_TYP],
            algorithms: ALGORITHMS,
        };
        let jws = self
            .0
            .verify(chain.leaf_key(), &expectation, provider)
            .map_err(ListError::Signature)?;
        read(&jws, role, &chain, signed_under, now, provider)
    }

    fn find_signer(
        &self,
        signers: &[ListSigner],
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<(VerifiedChain, ListSigner), ListError> {
        let chain = self.chain()?;
        let authorities: Vec<Certificate> = signers.iter().map(|signer| signer.authority.clone()).collect();
        let verified = chain
            .verify(&authorities, &ChainProfile::list_signer(), now, provider)
            .map_err(|error: ChainError| ListError::Signer(Some(error)))?;
        let organization = verified.leaf().organization();
        let signer = signers
            .iter()
            .find(|signer| signer.authority == *verified.anchor() && Some(signer.organization.as_str()) == organization)
            .cloned()
            .ok_or(ListError::Signer(None))?;
        Ok((verified, signer))
    }
}

fn read(
    jws: &VerifiedJws,
    role: TrustRole,
    chain: &VerifiedChain,
    signed_under: ListSigner,
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<TrustedList, ListError> {
    let payload: wire::Payload = jws.claims().map_err(ListError::malformed)?;
    let scheme = payload.list.list_and_scheme_information;
    if scheme.version != wire::VERSION || scheme.sequence == 0 {
        return Err(ListError::malformed("unknown version or sequence number 0"));
    }
    if scheme.list_type != role.lote_type_uri() {
        return Err(ListError::Role);
    }
    check_signer_name(&scheme, chain.leaf())?;
    let (issued_at, next_update) = check_times(&scheme, now)?;
    Ok(TrustedList {
        role,
        sequence: scheme.sequence,
        issued_at,
        next_update,
        entities: read_entities(payload.list.trusted_entities_list, role)?,
        signed_under,
        sha256: provider.digest.sha256(jws.payload()),
    })
}

/// The signer's certificate has O and C equal to a name of the operator and the territory (TS 119 602 §6.8).
fn check_signer_name(scheme: &wire::Scheme, signer: &Certificate) -> Result<(), ListError> {
    let names_operator = signer
        .organization()
        .is_some_and(|name| scheme.operator_name.contains(name));
    let names_territory = signer.country() == Some(scheme.territory.as_str());
    if names_operator && names_territory {
        Ok(())
    } else {
        Err(ListError::SignerName)
    }
}

fn check_times(scheme: &wire::Scheme, now: UnixTime) -> Result<(UnixTime, UnixTime), ListError> {
    let time = |text| UnixTime::from_rfc3339(text).ok_or_else(|| ListError::malformed("not a time in UTC"));
    let (issued_at, next_update) = (time(&scheme.list_issue_date_time)?, time(&scheme.next_update)?);
    if issued_at > now.plus(CLOCK_SKEW) {
        return Err(ListError::NotYetIssued);
    }
    if !(0..=LONGEST_LIST_LIFE).contains(&next_update.since(issued_at)) {
        return Err(ListError::Period);
    }
    if next_update.plus(CLOCK_SKEW) < now {
        Err(ListError::Expired)
    } else {
        Ok((issued_at, next_update))
    }
}

/// One identifier stands once: two entries would let one speak for the other's suspension.
fn read_entities(entities: Vec<wire::Entity>, role: TrustRole) -> Result<Vec<TrustedListEntity>, ListError> {
    let service_type = role.service_type_uri();
    let mut read: Vec<TrustedListEntity> = Vec::with_capacity(entities.len());
    for entity in entities {
        let entity = entity
            .read(&service_type)
            .ok_or_else(|| ListError::malformed("an entity makes no sense"))?;
        if read
            .iter()
            .any(|other| other.organization_identifier == entity.organization_identifier)
        {
            return Err(ListError::malformed("two entities have the same identifier"));
        }
        read.push(entity);
    }
    Ok(read)
}
