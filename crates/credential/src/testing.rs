//! A small chain of trust and credentials under it.

use std::collections::BTreeMap;
use std::sync::Arc;

use mahfada_base::UnixTime;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{CryptoProvider, Signer};
use mahfada_jose::JwsBuilder;
use mahfada_x509::{
    Certificate, CertificateKind, CertificateTemplate, ChainProfile, SubjectName, UnverifiedChain, eku, issue,
    self_signed,
};
use serde_json::Value;

use crate::{CredentialType, IssuerTrust, IssuerTrustError, TrustedEntity};

pub(crate) const NOW: UnixTime = UnixTime::new(1_795_348_800);
/// When every entity was granted its service: ten days ago, an hour into the day.
pub(crate) const SINCE: UnixTime = UnixTime::new(NOW.start_of_day().seconds() - 10 * 86_400 + 3_600);
pub(crate) const PID: &str = "urn:mahfada:pid:1";
pub(crate) const CNSS: &str = "urn:mahfada:cnss-rights:1";
pub(crate) const DGSN_ID: &str = "NTRMA-DGSN";
pub(crate) const CNSS_ID: &str = "NTRMA-CNSS";
pub(crate) const STATUS_URI: &str = "https://issuer.example/pid/status/1";

pub(crate) fn key(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

fn template(name: &str, organization: &str, kind: CertificateKind) -> CertificateTemplate {
    CertificateTemplate {
        subject: SubjectName {
            common_name: name.to_owned(),
            organization: organization.to_owned(),
            organization_identifier: Some(organization.to_owned()),
            country: "MA".to_owned(),
        },
        kind,
        not_before: NOW.minus(86_400),
        not_after: NOW.plus(365 * 86_400),
    }
}

pub(crate) fn authority(seed: &str) -> Certificate {
    let template = template(seed, "Registry", CertificateKind::Ca { path_len: Some(0) });
    self_signed(&template, &*key(seed), &SeededRandom::new(seed), &PROVIDER).unwrap()
}

/// Returns a leaf of the authority for the key of the same seed as its name.
pub(crate) fn leaf(
    authority_seed: &str,
    name: &str,
    organization: &str,
    extended_key_usage: &'static str,
) -> Certificate {
    let kind = CertificateKind::Leaf {
        extended_key_usage,
        dns_names: vec!["issuer.example".to_owned()],
    };
    let template = template(name, organization, kind);
    issue(
        &template,
        key(name).public_key(),
        &authority(authority_seed),
        &*key(authority_seed),
        &SeededRandom::new(name),
        &PROVIDER,
    )
    .unwrap()
}

/// The chain of the issuer of PIDs, signing with `key("dgsn")`.
pub(crate) fn issuer_chain() -> Certificate {
    leaf("ca", "dgsn", DGSN_ID, eku::CREDENTIAL_SIGNING)
}

/// Trusts the authority `ca`; the police may issue PIDs, the fund its own type.
#[derive(Debug)]
pub(crate) struct TestTrust;

impl TestTrust {
    fn entity(
        chain: &UnverifiedChain,
        profile: &ChainProfile,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError> {
        let chain = chain.verify(&[authority("ca")], profile, at, provider)?;
        let organization = chain.leaf().organization_identifier().unwrap().to_owned();
        let name = BTreeMap::from([("fr".to_owned(), format!("Organisme {organization}"))]);
        Ok(TrustedEntity::new(name, organization, chain, 7, SINCE))
    }
}

impl IssuerTrust for TestTrust {
    fn trusted_issuer(
        &self,
        chain: &UnverifiedChain,
        credential_type: &CredentialType,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError> {
        let entity = Self::entity(chain, &ChainProfile::credential_signer(), at, provider)?;
        match (entity.organization_identifier(), credential_type.as_str()) {
            (DGSN_ID, PID) | (CNSS_ID, CNSS) => Ok(entity),
            _ => Err(IssuerTrustError::NotEntitled),
        }
    }

    fn trusted_status_signer(
        &self,
        chain: &UnverifiedChain,
        issuer_organization: &str,
        at: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<TrustedEntity, IssuerTrustError> {
        let entity = Self::entity(chain, &ChainProfile::status_signer(), at, provider)?;
        if entity.organization_identifier() == issuer_organization {
            Ok(entity)
        } else {
            Err(IssuerTrustError::NotEntitled)
        }
    }
}

pub(crate) fn credential(claims: &Value, chain: &[Certificate], signer: &str) -> String {
    let builder = JwsBuilder::new("dc+sd-jwt").x5c(chain);
    format!("{}~", builder.sign(claims, &*key(signer)).unwrap())
}
