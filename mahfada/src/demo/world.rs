//! The whole country in one folder: keys, certificates, registers and configurations, and the four services on them.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use mahfada_base::{Clock as _, base64url};
use mahfada_crypto::Random as _;
use mahfada_crypto::aws_lc::SystemRandom;
use mahfada_eid::testing::{Citizen, TestCard};
use mahfada_verifier::RegistrationCheck;
use mahfada_web::clock::SystemClock;

use super::DemoError;
use super::authority::{Identity, Organization};
use super::configuration::{start_issuer, start_registry, start_verifier};
use super::keys::Keys;
use super::office::Https;
use super::register::registrations;
use super::service::{Ports, RunningService};

/// The type of the identity credential.
pub const PID: &str = "urn:mahfada:pid:1";
/// The type of the social security credential.
pub const CNSS_RIGHTS: &str = "urn:mahfada:cnss-rights:1";

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
        let (registry_ports, issuer_ports, verifier_ports, careless_ports) =
            (Ports::take()?, Ports::take()?, Ports::take()?, Ports::take()?);
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
        services.push(start_issuer(&folder.0, &keys, issuer_ports, &dgsn, &cnss, &card)?);
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
        members.insert("privacy_policy".to_owned(), "https://agency.example/privacy".into());
        members.insert("support_uri".to_owned(), "https://agency.example/support".into());
    }
    let url = format!("{}/v1/registrations", registry.management_url);
    let answer = https.post(&url, &registry.api_key, &request).await?;
    Ok(std::fs::write(
        folder.join(format!("{name}-registration.jwt")),
        answer.text("registration")?,
    )?)
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

/// A folder that goes away with its owner.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn create() -> Result<Self, DemoError> {
        let path = std::env::temp_dir().join(format!("mahfada-{}", secret_text()?));
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
