//! Throwaway keys and certificates for one run: nothing of them outlives the demonstration's folder.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mahfada_base::{Clock as _, Seconds, Secret, UnixTime, base64url};
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_crypto::{Random as _, Signer};
use mahfada_web::clock::SystemClock;
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, issue, self_signed};

use super::DemoError;

const DAY: Seconds = 86_400;
/// How long the throwaway certificates are valid, in days.
const VALID_DAYS: Seconds = 30;

/// A key with the certificate that speaks for it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Signs with the private key.
    pub signer: Arc<dyn Signer>,
    /// The certificate.
    pub certificate: Certificate,
    pkcs8: Arc<Secret<Vec<u8>>>,
}

/// Who a certificate names.
#[derive(Clone, Copy, Debug)]
pub struct Organization {
    /// The organization's name in Latin letters.
    pub name: &'static str,
    /// The organization identifier.
    pub identifier: &'static str,
}

impl Identity {
    /// Makes a certificate authority that signs for itself: an anchor.
    ///
    /// # Errors
    /// [`DemoError`] when no key or certificate can be made.
    pub fn authority(common_name: &str, organization: Organization) -> Result<Self, DemoError> {
        let (signer, pkcs8) = generate()?;
        let template = template(common_name, organization, CertificateKind::Ca { path_len: Some(0) });
        let certificate = self_signed(&template, &*signer, &SystemRandom, &PROVIDER)?;
        Ok(Self {
            signer,
            certificate,
            pkcs8,
        })
    }

    /// Issues a certificate for a new key that signs in one role.
    ///
    /// # Errors
    /// [`DemoError`] when no key or certificate can be made.
    pub fn leaf(
        &self,
        common_name: &str,
        organization: Organization,
        extended_key_usage: &'static str,
        dns_names: &[&str],
    ) -> Result<Self, DemoError> {
        let dns_names = dns_names.iter().map(|name| (*name).to_owned()).collect();
        self.issue(&template(
            common_name,
            organization,
            CertificateKind::Leaf {
                extended_key_usage,
                dns_names,
            },
        ))
    }

    /// Issues a TLS certificate for this machine.
    ///
    /// # Errors
    /// [`DemoError`] when no key or certificate can be made.
    pub fn tls_leaf(&self, organization: Organization) -> Result<Self, DemoError> {
        let kind = CertificateKind::TlsServer {
            dns_names: vec!["localhost".to_owned()],
            ip_addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        };
        self.issue(&template("localhost", organization, kind))
    }

    fn issue(&self, template: &CertificateTemplate) -> Result<Self, DemoError> {
        let (signer, pkcs8) = generate()?;
        let certificate = issue(
            template,
            signer.public_key(),
            &self.certificate,
            &*self.signer,
            &SystemRandom,
            &PROVIDER,
        )?;
        Ok(Self {
            signer,
            certificate,
            pkcs8,
        })
    }

    /// Writes `NAME.key` and `NAME.pem`, readable by the owner only.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, folder: &Path, name: &str) -> io::Result<IdentityFiles> {
        let files = IdentityFiles {
            private_key: folder.join(format!("{name}.key")),
            chain: folder.join(format!("{name}.pem")),
        };
        write_secret(
            &files.private_key,
            private_key_pem(self.pkcs8.expose()).expose().as_bytes(),
        )?;
        std::fs::write(&files.chain, self.certificate.to_pem())?;
        Ok(files)
    }
}

/// Where an identity was written.
#[derive(Clone, Debug)]
pub struct IdentityFiles {
    /// The private key, PKCS#8 PEM.
    pub private_key: PathBuf,
    /// The certificate, PEM.
    pub chain: PathBuf,
}

impl IdentityFiles {
    /// Writes the two keys of a `SigningConfig` as a TOML inline table.
    #[must_use]
    pub fn to_toml(&self) -> String {
        format!(
            "{{ private_key_file = {:?}, certificate_chain_file = {:?} }}",
            self.private_key.display().to_string(),
            self.chain.display().to_string()
        )
    }
}

/// Writes 32 random bytes, readable by the owner only.
///
/// # Errors
/// [`DemoError`] when no random bytes are to be had or the file cannot be written.
pub(super) fn write_secret_key(path: &Path) -> Result<(), DemoError> {
    let mut key = [0; 32];
    SystemRandom.fill(&mut key)?;
    Ok(write_secret(path, &key)?)
}

fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)
}

fn private_key_pem(pkcs8: &[u8]) -> Secret<String> {
    let body = Secret::new(base64url::encode_standard(pkcs8));
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in body.expose().as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Secret::new(pem)
}

/// A key, and the same in PKCS #8.
type GeneratedKey = (Arc<dyn Signer>, Arc<Secret<Vec<u8>>>);

fn generate() -> Result<GeneratedKey, DemoError> {
    let pkcs8 = PROVIDER.keys.generate_es256_pkcs8(&SystemRandom)?;
    Ok((PROVIDER.keys.es256_from_pkcs8(pkcs8.expose())?, Arc::new(pkcs8)))
}

fn template(common_name: &str, organization: Organization, kind: CertificateKind) -> CertificateTemplate {
    let now: UnixTime = SystemClock.now();
    CertificateTemplate {
        subject: SubjectName {
            common_name: common_name.to_owned(),
            organization: organization.name.to_owned(),
            organization_identifier: Some(organization.identifier.to_owned()),
            country: "MA".to_owned(),
        },
        kind,
        not_before: now.minus(DAY),
        not_after: now.plus(VALID_DAYS * DAY),
    }
}
