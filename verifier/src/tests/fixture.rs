//! A small country: issuers, a registrar, a bank that asks, and a citizen with a credential.

use std::collections::BTreeMap;
use std::sync::Arc;

use mahfada_base::{ClaimsPath, UnixTime};
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::{SignatureAlgorithm, Signer};
use mahfada_jose::{Jwk, JwsBuilder};
use mahfada_openid4vp::DcqlQuery;
use mahfada_sd_jwt::SdJwtIssuance;
use mahfada_sd_jwt::vc::{UnverifiedSdJwtVc, VerifiedSdJwtVc};
use mahfada_status_list::{StatusList, StatusListToken};
use mahfada_trust::{
    ListBuilder, ListMemory, ListSigner, LocalizedText, PinnedRoot, RegisteredClaim, RegisteredCredential,
    RegisteredMeta, RegistrationCertificate, RootDocument, ServiceStatus, TrustRole, TrustStore, TrustedListEntity,
    TrustedListService,
};
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, eku, issue, self_signed};
use serde_json::{Value, json};

pub(crate) const NOW: UnixTime = UnixTime::new(1_795_348_800);
pub(crate) const DAY: i64 = 86_400;
pub(crate) const DGSN: &str = "NTRMA-DGSN";
pub(crate) const CNSS: &str = "NTRMA-CNSS";
pub(crate) const BANK: &str = "NTRMA-BANK";
pub(crate) const PID: &str = "urn:mahfada:pid:1";
pub(crate) const RIGHTS: &str = "urn:mahfada:cnss-rights:1";
pub(crate) const STATUS_URI: &str = "https://issuer.example/pid/status/1";
pub(crate) const STATUS_INDEX: u64 = 42;
const OPERATOR: &str = "Registre national de confiance";

pub(crate) fn path(value: Value) -> ClaimsPath {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn query(value: &Value) -> DcqlQuery {
    DcqlQuery::parse(value).unwrap()
}

/// Asks for the family name of an identity credential.
pub(crate) fn pid_query() -> Value {
    json!({"credentials": [{
        "id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]},
        "claims": [{"path": ["family_name"]}]
    }]})
}

pub(crate) fn key(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

pub(crate) fn holder() -> Arc<dyn Signer> {
    key("holder")
}

/// A certificate authority; its leaves live from 30 days before to a year after `at`.
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    signer: Arc<dyn Signer>,
    name: String,
    at: UnixTime,
}

/// A signer with its chain.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) chain: Vec<Certificate>,
    pub(crate) signer: Arc<dyn Signer>,
}

impl Authority {
    pub(crate) fn new(name: &str, at: UnixTime) -> Self {
        let signer = key(name);
        let template = template(name, None, CertificateKind::Ca { path_len: Some(0) }, at);
        let certificate = self_signed(&template, &*signer, &SeededRandom::new(name), &PROVIDER).unwrap();
        Self {
            certificate,
            signer,
            name: name.to_owned(),
            at,
        }
    }

    fn leaf_seed(authority: &str, purpose: &str, organization: &str) -> String {
        format!("{authority} {purpose} {organization}")
    }

    pub(crate) fn leaf(&self, purpose: &'static str, organization: &str, identifier: Option<&str>) -> Leaf {
        let signer = key(&Self::leaf_seed(&self.name, purpose, organization));
        let dns_names = vec!["verifier.example".to_owned(), "localhost".to_owned()];
        let kind = CertificateKind::Leaf {
            extended_key_usage: purpose,
            dns_names,
        };
        let certificate = self.issue(&template(organization, identifier, kind, self.at), &*signer);
        Leaf {
            chain: vec![certificate],
            signer,
        }
    }

    pub(crate) fn issue(&self, template: &CertificateTemplate, subject: &dyn Signer) -> Certificate {
        let random = SeededRandom::new("serial");
        issue(
            template,
            subject.public_key(),
            &self.certificate,
            &*self.signer,
            &random,
            &PROVIDER,
        )
        .unwrap()
    }
}

pub(crate) fn template(
    organization: &str,
    identifier: Option<&str>,
    kind: CertificateKind,
    at: UnixTime,
) -> CertificateTemplate {
    CertificateTemplate {
        subject: SubjectName {
            common_name: format!("{organization} test"),
            organization: organization.to_owned(),
            organization_identifier: identifier.map(str::to_owned),
            country: "MA".to_owned(),
        },
        kind,
        not_before: at.minus(30 * DAY),
        not_after: at.plus(365 * DAY),
    }
}

/// Everybody, at one time.
pub(crate) struct Country {
    pub(crate) now: UnixTime,
    lists: Authority,
    dgsn: Authority,
    cnss: Authority,
    access: Authority,
    registrar: Authority,
}

