//! The whole country in one folder: keys, certificates, registers and configurations, and the four services on them.
//!
//! The configurations are the TOML files that an operator would write; nothing is handed to a service by the side,
//! except the two switches that no configuration has: the test card authority, and a verifier that forgets its duty.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mahfada_base::{Clock as _, base64url};
use mahfada_crypto::Random as _;
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_eid::testing::{Citizen, TestCard};
use mahfada_issuer::TestAnchors;
use mahfada_trust::{ListSigner, TrustRole};
use mahfada_trust_registry::registry::root::RootDraft;
use mahfada_verifier::RegistrationCheck;
use mahfada_web::clock::SystemClock;
use mahfada_web::config::load;
use mahfada_x509::eku;
use serde_json::json;

use super::DemoError;
use super::authority::{Identity, IdentityFiles, Organization, write_secret_key};
use super::office::Https;
use super::service::{Ports, RunningService};

/// The type of the identity credential.
pub const PID: &str = "urn:mahfada:pid:1";
/// The type of the social security credential.
pub const CNSS_RIGHTS: &str = "urn:mahfada:cnss-rights:1";

const OPERATOR: Organization = Organization {
    name: "Agence de Developpement du Digital",
    identifier: "GOVMA-ADD",
};
const DGSN: Organization = Organization {
    name: "DGSN",
    identifier: "GOVMA-DGSN",
};
const CNSS: Organization = Organization {
    name: "CNSS",
    identifier: "GOVMA-CNSS",
};
const NARSA: Organization = Organization {
    name: "NARSA",
    identifier: "GOVMA-NARSA",
};
const HOSPITAL: Organization = Organization {
    name: "CHU Ibn Sina",
    identifier: "GOVMA-CHUIS",
};

/// The real Moroccan card authorities, which the issuer trusts beside the test one.
const MOROCCAN_AUTHORITIES: [(&str, &[u8]); 3] = [
    (
        "csca_ma_2018.cer",
        include_bytes!(
            "../../../tests/vectors/eid/csca_MA/csca_MA_1121091b565ce32275e628d106daacc0315e.cer"
        ),
    ),
    (
        "csca_ma_2021.cer",
        include_bytes!(
            "../../../tests/vectors/eid/csca_MA/csca_MA_112032edb845e4ef371e2ae56495e4e05870.cer"
        ),
    ),
    (
        "csca_ma_2023.cer",
        include_bytes!(
            "../../../tests/vectors/eid/csca_MA/csca_MA_1122e429cdced3cd9262612c96e4c0c63891.cer"
        ),
    ),
];

/// Where a service is reached and with which key its operator works.
#[derive(Clone, Debug)]
pub struct Place {
    /// The base of the public port.
    pub public_url: String,
    /// The base of the management port.
    pub management_url: String,
    /// The API key.
    pub api_key: String,
}

/// Everything that runs.
#[derive(Debug)]
pub struct World {
    /// The trust registry, with the operator's key.
    pub registry: Place,
    /// The issuer service, with the key of the identity issuer.
    pub dgsn: Place,
    /// The same service, with the key of the social security issuer.
    pub cnss: Place,
    /// The verifier, with the key of the road safety agency.
    pub narsa: Place,
    /// The same verifier, with the key of the hospital.
    pub hospital: Place,
    /// A verifier that does not hold queries against the registration.
    pub careless: Place,
    /// HTTPS that trusts this world.
    pub https: Https,
    /// The root document that wallets are built with.
    pub pinned_root: Vec<u8>,
    /// The citizen's card.
    pub card: TestCard,
    /// The signing identity of the social security issuer, for the forgery that must fail.
    pub cnss_signer: Identity,
    /// The signing identity of the identity issuer, for the sabotage that must be noticed.
    pub dgsn_signer: Identity,
    /// The authority of every TLS certificate here, PEM.
    pub tls_anchor_file: PathBuf,
    services: Vec<RunningService>,
    folder: Folder,
}

/// The citizen of the story.
#[must_use]
pub fn citizen() -> Citizen {
    Citizen::sample()
}

