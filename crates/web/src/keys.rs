//! A signing key and the certificates that speak for it, read from files and checked to belong together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mahfada_base::Secret;
use mahfada_crypto::{CryptoProvider, Signer};
use mahfada_x509::Certificate;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{SecretFile, SecretFileError};

/// The files of one signing identity.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningConfig {
    /// The private key, PKCS#8 as PEM or DER.
    pub private_key_file: SecretFile,
    /// The certificate chain, PEM, leaf first, without the anchor.
    pub certificate_chain_file: PathBuf,
}

/// A signer and the chain whose leaf holds its public key.
#[derive(Clone, Debug)]
pub struct SigningIdentity {
    /// Signs with the private key.
    pub signer: Arc<dyn Signer>,
    /// The chain, leaf first, as `x5c` carries it.
    pub chain: Vec<Certificate>,
}

/// Why a signing identity could not be loaded or does not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The private key file cannot be read.
    #[error("cannot read the private key")]
    KeyFile(#[from] SecretFileError),
    /// The file holds no ES256 private key.
    #[error("{0} holds no P-256 private key in PKCS#8")]
    Key(PathBuf),
    /// The file holds no certificate chain.
    #[error("{0} holds no certificate chain")]
    Chain(PathBuf),
    /// The leaf certifies another key.
    #[error("the leaf certificate does not hold the public half of the private key")]
    KeyMismatch,
    /// The key does not sign, or its signatures do not verify.
    #[error("the signing key does not work")]
    SelfTest,
}

impl IdentityError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyFile(_) | Self::Key(_) => "signing_key",
            Self::Chain(_) => "signing_chain",
            Self::KeyMismatch => "signing_key_mismatch",
            Self::SelfTest => "signing_self_test",
        }
    }
}

impl SigningIdentity {
    /// Joins a signer and its chain. It does not check who issued the chain nor until when it is valid.
    ///
    /// # Errors
    /// [`IdentityError::KeyMismatch`] when the leaf certifies another key or there is none.
    pub fn new(
        signer: Arc<dyn Signer>,
        chain: Vec<Certificate>,
        provider: &CryptoProvider,
    ) -> Result<Self, IdentityError> {
        let leaf = chain.first().ok_or(IdentityError::KeyMismatch)?;
        let certified = leaf.public_key(provider).map_err(|_| IdentityError::KeyMismatch)?;
        if certified != *signer.public_key() {
            return Err(IdentityError::KeyMismatch);
        }
        Ok(Self { signer, chain })
    }

    /// Reads key and chain from their files.
    ///
    /// # Errors
    /// [`IdentityError`] naming the file, or the mismatch.
    pub fn load(config: &SigningConfig, provider: &CryptoProvider) -> Result<Self, IdentityError> {
        let signer = load_signer(&config.private_key_file, provider)?;
        Self::new(signer, load_chain(&config.certificate_chain_file)?, provider)
    }

    /// Returns the certificate that holds the public key.
    #[must_use]
    pub fn leaf(&self) -> Option<&Certificate> {
        self.chain.first()
    }

    /// Signs a fixed text and verifies the signature with the certified key: the readiness check.
    ///
    /// # Errors
    /// [`IdentityError::SelfTest`] when either fails.
    pub fn self_test(&self, provider: &CryptoProvider) -> Result<(), IdentityError> {
        const MESSAGE: &[u8] = b"mahfada signing self-test";
        let signature = self.signer.sign(MESSAGE).map_err(|_| IdentityError::SelfTest)?;
        let key = self
            .leaf()
            .and_then(|leaf| leaf.public_key(provider).ok())
            .ok_or(IdentityError::SelfTest)?;
        provider
            .signatures
            .verify(self.signer.algorithm(), &key, MESSAGE, &signature.0)
            .map_err(|_| IdentityError::SelfTest)
    }
}

