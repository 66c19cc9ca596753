//! A small country for tests: officers, a list operator, agencies with their authorities, a registrar.

use std::collections::BTreeMap;
use std::sync::Arc;

use mahfada_base::UnixTime;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{PublicKey, Signer};
use mahfada_jose::Jwk;
use mahfada_x509::{
    Certificate, CertificateKind, CertificateTemplate, SubjectName, UnverifiedChain, eku, issue, self_signed,
};

use crate::{
    ListBuilder, ListMemory, ListSigner, LocalizedText, PinnedRoot, RootDocument, ServiceStatus, TrustRole, TrustStore,
    TrustedListEntity, TrustedListService, VerifiedRoot,
};

pub(crate) const NOW: UnixTime = UnixTime::new(1_795_348_800);
pub(crate) const DAY: i64 = 86_400;
pub(crate) const OPERATOR: &str = "Registre national de confiance";
pub(crate) const DGSN: &str = "NTRMA-DGSN";
pub(crate) const CNSS: &str = "NTRMA-CNSS";
pub(crate) const PID: &str = "urn:mahfada:pid:1";
pub(crate) const RIGHTS: &str = "urn:mahfada:cnss-rights:1";

pub(crate) fn key(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

pub(crate) fn jwk(signer: &Arc<dyn Signer>) -> Jwk {
    Jwk::from_public_key(signer.public_key())
}

pub(crate) fn subject(organization: &str, identifier: Option<&str>) -> SubjectName {
    SubjectName {
        common_name: format!("{organization} test"),
        organization: organization.to_owned(),
        organization_identifier: identifier.map(str::to_owned),
        country: "MA".to_owned(),
    }
}

/// A certificate authority with its key.
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    signer: Arc<dyn Signer>,
    name: &'static str,
}

/// A signer with its chain.
pub(crate) struct Leaf {
    pub(crate) chain: Vec<Certificate>,
    pub(crate) signer: Arc<dyn Signer>,
}

impl Authority {
    pub(crate) fn new(name: &'static str) -> Self {
        let signer = key(name);
        let template = CertificateTemplate {
            subject: subject(name, None),
            kind: CertificateKind::Ca { path_len: Some(0) },
            not_before: NOW.minus(365 * DAY),
            not_after: NOW.plus(3650 * DAY),
        };
        let certificate = self_signed(&template, &*signer, &SeededRandom::new(name), &PROVIDER).unwrap();
        Self {
            certificate,
            signer,
            name,
        }
    }

    pub(crate) fn leaf(&self, purpose: &'static str, subject: SubjectName) -> Leaf {
        let signer = key(&format!("{} {}", self.name, subject.common_name));
        let template = CertificateTemplate {
            subject,
            kind: CertificateKind::Leaf {
                extended_key_usage: purpose,
                dns_names: vec!["verifier.example".to_owned()],
            },
            not_before: NOW.minus(30 * DAY),
            not_after: NOW.plus(365 * DAY),
        };
        let certificate = self.issue(&template, signer.public_key());
        Leaf {
            chain: vec![certificate],
            signer,
        }
    }

    /// Another certificate of the same authority for the same key.
    pub(crate) fn renewed(&self) -> Certificate {
        let template = CertificateTemplate {
            subject: subject(self.name, None),
            kind: CertificateKind::Ca { path_len: Some(0) },
            not_before: NOW.minus(DAY),
            not_after: NOW.plus(4000 * DAY),
        };
        self_signed(&template, &*self.signer, &SeededRandom::new("renewed"), &PROVIDER).unwrap()
    }

    fn issue(&self, template: &CertificateTemplate, public: &PublicKey) -> Certificate {
        issue(
            template,
            public,
            &self.certificate,
            &*self.signer,
            &SeededRandom::new("serial"),
            &PROVIDER,
        )
        .unwrap()
    }
}

impl Leaf {
    pub(crate) fn unverified(&self) -> UnverifiedChain {
        UnverifiedChain::from_certificates(self.chain.clone()).unwrap()
    }
}

pub(crate) struct Country {
    pub(crate) officers: [Arc<dyn Signer>; 3],
    pub(crate) list_authority: Authority,
    pub(crate) dgsn: Authority,
    pub(crate) cnss: Authority,
    pub(crate) shared: Authority,
    pub(crate) access: Authority,
    pub(crate) registrar: Authority,
}