impl World {
    /// Makes keys and registers and starts the services; returns when all of them are ready.
    ///
    /// # Errors
    /// [`DemoError`] naming what could not be made or started.
    pub async fn start() -> Result<Self, DemoError> {
        let folder = Folder::create()?;
        let keys = Keys::make(&folder.0)?;
        let https = Https::new(&keys.tls_authority.certificate.to_pem())?;
        let (registry_ports, issuer_ports, verifier_ports, careless_ports) = (
            Ports::take()?,
            Ports::take()?,
            Ports::take()?,
            Ports::take()?,
        );
        let registry = Place::of(&registry_ports)?;
        let pinned_root = keys.root_document(&registry.public_url)?;
        std::fs::write(folder.0.join("root.json"), &pinned_root)?;
        let card = TestCard::new(seed()?, &citizen(), SystemClock.now());

        let mut services = vec![start_registry(&folder.0, &keys, registry_ports, &registry)?];
        ready(&https, &registry, &services).await?;
        for (name, organization, claims) in registrations() {
            register(&https, &registry, &folder.0, name, organization, &claims).await?;
        }
        let dgsn = Place::of(&issuer_ports)?;
        let cnss = Place {
            api_key: secret_text()?,
            ..dgsn.clone()
        };
        services.push(start_issuer(
            &folder.0,
            &keys,
            issuer_ports,
            &dgsn,
            &cnss,
            &card,
        )?);
        let narsa = Place::of(&verifier_ports)?;
        let hospital = Place {
            api_key: secret_text()?,
            ..narsa.clone()
        };
        let check = RegistrationCheck::Enforced;
        services.push(start_verifier(
            &folder.0,
            &keys,
            verifier_ports,
            &registry,
            [&narsa, &hospital],
            check,
        )?);
        let careless = Place::of(&careless_ports)?;
        let check = RegistrationCheck::SkippedByDemo;
        services.push(start_verifier(
            &folder.0,
            &keys,
            careless_ports,
            &registry,
            [&careless, &careless],
            check,
        )?);
        for place in [&dgsn, &narsa, &careless] {
            ready(&https, place, &services).await?;
        }
        Ok(Self {
            registry,
            dgsn,
            cnss,
            narsa,
            hospital,
            careless,
            https,
            pinned_root,
            card,
            cnss_signer: keys.cnss.clone(),
            dgsn_signer: keys.dgsn.clone(),
            tls_anchor_file: folder.0.join("tls-authority.pem"),
            services,
            folder,
        })
    }

    /// Returns the folder with every key, register, configuration and database; it goes away with the world.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Stops the services and keeps the folder until the world is dropped.
    pub fn stop(&mut self) {
        self.services.clear();
    }

    /// Returns the identifier of the identity issuer.
    #[must_use]
    pub fn pid_issuer(&self) -> String {
        format!("{}/pid", self.dgsn.public_url)
    }
}

/// Every key and certificate of the world.
#[derive(Debug)]
struct Keys {
    tls_authority: Identity,
    tls: IdentityFiles,
    officers: Vec<Identity>,
    list_authority: Identity,
    list_signer: IdentityFiles,
    registration_signer: IdentityFiles,
    dgsn: Identity,
    dgsn_files: IdentityFiles,
    dgsn_status: IdentityFiles,
    cnss: Identity,
    cnss_files: IdentityFiles,
    cnss_status: IdentityFiles,
    narsa_access: IdentityFiles,
    hospital_access: IdentityFiles,
}