/// Reads an ES256 private key, PKCS#8 as PEM or DER.
///
/// # Errors
/// [`IdentityError`] when the file cannot be read or holds something else.
pub fn load_signer(file: &SecretFile, provider: &CryptoProvider) -> Result<Arc<dyn Signer>, IdentityError> {
    let bytes = file.read()?;
    let other = || IdentityError::Key(file.path().to_owned());
    if !bytes.expose().starts_with(b"-----BEGIN") {
        return provider.keys.es256_from_pkcs8(bytes.expose()).map_err(|_| other());
    }
    let key = PrivatePkcs8KeyDer::from_pem_slice(bytes.expose()).map_err(|_| other())?;
    let der = Secret::new(key.secret_pkcs8_der().to_vec());
    provider.keys.es256_from_pkcs8(der.expose()).map_err(|_| other())
}

/// Reads a PEM chain, leaf first.
///
/// # Errors
/// [`IdentityError::Chain`] when the file cannot be read or holds no certificate.
pub fn load_chain(path: &Path) -> Result<Vec<Certificate>, IdentityError> {
    let none = || IdentityError::Chain(path.to_owned());
    let text = std::fs::read_to_string(path).map_err(|_| none())?;
    let chain = Certificate::from_pem_many(&text).map_err(|_| none())?;
    if chain.is_empty() { Err(none()) } else { Ok(chain) }
}

#[cfg(test)]
mod tests {
    use mahfada_crypto::aws_lc::PROVIDER;
    use mahfada_crypto::{PublicKey, SignError, Signature, SignatureAlgorithm};
    use mahfada_x509::{CertificateKind, eku};

    use super::*;
    use crate::fixture::{Authority, key, scratch_file};

    fn leaf() -> CertificateKind {
        CertificateKind::Leaf {
            extended_key_usage: eku::LIST_SIGNING,
            dns_names: Vec::new(),
        }
    }

    fn config(key: &[u8], chain: &str) -> SigningConfig {
        SigningConfig {
            private_key_file: SecretFile::new(scratch_file("signer.key", key)),
            certificate_chain_file: scratch_file("signer.pem", chain.as_bytes()),
        }
    }

    #[test]
    fn loads_a_key_as_pem_and_as_der() {
        let key = key();
        let chain = Authority::new("Org").issue("Org", leaf(), &key).to_pem();
        for bytes in [key.pem.as_bytes(), &key.der] {
            let identity = SigningIdentity::load(&config(bytes, &chain), &PROVIDER).unwrap();
            assert!(matches!(identity.self_test(&PROVIDER), Ok(())));
        }
    }

    #[test]
    fn refuses_a_chain_of_another_key() {
        let chain = Authority::new("Org").issue("Org", leaf(), &key()).to_pem();
        let error = SigningIdentity::load(&config(key().pem.as_bytes(), &chain), &PROVIDER).unwrap_err();
        assert_eq!(error.code(), "signing_key_mismatch");
    }

    #[test]
    fn names_the_file_that_is_no_key_or_no_chain() {
        let key = key();
        let chain = Authority::new("Org").issue("Org", leaf(), &key).to_pem();
        let no_key = SigningIdentity::load(&config(b"no key", &chain), &PROVIDER).unwrap_err();
        assert!(no_key.to_string().contains("signer.key"), "{no_key}");
        let no_chain = SigningIdentity::load(&config(&key.der, ""), &PROVIDER).unwrap_err();
        assert!(no_chain.to_string().contains("signer.pem"), "{no_chain}");
    }

    #[derive(Debug)]
    struct Broken(Arc<dyn Signer>);

    impl Signer for Broken {
        fn algorithm(&self) -> SignatureAlgorithm {
            self.0.algorithm()
        }

        fn public_key(&self) -> &PublicKey {
            self.0.public_key()
        }

        fn sign(&self, _: &[u8]) -> Result<Signature, SignError> {
            Ok(Signature(vec![1; 64]))
        }
    }

    #[test]
    fn the_self_test_finds_a_signer_that_does_not_sign() {
        let key = key();
        let chain = vec![Authority::new("Org").issue("Org", leaf(), &key)];
        let identity = SigningIdentity::new(Arc::new(Broken(key.signer)), chain, &PROVIDER).unwrap();
        assert_eq!(identity.self_test(&PROVIDER).unwrap_err().code(), "signing_self_test");
    }
}
