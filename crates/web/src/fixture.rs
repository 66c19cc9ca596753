//! What the tests of this crate share: a throwaway PKI, scratch files, and a running server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::web::ServiceConfig;
use mahfada_base::{UnixTime, base64url};
use mahfada_crypto::Signer;
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_x509::{Certificate, CertificateKind, CertificateTemplate, SubjectName, issue, self_signed};
use tokio::sync::oneshot;

use crate::config::{OutboundConfig, SecretFile, TlsFiles};
use crate::listen::Listeners;
use crate::tls::server_config;

pub(crate) fn now() -> UnixTime {
    // Certificates of the TLS library are judged by the machine's own clock.
    mahfada_base::Clock::now(&crate::clock::SystemClock)
}

/// Writes a file that no other test writes.
pub(crate) fn scratch_file(name: &str, content: &[u8]) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let unique = format!(
        "mahfada-web-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let folder = std::env::temp_dir().join(unique);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// A key, as its file holds it and as its signer.
pub(crate) struct Key {
    pub(crate) pem: String,
    pub(crate) der: Vec<u8>,
    pub(crate) signer: Arc<dyn Signer>,
}

pub(crate) fn key() -> Key {
    let der = PROVIDER.keys.generate_es256_pkcs8(&SystemRandom).unwrap();
    let body = base64url::encode_standard(der.expose());
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    Key {
        pem: format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            lines.join("\n")
        ),
        der: der.expose().clone(),
        signer: PROVIDER.keys.es256_from_pkcs8(der.expose()).unwrap(),
    }
}

pub(crate) fn template(organization: &str, kind: CertificateKind) -> CertificateTemplate {
    let suffix = if matches!(kind, CertificateKind::Ca { .. }) {
        "CA"
    } else {
        "signer"
    };
    CertificateTemplate {
        subject: SubjectName {
            common_name: format!("{organization} {suffix}"),
            organization: organization.to_owned(),
            organization_identifier: Some("NTRMA-1".to_owned()),
            country: "MA".to_owned(),
        },
        kind,
        not_before: now().minus(3_600),
        not_after: now().plus(86_400),
    }
}

/// A certificate authority.
pub(crate) struct Authority {
    pub(crate) key: Key,
    pub(crate) certificate: Certificate,
}

impl Authority {
    pub(crate) fn new(organization: &str) -> Self {
        let key = key();
        let template = template(organization, CertificateKind::Ca { path_len: None });
        let certificate = self_signed(&template, key.signer.as_ref(), &SystemRandom, &PROVIDER).unwrap();
        Self { key, certificate }
    }

    pub(crate) fn issue(&self, organization: &str, kind: CertificateKind, subject: &Key) -> Certificate {
        issue(
            &template(organization, kind),
            subject.signer.public_key(),
            &self.certificate,
            self.key.signer.as_ref(),
            &SystemRandom,
            &PROVIDER,
        )
        .unwrap()
    }

    /// A TLS certificate for localhost, in files.
    pub(crate) fn localhost(&self) -> TlsFiles {
        let key = key();
        let kind = CertificateKind::TlsServer {
            dns_names: vec!["localhost".to_owned()],
            ip_addresses: vec![Ipv4Addr::LOCALHOST.into()],
        };
        let certificate = self.issue("Localhost", kind, &key);
        TlsFiles {
            certificate_chain_file: scratch_file("chain.pem", certificate.to_pem().as_bytes()),
            private_key_file: SecretFile::new(scratch_file("key.pem", key.pem.as_bytes())),
        }
    }

    /// What a client that trusts this authority is configured with.
    pub(crate) fn outbound(&self) -> OutboundConfig {
        OutboundConfig {
            trust_anchors_file: Some(scratch_file("ca.pem", self.certificate.to_pem().as_bytes())),
            allow_loopback: true,
        }
    }
}

/// A server on two free ports of 127.0.0.1 that ends with the test.
pub(crate) struct TestServer {
    pub(crate) public: SocketAddr,
    pub(crate) management: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<Result<(), crate::server::ServeError>>,
}

impl TestServer {
    pub(crate) fn start(tls: Option<&TlsFiles>, public: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        Self::start_with(crate::server::DEFAULT_WORKERS.into(), tls, public)
    }

    pub(crate) fn start_with(
        options: crate::server::ServerOptions,
        tls: Option<&TlsFiles>,
        public: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind_addresses(free, free).unwrap();
        let (public_address, management) = listeners.addresses().unwrap();
        let (stop, stopped) = oneshot::channel();
        let tls = tls.map(|files| server_config(files).unwrap());
        let management_routes = |config: &mut ServiceConfig| {
            crate::health::configure(config, || {
                let mut report = mahfada_base::Report::new();
                report.passed("storage");
                report
            });
        };
        let serving = crate::server::serve_with(options, listeners, tls, public, management_routes, async move {
            drop(stopped.await);
        });
        Self {
            public: public_address,
            management,
            stop: Some(stop),
            ended: tokio::spawn(serving),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.public.port())
    }

    pub(crate) async fn stop(mut self) -> Result<(), crate::server::ServeError> {
        drop(self.stop.take());
        self.ended.await.unwrap()
    }
}