impl Keys {
    fn make(folder: &Path) -> Result<Self, DemoError> {
        let tls_authority = Identity::authority("Demo TLS authority", OPERATOR)?;
        std::fs::write(
            folder.join("tls-authority.pem"),
            tls_authority.certificate.to_pem(),
        )?;
        let authority =
            |name: &str, common_name: &str, organization| -> Result<Identity, DemoError> {
                let identity = Identity::authority(common_name, organization)?;
                std::fs::write(
                    folder.join(format!("{name}.pem")),
                    identity.certificate.to_pem(),
                )?;
                Ok(identity)
            };
        let list_authority = authority("list-authority", "List authority", OPERATOR)?;
        let registrar = authority("registrar-authority", "Registrar authority", OPERATOR)?;
        let access = authority("access-authority", "Access authority", OPERATOR)?;
        let pid = authority("pid-authority", "PID issuers", DGSN)?;
        let dgsn_status = authority("dgsn-status-authority", "DGSN status authority", DGSN)?;
        let attestations = authority("cnss-authority", "CNSS attestation issuers", CNSS)?;
        let cnss_status = authority("cnss-status-authority", "CNSS status authority", CNSS)?;
        let dgsn = pid.leaf(
            "DGSN credential signer",
            DGSN,
            eku::CREDENTIAL_SIGNING,
            &["localhost"],
        )?;
        let cnss = attestations.leaf(
            "CNSS credential signer",
            CNSS,
            eku::CREDENTIAL_SIGNING,
            &["localhost"],
        )?;
        let access_leaf = |name: &str, organization| {
            access
                .leaf(name, organization, eku::ACCESS, &["localhost"])?
                .write(folder, name)
                .map_err(DemoError::from)
        };
        Ok(Self {
            tls: tls_authority.tls_leaf(OPERATOR)?.write(folder, "tls")?,
            tls_authority,
            officers: ["Officer 1", "Officer 2", "Officer 3"]
                .iter()
                .map(|name| Identity::authority(name, OPERATOR))
                .collect::<Result<_, _>>()?,
            list_signer: list_authority
                .leaf("List signer", OPERATOR, eku::LIST_SIGNING, &[])?
                .write(folder, "list-signer")?,
            list_authority,
            registration_signer: registrar
                .leaf("Registrar", OPERATOR, eku::REGISTRATION_SIGNING, &[])?
                .write(folder, "registrar")?,
            dgsn_files: dgsn.write(folder, "dgsn-signer")?,
            dgsn,
            dgsn_status: dgsn_status
                .leaf("DGSN status signer", DGSN, eku::STATUS_SIGNING, &[])?
                .write(folder, "dgsn-status")?,
            cnss_files: cnss.write(folder, "cnss-signer")?,
            cnss,
            cnss_status: cnss_status
                .leaf("CNSS status signer", CNSS, eku::STATUS_SIGNING, &[])?
                .write(folder, "cnss-status")?,
            narsa_access: access_leaf("narsa-access", NARSA)?,
            hospital_access: access_leaf("hospital-access", HOSPITAL)?,
        })
    }

    /// Two of three officers sign; everyone else starts from these bytes.
    fn root_document(&self, registry_url: &str) -> Result<Vec<u8>, DemoError> {
        let now = SystemClock.now();
        let signer = ListSigner {
            organization: OPERATOR.name.to_owned(),
            authority: self.list_authority.certificate.clone(),
        };
        let officers: Vec<_> = self
            .officers
            .iter()
            .map(|officer| officer.signer.public_key().clone())
            .collect();
        let document = RootDraft {
            version: 1,
            issued_at: now,
            expires: now.plus(7 * 86_400),
            officers: &officers,
            threshold: 2,
            list_signers: TrustRole::ALL
                .into_iter()
                .map(|role| (role, signer.clone()))
                .collect(),
            registry_url,
        }
        .into_document();
        let signers: Vec<_> = self
            .officers
            .iter()
            .take(2)
            .map(|officer| &*officer.signer)
            .collect();
        Ok(document.sign(&signers, PROVIDER.digest)?)
    }
}

