//! An issuer, a citizen and the trusted lists that know the issuer.

use std::collections::BTreeMap;
use std::sync::Arc;

use mahfada_base::UnixTime;
use mahfada_crypto::Signer;
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_jose::Jwk;
use mahfada_trust::{
    ListBuilder, ListMemory, ListSigner, LocalizedText, PinnedRoot, RootDocument, ServiceStatus, TrustRole, TrustStore,
    TrustedListEntity, TrustedListService,
};
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, eku, issue, self_signed};

use crate::measure::Failure;

/// The time of every check: 2026-11-22.
pub(crate) const NOW: UnixTime = UnixTime::new(1_795_348_800);
/// The type of the credential.
pub(crate) const VCT: &str = "urn:mahfada:pid:1";
const DAY: i64 = 86_400;
const OPERATOR: &str = "Registre national de confiance";
const ISSUER: &str = "NTRMA-DGSN";

/// Everybody whom one credential needs.
pub(crate) struct Country {
    pub(crate) issuer: Leaf,
    pub(crate) holder: Arc<dyn Signer>,
    pub(crate) trust: TrustStore,
}

/// A signer with its certificate.
pub(crate) struct Leaf {
    pub(crate) chain: Vec<Certificate>,
    pub(crate) signer: Arc<dyn Signer>,
}

struct Authority {
    certificate: Certificate,
    signer: Arc<dyn Signer>,
}

impl Country {
    /// Draws keys, certificates and lists.
    pub(crate) fn new() -> Result<Self, Failure> {
        let (lists, issuers) = (Authority::new("List CA")?, Authority::new("Issuer CA")?);
        let issuer = issuers.leaf(eku::CREDENTIAL_SIGNING, ISSUER)?;
        let list_signer = lists.leaf(eku::LIST_SIGNING, OPERATOR)?;
        let root = PinnedRoot::from_bytes(&root(&lists.certificate)?, &PROVIDER)?;
        let mut trust = TrustStore::new(root, ListMemory::default());
        let list = pid_issuers(&issuers.certificate).sign(&list_signer.chain, &*list_signer.signer, &PROVIDER)?;
        trust.accept_list(TrustRole::PidIssuers, &list, NOW, &PROVIDER)?;
        Ok(Self {
            issuer,
            holder: PROVIDER.keys.generate_es256(&SystemRandom)?,
            trust,
        })
    }
}

impl Authority {
    fn new(name: &str) -> Result<Self, Failure> {
        let signer = PROVIDER.keys.generate_es256(&SystemRandom)?;
        let template = template(name, CertificateKind::Ca { path_len: Some(0) });
        let certificate = self_signed(&template, &*signer, &SystemRandom, &PROVIDER)?;
        Ok(Self { certificate, signer })
    }

    fn leaf(&self, purpose: &'static str, organization: &str) -> Result<Leaf, Failure> {
        let signer = PROVIDER.keys.generate_es256(&SystemRandom)?;
        let kind = CertificateKind::Leaf {
            extended_key_usage: purpose,
            dns_names: Vec::new(),
        };
        let template = template(organization, kind);
        let certificate = issue(
            &template,
            signer.public_key(),
            &self.certificate,
            &*self.signer,
            &SystemRandom,
            &PROVIDER,
        )?;
        Ok(Leaf {
            chain: vec![certificate],
            signer,
        })
    }
}

fn template(organization: &str, kind: CertificateKind) -> CertificateTemplate {
    CertificateTemplate {
        subject: SubjectName {
            common_name: format!("{organization} bench"),
            organization: organization.to_owned(),
            organization_identifier: Some(organization.to_owned()),
            country: "MA".to_owned(),
        },
        kind,
        not_before: NOW.minus(30 * DAY),
        not_after: NOW.plus(365 * DAY),
    }
}

fn root(list_authority: &Certificate) -> Result<Vec<u8>, Failure> {
    let officer = PROVIDER.keys.generate_es256(&SystemRandom)?;
    let signer = ListSigner {
        organization: OPERATOR.to_owned(),
        authority: list_authority.clone(),
    };
    let document = RootDocument {
        version: 1,
        issued_at: NOW.minus(DAY),
        expires: NOW.plus(30 * DAY),
        threshold: 1,
        officers: vec![Jwk::from_public_key(officer.public_key())],
        list_signers: TrustRole::ALL
            .into_iter()
            .map(|role| (role, vec![signer.clone()]))
            .collect(),
        least_sequence: BTreeMap::new(),
        registry_base_url: "https://registry.example".to_owned(),
    };
    Ok(document.sign(&[&*officer], PROVIDER.digest)?)
}

fn pid_issuers(authority: &Certificate) -> ListBuilder {
    let name = LocalizedText::new("fr", "Direction générale de la sûreté nationale");
    ListBuilder {
        role: TrustRole::PidIssuers,
        sequence: 1,
        operator_name: LocalizedText::new("fr", OPERATOR),
        territory: "MA".to_owned(),
        issued_at: NOW.minus(3_600),
        next_update: NOW.plus(DAY),
        entities: vec![TrustedListEntity {
            name: name.clone(),
            organization_identifier: ISSUER.to_owned(),
            information_uri: "https://dgsn.example".to_owned(),
            services: vec![TrustedListService {
                name,
                authorities: vec![authority.clone()],
                status: ServiceStatus::Granted,
                since: NOW.minus(10 * DAY),
                credential_types: vec![VCT.to_owned()],
            }],
        }],
    }
}
