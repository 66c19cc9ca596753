//! Credentials and a small country for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use mahfada_base::{ClaimsPath, UnixTime};
use mahfada_credential::{Claims, CredentialFormat, CredentialType};
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{AgreementKey, Signer};
use mahfada_jose::Jwk;
use mahfada_trust::{
    ListBuilder, ListMemory, ListSigner, LocalizedText, PinnedRoot, RegisteredClaim, RegisteredCredential,
    RegisteredMeta, RegistrationCertificate, RootDocument, ServiceStatus, TrustRole, TrustStore, TrustedListEntity,
    TrustedListService,
};
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, eku, issue, self_signed};
use serde_json::{Value, json};

use crate::{ClientMetadata, DcqlQuery, RequestObject, VerifierInfo};

pub(crate) const NOW: UnixTime = UnixTime::new(1_795_348_800);
pub(crate) const DAY: i64 = 86_400;
pub(crate) const BANK: &str = "NTRMA-BANK";
pub(crate) const PID: &str = "urn:mahfada:pid:1";
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj-0S6_WzA2Mj";
const OPERATOR: &str = "Registre national de confiance";

pub(crate) fn path(value: Value) -> ClaimsPath {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn query(value: &Value) -> DcqlQuery {
    DcqlQuery::parse(value).unwrap()
}

/// A credential of a wallet.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) credential_type: CredentialType,
    pub(crate) value: Value,
}

impl Held {
    pub(crate) fn new(vct: &str, value: Value) -> Self {
        Self {
            credential_type: CredentialType::new(vct),
            value,
        }
    }

    pub(crate) fn claims(&self) -> Claims<'_> {
        Claims {
            format: CredentialFormat::DcSdJwt,
            credential_type: &self.credential_type,
            value: &self.value,
        }
    }
}

pub(crate) fn key(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

pub(crate) fn agreement_key(seed: &str) -> Box<dyn AgreementKey> {
    PROVIDER.agreement.generate(&SeededRandom::new(seed)).unwrap()
}

pub(crate) struct Authority {
    certificate: Certificate,
    signer: Arc<dyn Signer>,
}

#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) chain: Vec<Certificate>,
    pub(crate) signer: Arc<dyn Signer>,
}

fn template(organization: &str, identifier: Option<&str>, kind: CertificateKind) -> CertificateTemplate {
    CertificateTemplate {
        subject: SubjectName {
            common_name: format!("{organization} test"),
            organization: organization.to_owned(),
            organization_identifier: identifier.map(str::to_owned),
            country: "MA".to_owned(),
        },
        kind,
        not_before: NOW.minus(30 * DAY),
        not_after: NOW.plus(365 * DAY),
    }
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let signer = key(name);
        let template = template(name, None, CertificateKind::Ca { path_len: Some(0) });
        let certificate = self_signed(&template, &*signer, &SeededRandom::new(name), &PROVIDER).unwrap();
        Self { certificate, signer }
    }

    pub(crate) fn leaf(&self, purpose: &'static str, organization: &str, identifier: Option<&str>) -> Leaf {
        let signer = key(&format!("{purpose} {organization}"));
        let dns_names = vec!["verifier.example".to_owned()];
        let kind = CertificateKind::Leaf {
            extended_key_usage: purpose,
            dns_names,
        };
        let template = template(organization, identifier, kind);
        let random = SeededRandom::new("serial");
        let certificate = issue(
            &template,
            signer.public_key(),
            &self.certificate,
            &*self.signer,
            &random,
            &PROVIDER,
        )
        .unwrap();
        Leaf {
            chain: vec![certificate],
            signer,
        }
    }
}

/// A relying party with everything it needs, and the wallet's trust store.
pub(crate) struct Country {
    pub(crate) store: TrustStore,
    pub(crate) access: Leaf,
    registrar: Leaf,
}

impl Country {
    pub(crate) fn new() -> Self {
        let lists = Authority::new("List CA");
        let (access, registrar) = (Authority::new("Access CA"), Authority::new("Registrar CA"));
        let mut store = empty_store(&lists);
        let signer = lists.leaf(eku::LIST_SIGNING, OPERATOR, None);
        for (role, authority) in [
            (TrustRole::AccessCertificates, &access),
            (TrustRole::RegistrationSigners, &registrar),
        ] {
            let list = list(role, authority)
                .sign(&signer.chain, &*signer.signer, &PROVIDER)
                .unwrap();
            store.accept_list(role, &list, NOW, &PROVIDER).unwrap();
        }
        Self {
            store,
            access: access.leaf(eku::ACCESS, "Banque", Some(BANK)),
            registrar: registrar.leaf(
                eku::REGISTRATION_SIGNING,
                "Registre",
                Some(&entity(TrustRole::RegistrationSigners)),
            ),
        }
    }