impl Country {
    pub(crate) fn new() -> Self {
        Self::at(NOW)
    }

    pub(crate) fn at(now: UnixTime) -> Self {
        Self {
            now,
            lists: Authority::new("List CA", now),
            dgsn: Authority::new("DGSN CA", now),
            cnss: Authority::new("CNSS CA", now),
            access: Authority::new("Access CA", now),
            registrar: Authority::new("Registrar CA", now),
        }
    }

    pub(crate) fn issuer(&self) -> Leaf {
        self.dgsn.leaf(eku::CREDENTIAL_SIGNING, "DGSN", Some(DGSN))
    }

    /// A leaf of the issuer's own authority, for another purpose or organization.
    pub(crate) fn dgsn_leaf(&self, purpose: &'static str, organization: &str, identifier: &str) -> Leaf {
        self.dgsn.leaf(purpose, organization, Some(identifier))
    }

    pub(crate) fn other_issuer(&self) -> Leaf {
        self.cnss.leaf(eku::CREDENTIAL_SIGNING, "CNSS", Some(CNSS))
    }

    pub(crate) fn status_signer(&self) -> Leaf {
        self.dgsn.leaf(eku::STATUS_SIGNING, "DGSN status", Some(DGSN))
    }

    pub(crate) fn other_status_signer(&self) -> Leaf {
        self.cnss.leaf(eku::STATUS_SIGNING, "CNSS status", Some(CNSS))
    }

    pub(crate) fn bank(&self) -> Leaf {
        self.access_leaf("Banque", BANK)
    }

    /// The private key of the bank's access certificate, PKCS#8.
    pub(crate) fn bank_key() -> Vec<u8> {
        let seed = Authority::leaf_seed("Access CA", eku::ACCESS, "Banque");
        PROVIDER
            .keys
            .generate_es256_pkcs8(&SeededRandom::new(seed))
            .unwrap()
            .expose()
            .clone()
    }

    pub(crate) fn access_leaf(&self, organization: &str, identifier: &str) -> Leaf {
        self.access.leaf(eku::ACCESS, organization, Some(identifier))
    }

    /// The bank is registered for family name and address of identity credentials.
    pub(crate) fn registration(&self) -> String {
        let claim = |value| RegisteredClaim { path: path(value) };
        let certificate = RegistrationCertificate {
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
            iat: self.now.minus(DAY),
            exp: self.now.plus(100 * DAY),
        };
        let registrar = self
            .registrar
            .leaf(eku::REGISTRATION_SIGNING, "Registre", Some("NTRMA-REGISTRAR"));
        certificate.sign(&registrar.chain, &*registrar.signer).unwrap()
    }

    pub(crate) fn root(&self) -> Vec<u8> {
        let officer = key("officer");
        let signer = ListSigner {
            organization: OPERATOR.to_owned(),
            authority: self.lists.certificate.clone(),
        };
        let root = RootDocument {
            version: 1,
            issued_at: self.now.minus(DAY),
            expires: self.now.plus(30 * DAY),
            threshold: 1,
            officers: vec![Jwk::from_public_key(officer.public_key())],
            list_signers: TrustRole::ALL
                .into_iter()
                .map(|role| (role, vec![signer.clone()]))
                .collect(),
            least_sequence: BTreeMap::new(),
            registry_base_url: "https://registry.example".to_owned(),
        };
        root.sign(&[&*officer], PROVIDER.digest).unwrap()
    }

    pub(crate) fn list(&self, role: TrustRole) -> ListBuilder {
        let entities = match role {
            TrustRole::PidIssuers => vec![entity(DGSN, &self.dgsn, &[PID])],
            TrustRole::AttestationIssuers => vec![entity(CNSS, &self.cnss, &[RIGHTS])],
            TrustRole::StatusSigners => vec![entity(DGSN, &self.dgsn, &[]), entity(CNSS, &self.cnss, &[])],
            TrustRole::AccessCertificates => vec![entity("NTRMA-ACCESS", &self.access, &[])],
            TrustRole::RegistrationSigners => vec![entity("NTRMA-REGISTRAR", &self.registrar, &[])],
        };
        ListBuilder {
            role,
            sequence: 7,
            operator_name: LocalizedText::new("fr", OPERATOR),
            territory: "MA".to_owned(),
            issued_at: self.now.minus(3_600),
            next_update: self.now.plus(DAY),
            entities,
        }
    }

    pub(crate) fn sign_list(&self, list: &ListBuilder) -> String {
        let signer = self.lists.leaf(eku::LIST_SIGNING, OPERATOR, None);
        list.sign(&signer.chain, &*signer.signer, &PROVIDER).unwrap()
    }

