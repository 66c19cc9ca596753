//! Officers, lists, authorities and the certificates under them.

use std::collections::BTreeMap;
use std::sync::Arc;

use mahfada_base::UnixTime;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{Random, Signer};
use mahfada_jose::Jwk;
use mahfada_trust::{
    ListBuilder, ListMemory, ListSigner, LocalizedText, PinnedRoot, RootDocument, ServiceStatus, TrustRole, TrustStore,
    TrustedListEntity, TrustedListService,
};
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, eku, issue, self_signed};

use crate::{AnchorsByHand, Context, Trust};

pub(crate) const NOW: UnixTime = UnixTime::new(1_795_348_800);
pub(crate) const DAY: i64 = 86_400;
pub(crate) const DGSN: &str = "NTRMA-DGSN";
pub(crate) const CNSS: &str = "NTRMA-CNSS";
/// A second organization that may issue the same types as [`DGSN`].
pub(crate) const TWIN: &str = "NTRMA-TWIN";
pub(crate) const PID: &str = "urn:mahfada:pid:1";
/// A second type that [`DGSN`] may issue.
pub(crate) const PID_2: &str = "urn:mahfada:pid:2";
pub(crate) const RIGHTS: &str = "urn:mahfada:cnss-rights:1";
pub(crate) const REGISTRY: &str = "https://registry.example";
const OPERATOR: &str = "Registre national de confiance";

pub(crate) fn key(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

/// A signer with its chain.
#[derive(Clone)]
pub(crate) struct Leaf {
    pub(crate) chain: Vec<Certificate>,
    pub(crate) signer: Arc<dyn Signer>,
}

fn subject(organization: &str) -> SubjectName {
    SubjectName {
        common_name: format!("{organization} test"),
        organization: organization.to_owned(),
        organization_identifier: Some(organization.to_owned()),
        country: "MA".to_owned(),
    }
}

/// Returns the certificate of the authority whose key has the same seed as its name.
pub(crate) fn authority(name: &str) -> Certificate {
    let template = CertificateTemplate {
        subject: subject(name),
        kind: CertificateKind::Ca { path_len: Some(0) },
        not_before: NOW.minus(365 * DAY),
        not_after: NOW.plus(3650 * DAY),
    };
    self_signed(&template, &*key(name), &SeededRandom::new(name), &PROVIDER).unwrap()
}

/// Returns a signer of an organization under an authority.
pub(crate) fn leaf(authority_name: &str, purpose: &'static str, organization: &str) -> Leaf {
    leaf_of_host(authority_name, purpose, organization, "verifier.example")
}

/// Returns a signer whose certificate names a host.
pub(crate) fn leaf_of_host(authority_name: &str, purpose: &'static str, organization: &str, host: &str) -> Leaf {
    let seed = format!("{authority_name} {purpose} {organization}");
    let template = CertificateTemplate {
        subject: subject(organization),
        kind: CertificateKind::Leaf {
            extended_key_usage: purpose,
            dns_names: vec![host.to_owned()],
        },
        not_before: NOW.minus(30 * DAY),
        not_after: NOW.plus(365 * DAY),
    };
    let signer = key(&seed);
    let random = SeededRandom::new(&seed);
    let (ca, ca_key) = (authority(authority_name), key(authority_name));
    let certificate = issue(&template, signer.public_key(), &ca, &*ca_key, &random, &PROVIDER).unwrap();
    Leaf {
        chain: vec![certificate],
        signer,
    }
}

pub(crate) fn credential_signer(organization: &str) -> Leaf {
    leaf(&format!("{organization} CA"), eku::CREDENTIAL_SIGNING, organization)
}

fn entity(organization: &str, ca: &str, types: &[&str]) -> TrustedListEntity {
    let name = LocalizedText::new("fr", format!("Organisme {organization}")).with("ar", "مؤسسة");
    TrustedListEntity {
        name: name.clone(),
        organization_identifier: organization.to_owned(),
        information_uri: "https://agency.example".to_owned(),
        services: vec![TrustedListService {
            name,
            authorities: vec![authority(ca)],
            status: ServiceStatus::Granted,
            since: NOW.minus(10 * DAY),
            credential_types: types.iter().map(|name| (*name).to_owned()).collect(),
        }],
    }
}

pub(crate) fn root_document(version: u64) -> RootDocument {
    let signer = ListSigner {
        organization: OPERATOR.to_owned(),
        authority: authority("List CA"),
    };
    let officers = ["officer 1", "officer 2"].map(key);
    RootDocument {
        version,
        issued_at: NOW.minus(DAY),
        expires: NOW.plus(30 * DAY),
        threshold: 2,
        officers: officers
            .iter()
            .map(|key| Jwk::from_public_key(key.public_key()))
            .collect(),
        list_signers: TrustRole::ALL
            .into_iter()
            .map(|role| (role, vec![signer.clone()]))
            .collect(),
        least_sequence: BTreeMap::new(),
        registry_base_url: REGISTRY.to_owned(),
    }
}

pub(crate) fn root_bytes(version: u64) -> Vec<u8> {
    let officers = ["officer 1", "officer 2"].map(key);
    let signers: Vec<&dyn Signer> = officers.iter().map(|key| &**key).collect();
    root_document(version).sign(&signers, PROVIDER.digest).unwrap()
}

pub(crate) fn list(role: TrustRole, sequence: u64) -> String {
    let entities = match role {
        TrustRole::PidIssuers => vec![
            entity(DGSN, "NTRMA-DGSN CA", &[PID, PID_2]),
            entity(TWIN, "NTRMA-TWIN CA", &[PID]),
        ],
        TrustRole::AttestationIssuers => vec![entity(CNSS, "NTRMA-CNSS CA", &[RIGHTS])],
        TrustRole::StatusSigners => Vec::new(),
        TrustRole::AccessCertificates => vec![entity("NTRMA-ACCESS", "Access CA", &[])],
        TrustRole::RegistrationSigners => vec![entity("NTRMA-REGISTRAR", "Registrar CA", &[])],
    };
    let list = ListBuilder {
        role,
        sequence,
        operator_name: LocalizedText::new("fr", OPERATOR),
        territory: "MA".to_owned(),
        issued_at: NOW.minus(3600),
        next_update: NOW.plus(DAY),
        entities,
    };
    let signer = leaf("List CA", eku::LIST_SIGNING, OPERATOR);
    list.sign(&signer.chain, &*signer.signer, &PROVIDER).unwrap()
}

pub(crate) fn empty_trust() -> TrustStore {
    let root = PinnedRoot::from_bytes(&root_bytes(1), &PROVIDER).unwrap();
    TrustStore::new(root, ListMemory::default())
}

/// What flows are driven with.
pub(crate) struct World {
    pub(crate) trust: TrustStore,
    pub(crate) random: Box<dyn Random>,
    pub(crate) now: UnixTime,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut trust = empty_trust();
        for role in TrustRole::ALL {
            trust.accept_list(role, &list(role, 1), NOW, &PROVIDER).unwrap();
        }
        Self {
            trust,
            random: Box::new(SeededRandom::new("wallet")),
            now: NOW,
        }
    }

    /// Returns a context in which these anchors are believed beside the registry.
    pub(crate) fn context_beside<'w>(&'w self, anchors: &'w AnchorsByHand) -> Context<'w> {
        let registry = Some(&self.trust);
        Context {
            trust: Trust::AnchorsByHand { anchors, registry },
            ..self.context()
        }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            now: self.now,
            random: &*self.random,
            crypto: &PROVIDER,
            trust: Trust::Registry(&self.trust),
        }
    }
}