fn start_registry(
    folder: &Path,
    keys: &Keys,
    ports: Ports,
    place: &Place,
) -> Result<RunningService, DemoError> {
    std::fs::write(folder.join("entities.json"), entities().to_string())?;
    let mut text = ports.to_toml(&tls(&keys.tls));
    writeln!(
        text,
        "[storage]\npath = {:?}",
        show(&folder.join("registry.sqlite"))
    )?;
    writeln!(
        text,
        "[operator]\nname = [{{ lang = \"fr\", value = {:?} }}]",
        OPERATOR.name
    )?;
    writeln!(text, "[list_signers]")?;
    for role in TrustRole::ALL {
        writeln!(text, "{} = {}", role.slug(), keys.list_signer.to_toml())?;
    }
    let head = format!(
        "root_document_file = {:?}\nentities_file = {:?}\nregistration_signer = {}\napi_keys = [{}]\n",
        show(&folder.join("root.json")),
        show(&folder.join("entities.json")),
        keys.registration_signer.to_toml(),
        api_key("operator", &place.api_key),
    );
    let config = configuration(folder, "trust-registry", &format!("{head}{text}"))?;
    Ok(ports.start("trust-registry", move |listeners, shutdown| {
        mahfada_trust_registry::run(config, listeners, shutdown.wait())
    }))
}

/// Who stands in which list.
fn entities() -> serde_json::Value {
    let entity = |organization: Organization,
                  ar: &str,
                  fr: &str,
                  role: TrustRole,
                  file: &str,
                  types: &[&str]| {
        json!({
            "organization": organization.identifier,
            "name": { "ar": ar, "fr": fr, "en": organization.name },
            "role": role,
            "authority_file": file,
            "credential_types": types,
        })
    };
    let dgsn = (
        "المديرية العامة للأمن الوطني",
        "Direction générale de la sûreté nationale",
    );
    let cnss = (
        "الصندوق الوطني للضمان الاجتماعي",
        "Caisse nationale de sécurité sociale",
    );
    let operator = (
        "وكالة التنمية الرقمية",
        "Agence de développement du digital",
    );
    json!({ "entities": [
        entity(DGSN, dgsn.0, dgsn.1, TrustRole::PidIssuers, "pid-authority.pem", &[PID]),
        entity(CNSS, cnss.0, cnss.1, TrustRole::AttestationIssuers, "cnss-authority.pem", &[CNSS_RIGHTS]),
        entity(DGSN, dgsn.0, dgsn.1, TrustRole::StatusSigners, "dgsn-status-authority.pem", &[]),
        entity(CNSS, cnss.0, cnss.1, TrustRole::StatusSigners, "cnss-status-authority.pem", &[]),
        entity(OPERATOR, operator.0, operator.1, TrustRole::AccessCertificates, "access-authority.pem", &[]),
        entity(OPERATOR, operator.0, operator.1, TrustRole::RegistrationSigners, "registrar-authority.pem", &[]),
    ]})
}