    pub(crate) fn store(&self) -> TrustStore {
        self.store_with(|_| {})
    }

    /// Accepts every list after `change` has had its way with it.
    pub(crate) fn store_with(&self, change: impl Fn(&mut ListBuilder)) -> TrustStore {
        let root = PinnedRoot::from_bytes(&self.root(), &PROVIDER).unwrap();
        let mut store = TrustStore::new(root, ListMemory::default());
        for role in TrustRole::ALL {
            let mut list = self.list(role);
            change(&mut list);
            store
                .accept_list(role, &self.sign_list(&list), self.now, &PROVIDER)
                .unwrap();
        }
        store
    }

    /// The claims of a good credential, with those given added or put in their place; `null` removes one.
    pub(crate) fn payload(&self, more: Value) -> Value {
        let mut payload = json!({
            "vct": PID,
            "family_name": "Alami",
            "given_name": "Fatima",
            "address": {"locality": "Rabat"},
            "nbf": self.now.minus(DAY),
            "exp": self.now.plus(10 * DAY),
            "cnf": {"jwk": Jwk::from_public_key(holder().public_key()).to_value()},
        });
        let members = payload.as_object_mut().unwrap();
        let Value::Object(more) = more else {
            panic!("not an object")
        };
        members.extend(more);
        members.retain(|_, value| !value.is_null());
        payload
    }

    /// Issues a credential whose names and address the holder may keep back.
    pub(crate) fn issue(&self, more: Value, issuer: &Leaf) -> String {
        let Value::Object(payload) = self.payload(more) else {
            panic!("not an object")
        };
        let selectively_disclosable = ["family_name", "given_name", "address"]
            .map(|name| path(json!([name])))
            .to_vec();
        SdJwtIssuance {
            payload,
            selectively_disclosable,
            decoys: 1,
        }
        .sign(
            JwsBuilder::new("dc+sd-jwt").x5c(&issuer.chain),
            &*issuer.signer,
            &SeededRandom::new("salts"),
            PROVIDER.digest,
        )
        .unwrap()
    }

    /// Reads an issued credential as its holder has verified it.
    pub(crate) fn held(&self, text: &str, issuer: &Leaf) -> VerifiedSdJwtVc {
        let credential = UnverifiedSdJwtVc::parse(text).unwrap();
        credential
            .verify(issuer.signer.public_key(), self.now, &PROVIDER)
            .unwrap()
    }

    /// Presents the claims named of a good credential.
    pub(crate) fn present(&self, more: Value, claims: &[&str], audience: &str, nonce: &str) -> String {
        let issuer = self.issuer();
        let held = self.held(&self.issue(more, &issuer), &issuer);
        self.present_held(&held, claims, audience, nonce)
    }

    pub(crate) fn present_held(&self, held: &VerifiedSdJwtVc, claims: &[&str], audience: &str, nonce: &str) -> String {
        let paths: Vec<ClaimsPath> = claims.iter().map(|name| path(json!([name]))).collect();
        let input = held.present(&paths).unwrap().key_binding_input(
            audience,
            nonce,
            self.now,
            SignatureAlgorithm::Es256,
            PROVIDER.digest,
        );
        input.with_signature(&holder().sign(input.as_bytes()).unwrap())
    }

    /// A status list in which the one credential has this value.
    pub(crate) fn status_list(value: u8) -> StatusList {
        let mut list = StatusList::new(2, 1_024).unwrap();
        list.set(STATUS_INDEX, value).unwrap();
        list
    }

    pub(crate) fn status_token(&self, uri: &str, value: u8, signer: &Leaf) -> String {
        let (iat, exp) = (self.now.minus(10), self.now.plus(3_600));
        StatusListToken::sign(
            uri,
            iat,
            exp,
            300,
            &Self::status_list(value),
            &signer.chain,
            &*signer.signer,
        )
        .unwrap()
    }
}

/// The claims that refer to the status list.
pub(crate) fn with_status(uri: &str) -> Value {
    json!({"status": {"status_list": {"uri": uri, "idx": STATUS_INDEX}}})
}

fn entity(identifier: &str, authority: &Authority, types: &[&str]) -> TrustedListEntity {
    let name = LocalizedText::new("fr", format!("Organisme {identifier}"));
    TrustedListEntity {
        name: name.clone(),
        organization_identifier: identifier.to_owned(),
        information_uri: "https://agency.example".to_owned(),
        services: vec![TrustedListService {
            name,
            authorities: vec![authority.certificate.clone()],
            status: ServiceStatus::Granted,
            since: authority.at.minus(10 * DAY),
            credential_types: types.iter().map(|name| (*name).to_owned()).collect(),
        }],
    }
}