    pub(crate) fn client_id(&self) -> String {
        let hash = self.access.chain[0].sha256(PROVIDER.digest);
        format!("x509_hash:{}", mahfada_base::base64url::encode(hash))
    }

    pub(crate) fn sign_registration(&self, certificate: &RegistrationCertificate) -> String {
        certificate
            .sign(&self.registrar.chain, &*self.registrar.signer)
            .unwrap()
    }

    pub(crate) fn request(&self) -> RequestObject {
        let encryption = agreement_key("encryption");
        RequestObject {
            client_id: self.client_id(),
            response_uri: "https://verifier.example/responses/1".to_owned(),
            nonce: NONCE.to_owned(),
            state: Some("af0ifjsldkj".to_owned()),
            dcql_query: query(&pid_query()),
            client_metadata: ClientMetadata::new(*encryption.public_key(), "ephemeral-1"),
            verifier_info: vec![VerifierInfo::registration(self.sign_registration(&registration()))],
            wallet_nonce: None,
            iat: NOW,
            exp: NOW.plus(120),
        }
    }
}

pub(crate) fn pid_query() -> Value {
    json!({"credentials": [{
        "id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]},
        "claims": [{"path": ["family_name"]}, {"path": ["address", "locality"]}]
    }]})
}

pub(crate) fn registration() -> RegistrationCertificate {
    let claim = |value| RegisteredClaim { path: path(value) };
    RegistrationCertificate {
        name: "Banque".to_owned(),
        sub: BANK.to_owned(),
        country: "MA".to_owned(),
        registry_uri: "https://registry.example".to_owned(),
        srv_description: LocalizedText::new("fr", "Ouverture de compte"),
        entitlements: Vec::new(),
        privacy_policy: "https://bank.example/privacy".to_owned(),
        support_uri: String::new(),
        supervisory_authority: None,
        purpose: LocalizedText::new("fr", "Connaître le client"),
        credentials: vec![RegisteredCredential {
            format: "dc+sd-jwt".to_owned(),
            meta: RegisteredMeta {
                vct_values: vec![PID.to_owned()],
            },
            claim: vec![claim(json!(["family_name"])), claim(json!(["address"]))],
        }],
        intended_use_id: None,
        iat: NOW.minus(DAY),
        exp: NOW.plus(100 * DAY),
    }
}

fn empty_store(lists: &Authority) -> TrustStore {
    let officer = key("officer");
    let signer = ListSigner {
        organization: OPERATOR.to_owned(),
        authority: lists.certificate.clone(),
    };
    let roles = [TrustRole::AccessCertificates, TrustRole::RegistrationSigners];
    let root = RootDocument {
        version: 1,
        issued_at: NOW.minus(DAY),
        expires: NOW.plus(30 * DAY),
        threshold: 1,
        officers: vec![Jwk::from_public_key(officer.public_key())],
        list_signers: roles.into_iter().map(|role| (role, vec![signer.clone()])).collect(),
        least_sequence: BTreeMap::new(),
        registry_base_url: "https://registry.example".to_owned(),
    };
    let bytes = root.sign(&[&*officer], PROVIDER.digest).unwrap();
    TrustStore::new(
        PinnedRoot::from_bytes(&bytes, &PROVIDER).unwrap(),
        ListMemory::default(),
    )
}

/// The identifier of the entity that a list names.
fn entity(role: TrustRole) -> String {
    format!("NTRMA-{}", role.slug())
}

fn list(role: TrustRole, authority: &Authority) -> ListBuilder {
    let name = LocalizedText::new("fr", role.slug());
    let service = TrustedListService {
        name: name.clone(),
        authorities: vec![authority.certificate.clone()],
        status: ServiceStatus::Granted,
        since: NOW.minus(DAY),
        credential_types: Vec::new(),
    };
    ListBuilder {
        role,
        sequence: 1,
        operator_name: LocalizedText::new("fr", OPERATOR),
        territory: "MA".to_owned(),
        issued_at: NOW.minus(3600),
        next_update: NOW.plus(DAY),
        entities: vec![TrustedListEntity {
            name,
            organization_identifier: entity(role),
            information_uri: "https://agency.example".to_owned(),
            services: vec![service],
        }],
    }
}