/// What each agency is registered to ask for.
fn registrations() -> [(&'static str, Organization, serde_json::Value); 2] {
    let claims = |vct: &str, names: &[&str]| {
        let claims: Vec<_> = names.iter().map(|name| json!({ "path": [name] })).collect();
        json!({ "format": "dc+sd-jwt", "meta": { "vct_values": [vct] }, "claim": claims })
    };
    let names = [
        "family_name",
        "given_name",
        "family_name_ar",
        "given_name_ar",
        "birthdate",
        "address",
    ];
    [
        (
            "narsa",
            NARSA,
            json!({
                "name": "NARSA",
                "purpose": [
                    { "lang": "ar", "value": "تجديد رخصة السياقة" },
                    { "lang": "fr", "value": "Renouvellement du permis de conduire" },
                    { "lang": "en", "value": "Renewal of the driving licence" },
                ],
                "credentials": [claims(PID, &names)],
            }),
        ),
        (
            "hospital",
            HOSPITAL,
            json!({
                "name": "CHU Ibn Sina",
                "purpose": [
                    { "lang": "ar", "value": "القبول في المستشفى" },
                    { "lang": "fr", "value": "Admission à l'hôpital" },
                    { "lang": "en", "value": "Admission to hospital" },
                ],
                "credentials": [
                    claims(PID, &["family_name", "given_name", "family_name_ar", "given_name_ar"]),
                    claims(CNSS_RIGHTS, &["cnss_number", "rights_open"]),
                ],
            }),
        ),
    ]
}

async fn register(
    https: &Https,
    registry: &Place,
    folder: &Path,
    name: &str,
    organization: Organization,
    claims: &serde_json::Value,
) -> Result<(), DemoError> {
    let mut request = claims.clone();
    if let Some(members) = request.as_object_mut() {
        members.insert("organization".to_owned(), organization.identifier.into());
        members.insert(
            "privacy_policy".to_owned(),
            "https://agency.example/privacy".into(),
        );
        members.insert(
            "support_uri".to_owned(),
            "https://agency.example/support".into(),
        );
    }
    let url = format!("{}/v1/registrations", registry.management_url);
    let answer = https.post(&url, &registry.api_key, &request).await?;
    Ok(std::fs::write(
        folder.join(format!("{name}-registration.jwt")),
        answer.text("registration")?,
    )?)
}

fn start_issuer(
    folder: &Path,
    keys: &Keys,
    ports: Ports,
    dgsn: &Place,
    cnss: &Place,
    card: &TestCard,
) -> Result<RunningService, DemoError> {
    let anchors = folder.join("card-authorities");
    std::fs::create_dir(&anchors)?;
    std::fs::write(anchors.join("csca_test.cer"), card.csca_der())?;
    for (name, der) in MOROCCAN_AUTHORITIES {
        std::fs::write(anchors.join(name), der)?;
    }
    std::fs::write(folder.join("cnss.csv"), include_str!("cnss.csv"))?;
    for key in ["sealing", "challenge", "nonce", "offer", "reference"] {
        write_secret_key(&folder.join(format!("issuer-{key}.key")))?;
    }
    let key_file = |key: &str| show(&folder.join(format!("issuer-{key}.key")));
    let mut text = format!(
        "api_keys = [{}, {}]\n",
        api_key("pid", &dgsn.api_key),
        api_key("cnss", &cnss.api_key)
    );
    text.push_str(&ports.to_toml(&tls(&keys.tls)));
    writeln!(
        text,
        "[storage]\npath = {:?}",
        show(&folder.join("issuer.sqlite"))
    )?;
    writeln!(
        text,
        "[sealing]\nversion = 1\nkey_file = {:?}",
        key_file("sealing")
    )?;
    writeln!(text, "[keys]")?;
    for key in ["challenge", "nonce", "offer", "reference"] {
        writeln!(text, "{key}_key_file = {:?}", key_file(key))?;
    }
    writeln!(text, "[card]\nanchors_dir = {:?}", show(&anchors))?;
    let issuers = include_str!("issuers.toml")
        .replace("@DGSN_SIGNER@", &keys.dgsn_files.to_toml())
        .replace("@DGSN_STATUS@", &keys.dgsn_status.to_toml())
        .replace("@CNSS_SIGNER@", &keys.cnss_files.to_toml())
        .replace("@CNSS_STATUS@", &keys.cnss_status.to_toml())
        .replace(
            "@CNSS_REGISTER@",
            &format!("{:?}", show(&folder.join("cnss.csv"))),
        );
    let config = configuration(folder, "issuer", &format!("{text}\n{issuers}"))?;
    Ok(ports.start("issuer", move |listeners, shutdown| {
        mahfada_issuer::run(
            config,
            TestAnchors::AcceptedByDemo,
            listeners,
            shutdown.wait(),
        )
    }))
}

fn start_verifier(
    folder: &Path,
    keys: &Keys,
    ports: Ports,
    registry: &Place,
    [narsa, hospital]: [&Place; 2],
    check: RegistrationCheck,
) -> Result<RunningService, DemoError> {
    let name = match check {
        RegistrationCheck::Enforced => "verifier",
        RegistrationCheck::SkippedByDemo => "careless-verifier",
    };
    let sealing = folder.join(format!("{name}-sealing.key"));
    write_secret_key(&sealing)?;
    let mut text = String::new();
    let mut tenants = vec![("narsa", narsa, &keys.narsa_access)];
    if check == RegistrationCheck::Enforced {
        tenants.push(("hospital", hospital, &keys.hospital_access));
    }
    let api_keys: Vec<_> = tenants
        .iter()
        .map(|(tenant, place, _)| api_key(tenant, &place.api_key))
        .collect();
    writeln!(text, "api_keys = [{}]", api_keys.join(", "))?;
    text.push_str(&ports.to_toml(&tls(&keys.tls)));
    writeln!(
        text,
        "[storage]\npath = {:?}",
        show(&folder.join(format!("{name}.sqlite")))
    )?;
    writeln!(
        text,
        "[sealing]\nversion = 1\nkey_file = {:?}",
        show(&sealing)
    )?;
    let tls_anchor = show(&folder.join("tls-authority.pem"));
    writeln!(
        text,
        "[outbound]\nallow_loopback = true\ntrust_anchors_file = {tls_anchor:?}"
    )?;
    let root = show(&folder.join("root.json"));
    writeln!(
        text,
        "[trust]\nregistry_url = {:?}\npinned_root_file = {root:?}",
        registry.public_url
    )?;
    // Decision D10: 0 in the demonstration, so that a revocation shows at once.
    writeln!(text, "[status]\nmax_age_seconds = 0")?;
    for (tenant, _, access) in &tenants {
        let registration = show(&folder.join(format!("{tenant}-registration.jwt")));
        writeln!(
            text,
            "[[agencies]]\ntenant = {tenant:?}\naccess = {}\nregistration_file = {registration:?}",
            access.to_toml()
        )?;
    }
    let config = configuration(folder, name, &text)?;
    Ok(ports.start(name, move |listeners, shutdown| {
        mahfada_verifier::run(config, check, listeners, shutdown.wait())
    }))
}

/// Writes the configuration where an operator would and reads it as the service's own command does.
fn configuration<T: serde::de::DeserializeOwned>(
    folder: &Path,
    service: &str,
    text: &str,
) -> Result<T, DemoError> {
    let path = folder.join(format!("{service}.toml"));
    std::fs::write(&path, text)?;
    Ok(load(service, Some(&path), std::iter::empty())?)
}

/// Waits for the first answer of `/readyz`: the port listens already, so the request waits for the service.
async fn ready(https: &Https, place: &Place, services: &[RunningService]) -> Result<(), DemoError> {
    let answer = https
        .get(&format!("{}/readyz", place.management_url), &place.api_key)
        .await;
    if services.iter().any(RunningService::has_ended) {
        return Err(DemoError::Unexpected(
            "a service has ended; its log says why".to_owned(),
        ));
    }
    let answer = answer?;
    if answer.status == 200 {
        Ok(())
    } else {
        Err(DemoError::Unexpected(format!("not ready: {}", answer.body)))
    }
}

impl Place {
    fn of(ports: &Ports) -> Result<Self, DemoError> {
        Ok(Self {
            public_url: ports.public_url(),
            management_url: ports.management_url(),
            api_key: secret_text()?,
        })
    }
}

fn secret_text() -> Result<String, DemoError> {
    let mut bytes = [0; 32];
    SystemRandom.fill(&mut bytes)?;
    Ok(base64url::encode(bytes))
}

fn seed() -> Result<u64, DemoError> {
    let mut bytes = [0; 8];
    SystemRandom.fill(&mut bytes)?;
    Ok(u64::from_be_bytes(bytes))
}

/// The store of a service knows an API key by its hash only.
fn api_key(tenant: &str, key: &str) -> String {
    let hash = PROVIDER.digest.sha256(key.as_bytes());
    let hex = hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    format!("{{ tenant = {tenant:?}, sha256 = {hex:?} }}")
}

fn tls(files: &IdentityFiles) -> String {
    format!(
        "{{ certificate_chain_file = {:?}, private_key_file = {:?} }}",
        show(&files.chain),
        show(&files.private_key)
    )
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

/// A folder that goes away with its owner.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn create() -> Result<Self, DemoError> {
        let path = std::env::temp_dir().join(format!("mahfada-{}", secret_text()?));
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
