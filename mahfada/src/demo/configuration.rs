//! The configurations of the four services, as an operator would write them, and their start.
//!
//! Nothing is handed to a service beside its TOML file, except the two switches that no configuration has: the test card
//! authority, and a verifier that forgets its duty.

use std::fmt::Write as _;
use std::path::Path;

use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_eid::testing::TestCard;
use mahfada_issuer::TestAnchors;
use mahfada_trust::TrustRole;
use mahfada_verifier::RegistrationCheck;
use mahfada_web::config::load;

use super::DemoError;
use super::authority::{IdentityFiles, write_secret_key};
use super::keys::{Keys, OPERATOR};
use super::register::entities;
use super::service::{Ports, RunningService};
use super::world::Place;

/// The real Moroccan card authorities, which the issuer trusts beside the test one.
const MOROCCAN_AUTHORITIES: [(&str, &[u8]); 3] = [
    (
        "csca_ma_2018.cer",
        include_bytes!("../../../tests/vectors/eid/csca_MA/csca_MA_1121091b565ce32275e628d106daacc0315e.cer"),
    ),
    (
        "csca_ma_2021.cer",
        include_bytes!("../../../tests/vectors/eid/csca_MA/csca_MA_112032edb845e4ef371e2ae56495e4e05870.cer"),
    ),
    (
        "csca_ma_2023.cer",
        include_bytes!("../../../tests/vectors/eid/csca_MA/csca_MA_1122e429cdced3cd9262612c96e4c0c63891.cer"),
    ),
];

pub(super) fn start_registry(
    folder: &Path,
    keys: &Keys,
    ports: Ports,
    place: &Place,
) -> Result<RunningService, DemoError> {
    std::fs::write(folder.join("entities.json"), entities().to_string())?;
    let mut text = ports.to_toml(&tls(&keys.tls));
    writeln!(text, "[storage]\npath = {:?}", show(&folder.join("registry.sqlite")))?;
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
        api_key("operator", &place.api_key).replace(" }", ", rights = [\"publish\", \"suspend\", \"register\"] }"),
    );
    let config = configuration(folder, "trust-registry", &format!("{head}{text}"))?;
    Ok(ports.start("trust-registry", move |listeners, shutdown| {
        mahfada_trust_registry::run(config, listeners, shutdown.wait())
    }))
}

pub(super) fn start_issuer(
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
    writeln!(text, "[storage]\npath = {:?}", show(&folder.join("issuer.sqlite")))?;
    writeln!(text, "[sealing]\nversion = 1\nkey_file = {:?}", key_file("sealing"))?;
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
        .replace("@CNSS_REGISTER@", &format!("{:?}", show(&folder.join("cnss.csv"))));
    let config = configuration(folder, "issuer", &format!("{text}\n{issuers}"))?;
    Ok(ports.start("issuer", move |listeners, shutdown| {
        mahfada_issuer::run(config, TestAnchors::AcceptedByDemo, listeners, shutdown.wait())
    }))
}

pub(super) fn start_verifier(
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
    writeln!(text, "[sealing]\nversion = 1\nkey_file = {:?}", show(&sealing))?;
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
fn configuration<T: serde::de::DeserializeOwned>(folder: &Path, service: &str, text: &str) -> Result<T, DemoError> {
    let path = folder.join(format!("{service}.toml"));
    std::fs::write(&path, text)?;
    Ok(load(service, Some(&path), std::iter::empty())?)
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