impl Country {
    pub(crate) fn new() -> Self {
        Self {
            officers: ["officer 1", "officer 2", "officer 3"].map(key),
            list_authority: Authority::new("List CA"),
            dgsn: Authority::new("DGSN CA"),
            cnss: Authority::new("CNSS CA"),
            shared: Authority::new("Shared CA"),
            access: Authority::new("Access CA"),
            registrar: Authority::new("Registrar CA"),
        }
    }

    pub(crate) fn authority_of(&self, certificate: &Certificate) -> &Authority {
        let authorities = [&self.dgsn, &self.cnss, &self.access, &self.registrar];
        let mut found = authorities.into_iter();
        found.find(|authority| authority.certificate == *certificate).unwrap()
    }

    pub(crate) fn root(&self) -> RootDocument {
        let signer = ListSigner {
            organization: OPERATOR.to_owned(),
            authority: self.list_authority.certificate.clone(),
        };
        RootDocument {
            version: 1,
            issued_at: NOW.minus(DAY),
            expires: NOW.plus(30 * DAY),
            threshold: 2,
            officers: self.officers.iter().map(jwk).collect(),
            list_signers: TrustRole::ALL
                .into_iter()
                .map(|role| (role, vec![signer.clone()]))
                .collect(),
            least_sequence: BTreeMap::new(),
            registry_base_url: "https://registry.example".to_owned(),
        }
    }

    pub(crate) fn sign_root(&self, document: &RootDocument, officers: &[usize]) -> Vec<u8> {
        let signers: Vec<&dyn Signer> = officers.iter().map(|n| &*self.officers[*n]).collect();
        document.sign(&signers, PROVIDER.digest).unwrap()
    }

    pub(crate) fn verified_root(&self) -> VerifiedRoot {
        PinnedRoot::from_bytes(&self.sign_root(&self.root(), &[0, 1]), &PROVIDER).unwrap()
    }

    pub(crate) fn list_signer(&self) -> Leaf {
        self.list_authority.leaf(eku::LIST_SIGNING, subject(OPERATOR, None))
    }

    pub(crate) fn list(&self, role: TrustRole) -> ListBuilder {
        let entities = match role {
            TrustRole::PidIssuers => vec![entity(DGSN, &self.dgsn, &[PID])],
            TrustRole::AttestationIssuers => vec![
                entity(CNSS, &self.cnss, &[RIGHTS]),
                entity("NTRMA-NARSA", &self.shared, &["urn:mahfada:licence:1"]),
                entity("NTRMA-ANCFCC", &self.shared, &["urn:mahfada:land:1"]),
            ],
            TrustRole::StatusSigners => {
                vec![entity(CNSS, &self.cnss, &[]), entity(DGSN, &self.dgsn, &[])]
            }
            TrustRole::AccessCertificates => vec![entity("NTRMA-ACCESS", &self.access, &[])],
            TrustRole::RegistrationSigners => vec![entity("NTRMA-REGISTRAR", &self.registrar, &[])],
        };
        ListBuilder {
            role,
            sequence: 5,
            operator_name: LocalizedText::new("fr", OPERATOR),
            territory: "MA".to_owned(),
            issued_at: NOW.minus(3600),
            next_update: NOW.plus(DAY),
            entities,
        }
    }

    pub(crate) fn sign_list(&self, list: &ListBuilder) -> String {
        let signer = self.list_signer();
        list.sign(&signer.chain, &*signer.signer, &PROVIDER).unwrap()
    }

    pub(crate) fn empty_store(&self) -> TrustStore {
        TrustStore::new(self.verified_root(), ListMemory::default())
    }

    pub(crate) fn store(&self) -> TrustStore {
        self.store_with(|_| {})
    }

    /// Accepts every list after `change` has had its way with it.
    pub(crate) fn store_with(&self, change: impl Fn(&mut ListBuilder)) -> TrustStore {
        let mut store = self.empty_store();
        for role in TrustRole::ALL {
            let mut list = self.list(role);
            change(&mut list);
            store.accept_list(role, &self.sign_list(&list), NOW, &PROVIDER).unwrap();
        }
        store
    }
}

pub(crate) fn entity(identifier: &str, authority: &Authority, types: &[&str]) -> TrustedListEntity {
    let name = LocalizedText::new("fr", format!("Organisme {identifier}")).with("ar", "مؤسسة");
    TrustedListEntity {
        name: name.clone(),
        organization_identifier: identifier.to_owned(),
        information_uri: "https://agency.example".to_owned(),
        services: vec![TrustedListService {
            name,
            authorities: vec![authority.certificate.clone()],
            status: ServiceStatus::Granted,
            since: NOW.minus(10 * DAY),
            credential_types: types.iter().map(|name| (*name).to_owned()).collect(),
        }],
    }
}
