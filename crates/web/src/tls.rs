//! TLS of the listeners: rustls on AWS-LC, with certificates that are read again when their files change.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config::{SecretFileError, ServerConfig, TlsFiles};

/// Why a listener has no TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificate chain cannot be read.
    #[error("cannot read the certificate chain {0}")]
    Chain(std::path::PathBuf),
    /// The private key file cannot be read.
    #[error("cannot read the private key")]
    KeyFile(#[from] SecretFileError),
    /// The private key is of no known kind or does not belong to the leaf.
    #[error("the private key does not fit the certificate")]
    Key(#[source] rustls::Error),
    /// The private key file holds no PEM key.
    #[error("the private key file holds no PEM key")]
    KeyForm,
}

/// What the two listeners speak; `None` is plain HTTP, which only a loopback address may do (decision D1).
#[derive(Clone, Default)]
pub struct ServerTls {
    /// TLS of the public listener.
    pub public: Option<rustls::ServerConfig>,
    /// TLS of the management listener.
    pub management: Option<rustls::ServerConfig>,
}

impl ServerTls {
    /// Reads the certificates that the configuration names.
    ///
    /// # Errors
    /// [`TlsError`] when one cannot be used.
    pub fn load(config: &ServerConfig) -> Result<Self, TlsError> {
        let of = |tls: &Option<TlsFiles>| tls.as_ref().map(server_config).transpose();
        Ok(Self {
            public: of(&config.public.tls)?,
            management: of(&config.management.tls)?,
        })
    }
}

impl From<Option<rustls::ServerConfig>> for ServerTls {
    fn from(both: Option<rustls::ServerConfig>) -> Self {
        Self {
            public: both.clone(),
            management: both,
        }
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls")
            .field("public", &self.public.is_some())
            .field("management", &self.management.is_some())
            .finish()
    }
}

/// Makes AWS-LC the provider of this process; calling it again changes nothing.
pub fn install_provider() {
    // The one error says that a provider is there already.
    drop(aws_lc_rs::default_provider().install_default());
}

/// Makes the TLS settings of a listener: TLS 1.2 and 1.3, no client certificates, HTTP/1.1.
///
/// # Errors
/// [`TlsError`] when chain and key cannot be read or do not belong together.
pub fn server_config(files: &TlsFiles) -> Result<rustls::ServerConfig, TlsError> {
    install_provider();
    let resolver = ReloadingCertificate::load(files.clone())?;
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A certificate that follows its files: looked at with each handshake, replaced when both files are good.
struct ReloadingCertificate {
    files: TlsFiles,
    held: Mutex<Held>,
}

struct Held {
    changed: Stamp,
    key: Arc<CertifiedKey>,
}

type Stamp = (Option<SystemTime>, Option<SystemTime>);

impl ReloadingCertificate {
    fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let changed = stamp(&files);
        let key = Arc::new(certified_key(&files)?);
        Ok(Self {
            files,
            held: Mutex::new(Held { changed, key }),
        })
    }

    fn current(&self) -> Arc<CertifiedKey> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = stamp(&self.files);
        if changed != held.changed {
            // A half-written pair is tried once; the next change of either file tries again.
            held.changed = changed;
            match certified_key(&self.files) {
                Ok(key) => {
                    tracing::info!("the TLS certificate was read again");
                    held.key = Arc::new(key);
                }
                Err(error) => tracing::error!(%error, "the changed TLS certificate is not used"),
            }
        }
        Arc::clone(&held.key)
    }
}

impl fmt::Debug for ReloadingCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReloadingCertificate")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl ResolvesServerCert for ReloadingCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn stamp(files: &TlsFiles) -> Stamp {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    (
        changed(&files.certificate_chain_file),
        changed(files.private_key_file.path()),
    )
}

fn certified_key(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let unreadable = || TlsError::Chain(files.certificate_chain_file.clone());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate_chain_file)
        .and_then(Iterator::collect)
        .map_err(|_| unreadable())?;
    if chain.is_empty() {
        return Err(unreadable());
    }
    let pem = files.private_key_file.read()?;
    let key = PrivateKeyDer::from_pem_slice(pem.expose()).map_err(|_| TlsError::KeyForm)?;
    CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(TlsError::Key)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fixture::{Authority, scratch_file};

    #[test]
    fn a_changed_certificate_is_served_and_a_broken_one_is_not() {
        let authority = Authority::new("Org");
        let (files, newer) = (authority.localhost(), authority.localhost());
        let resolver = ReloadingCertificate::load(files.clone()).unwrap();
        let first = resolver.current();
        assert!(
            Arc::ptr_eq(&first, &resolver.current()),
            "unchanged files are not read again"
        );

        let mut later = 0;
        let mut replace = |to: &Path, content: &[u8]| {
            later += 10;
            std::fs::write(to, content).unwrap();
            let file = std::fs::File::options().append(true).open(to).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000 + later))
                .unwrap();
        };
        replace(&files.certificate_chain_file, b"half-written");
        assert!(Arc::ptr_eq(&first, &resolver.current()));
        replace(
            &files.certificate_chain_file,
            &std::fs::read(&newer.certificate_chain_file).unwrap(),
        );
        assert!(Arc::ptr_eq(&first, &resolver.current()), "the key is still the old one");
        replace(
            files.private_key_file.path(),
            newer.private_key_file.read().unwrap().expose(),
        );
        assert_ne!(resolver.current().cert, first.cert);
    }

    #[test]
    fn refuses_a_key_that_does_not_fit_and_files_that_are_none() {
        let authority = Authority::new("Org");
        let (mut files, other) = (authority.localhost(), authority.localhost());
        files.private_key_file = other.private_key_file;
        assert!(matches!(server_config(&files), Err(TlsError::Key(_))));
        files.certificate_chain_file = scratch_file("none.pem", b"");
        assert!(matches!(server_config(&files), Err(TlsError::Chain(_))));
    }
}
