//! A small country with fixed keys: officers, a list operator, an issuer, a status signer, a relying party, a registrar.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use mahfada_base::{ClaimsPath, UnixTime};
use mahfada_crypto::Signer;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_jose::Jwk;
use mahfada_trust::{
    ListBuilder, ListMemory, ListSigner, LocalizedText, PinnedRoot, RegisteredClaim, RegisteredCredential,
    RegisteredMeta, RegistrationCertificate, RootDocument, ServiceStatus, TrustRole, TrustStore, TrustedListEntity,
    TrustedListService,
};
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, eku, issue, self_signed};
use serde_json::{Value, json};

pub(crate) const NOW: UnixTime = UnixTime::new(1_795_348_800);
pub(crate) const DAY: i64 = 86_400;
pub(crate) const BANK: &str = "NTRMA-BANK";
pub(crate) const AGENCY: &str = "NTRMA-DGSN";
pub(crate) const PID: &str = "urn:mahfada:pid:1";
const OPERATOR: &str = "Registre national de confiance";

/// The country of every target.
pub(crate) static COUNTRY: LazyLock<Country> = LazyLock::new(Country::new);

/// The key of the one credential.
pub(crate) static HOLDER: LazyLock<Arc<dyn Signer>> = LazyLock::new(|| key("holder"));

pub(crate) fn key(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

pub(crate) fn path(value: Value) -> ClaimsPath {
    serde_json::from_value(value).unwrap()
}

/// A signer with its chain.
pub(crate) struct Leaf {
    pub(crate) chain: Vec<Certificate>,
    pub(crate) signer: Arc<dyn Signer>,
}

pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    signer: Arc<dyn Signer>,
}

pub(crate) struct Country {
    pub(crate) officers: [Arc<dyn Signer>; 3],
    pub(crate) root: RootDocument,
    pub(crate) pinned: Vec<u8>,
    /// Knows the root and every list.
    pub(crate) store: TrustStore,
    /// Knows the root only.
    pub(crate) empty_store: TrustStore,
    pub(crate) operator: Leaf,
    pub(crate) authority: Authority,
    pub(crate) issuer: Leaf,
    pub(crate) status_signer: Leaf,
    pub(crate) access: Leaf,
    pub(crate) registrar: Leaf,
}

impl Country {
    fn new() -> Self {
        let officers = ["officer 1", "officer 2", "officer 3"].map(key);
        let lists = Authority::new("List CA");
        let authority = Authority::new("Agency CA");
        let root = root(&officers, &lists);
        let signers: Vec<&dyn Signer> = officers.iter().take(2).map(AsRef::as_ref).collect();
        let pinned = root.sign(&signers, PROVIDER.digest).unwrap();
        let empty_store = TrustStore::new(
            PinnedRoot::from_bytes(&pinned, &PROVIDER).unwrap(),
            ListMemory::default(),
        );
        let operator = lists.leaf(eku::LIST_SIGNING, OPERATOR, None);
        let mut store = empty_store.clone();
        for role in TrustRole::ALL {
            let text = list(role, &authority)
                .sign(&operator.chain, &*operator.signer, &PROVIDER)
                .unwrap();
            store.accept_list(role, &text, NOW, &PROVIDER).unwrap();
        }
        Self {
            officers,
            root,
            pinned,
            store,
            empty_store,
            operator,
            issuer: authority.leaf(eku::CREDENTIAL_SIGNING, "Police", Some(AGENCY)),
            status_signer: authority.leaf(eku::STATUS_SIGNING, "Police", Some(AGENCY)),
            access: authority.leaf(eku::ACCESS, "Banque", Some(BANK)),
            registrar: authority.leaf(eku::REGISTRATION_SIGNING, "Registre", Some(AGENCY)),
            authority,
        }
    }

    pub(crate) fn client_id(&self) -> String {
        let hash = self.access.chain.first().unwrap().sha256(PROVIDER.digest);
        format!("x509_hash:{}", mahfada_base::base64url::encode(hash))
    }
}

impl Authority {
    fn new(name: &str) -> Self {
        let signer = key(name);
        let template = template(name, None, CertificateKind::Ca { path_len: Some(0) });
        let certificate = self_signed(&template, &*signer, &SeededRandom::new(name), &PROVIDER).unwrap();
        Self { certificate, signer }
    }

    pub(crate) fn leaf(&self, purpose: &'static str, organization: &str, identifier: Option<&str>) -> Leaf {
        let signer = key(&format!("{purpose} {organization}"));
        let kind = CertificateKind::Leaf {
            extended_key_usage: purpose,
            dns_names: vec!["verifier.example".to_owned()],
        };
        let certificate = issue(
            &template(organization, identifier, kind),
            signer.public_key(),
            &self.certificate,
            &*self.signer,
            &SeededRandom::new("serial"),
            &PROVIDER,
        )
        .unwrap();
        Leaf {
            chain: vec![certificate],
            signer,
        }
    }
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

fn root(officers: &[Arc<dyn Signer>], lists: &Authority) -> RootDocument {
    let signer = ListSigner {
        organization: OPERATOR.to_owned(),
        authority: lists.certificate.clone(),
    };
    RootDocument {
        version: 1,
        issued_at: NOW.minus(DAY),
        expires: NOW.plus(30 * DAY),
        threshold: 2,
        officers: officers
            .iter()
            .map(|officer| Jwk::from_public_key(officer.public_key()))
            .collect(),
        list_signers: TrustRole::ALL
            .into_iter()
            .map(|role| (role, vec![signer.clone()]))
            .collect(),
        least_sequence: BTreeMap::new(),
        registry_base_url: "https://registry.example".to_owned(),
    }
}

/// The list of a role, with one agency under one authority.
pub(crate) fn list(role: TrustRole, authority: &Authority) -> ListBuilder {
    let name = LocalizedText::new("fr", "Organisme").with("ar", "مؤسسة");
    ListBuilder {
        role,
        sequence: 5,
        operator_name: LocalizedText::new("fr", OPERATOR),
        territory: "MA".to_owned(),
        issued_at: NOW.minus(3600),
        next_update: NOW.plus(DAY),
        entities: vec![TrustedListEntity {
            name: name.clone(),
            organization_identifier: AGENCY.to_owned(),
            information_uri: "https://agency.example".to_owned(),
            services: vec![TrustedListService {
                name,
                authorities: vec![authority.certificate.clone()],
                status: ServiceStatus::Granted,
                since: NOW.minus(10 * DAY),
                credential_types: match role {
                    TrustRole::PidIssuers => vec![PID.to_owned()],
                    TrustRole::AttestationIssuers => vec!["urn:mahfada:licence:1".to_owned()],
                    _ => Vec::new(),
                },
            }],
        }],
    }
}

/// What the bank may ask for.
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

/// The claims of the holder of the one credential.
pub(crate) fn claims() -> Value {
    json!({
        "vct": PID, "family_name": "El Fassi", "given_name": "Salma", "birthdate": "1990-02-14", "age": 36,
        "adult": true, "address": {"locality": "Rabat", "country": "MA"}, "nationalities": ["MA", "FR"],
    })
}
