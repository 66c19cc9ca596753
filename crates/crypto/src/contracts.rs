//! The contracts: one trait per thing that a provider, an HSM or a phone can do.

use std::fmt::Debug;
use std::sync::Arc;

use mahfada_base::Secret;

use crate::{ContentEncryption, P256PublicKey, PublicKey, Signature, SignatureAlgorithm};

/// One set of algorithms; override a field and keep the rest.
#[derive(Clone, Copy, Debug)]
pub struct CryptoProvider {
    /// The name that test output and start-up logs show.
    pub name: &'static str,
    /// Parses and makes keys.
    pub keys: &'static dyn Keys,
    /// Verifies signatures.
    pub signatures: &'static dyn SignatureVerifier,
    /// Agrees on secrets over P-256.
    pub agreement: &'static dyn KeyAgreement,
    /// Encrypts with AES-GCM.
    pub aead: &'static dyn Aead,
    /// Hashes.
    pub digest: &'static dyn Digest,
    /// HMAC and HKDF.
    pub mac: &'static dyn Mac,
}

/// A source of random bytes fit for keys.
pub trait Random: Debug + Send + Sync {
    /// Fills the buffer or fails; it never returns predictable bytes.
    ///
    /// # Errors
    /// [`RandomError`] when the source has none to give; the caller then stops.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError>;
}

/// Signs with one private key, which may live in an HSM or in a phone's hardware.
pub trait Signer: Debug + Send + Sync {
    /// Returns the algorithm of the key.
    fn algorithm(&self) -> SignatureAlgorithm;
    /// Returns the public half.
    fn public_key(&self) -> &PublicKey;
    /// Signs the message (the signer hashes it).
    ///
    /// # Errors
    /// [`SignError`] when the key is out of reach; there is no fallback.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignError>;
}

/// Verifies signatures.
pub trait SignatureVerifier: Debug + Send + Sync {
    /// Verifies a fixed-length signature over a message.
    ///
    /// It does not check who the key belongs to nor whether the algorithm is allowed for the use.
    ///
    /// # Errors
    /// [`InvalidSignature`], also when the key does not belong to the algorithm.
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature>;
}

/// Parses public keys and makes key pairs.
pub trait Keys: Debug + Send + Sync {
    /// Reads affine coordinates on P-256 and checks that the point lies on the curve.
    ///
    /// # Errors
    /// [`KeyError`] when it does not.
    fn p256_public(&self, x: &[u8], y: &[u8]) -> Result<P256PublicKey, KeyError>;
    /// Reads affine coordinates on P-384 and checks that the point lies on the curve.
    ///
    /// # Errors
    /// [`KeyError`] when it does not.
    fn p384_public(&self, x: &[u8], y: &[u8]) -> Result<PublicKey, KeyError>;
    /// Reads an Ed25519 public key.
    ///
    /// # Errors
    /// [`KeyError`] when it is none, or of small order.
    fn ed25519_public(&self, bytes: &[u8]) -> Result<PublicKey, KeyError>;
    /// Makes an ES256 key pair from random bytes and returns its signer.
    ///
    /// # Errors
    /// [`KeyError`] when the random source fails.
    fn generate_es256(&self, random: &dyn Random) -> Result<Arc<dyn Signer>, KeyError>;
    /// Reads an ES256 private key from PKCS#8 DER.
    ///
    /// # Errors
    /// [`KeyError`] when it is none.
    fn es256_from_pkcs8(&self, der: &[u8]) -> Result<Arc<dyn Signer>, KeyError>;
    /// Makes an ES256 key pair from random bytes as PKCS#8 DER, to be kept in a key file.
    ///
    /// # Errors
    /// [`KeyError`] when the random source fails.
    fn generate_es256_pkcs8(&self, random: &dyn Random) -> Result<Secret<Vec<u8>>, KeyError>;
}

/// One private key of an agreement over P-256.
pub trait AgreementKey: Debug + Send + Sync {
    /// Returns the public half.
    fn public_key(&self) -> &P256PublicKey;
    /// Computes the shared x-coordinate with a peer.
    ///
    /// # Errors
    /// [`KeyError`] when the agreement fails.
    fn agree(&self, peer: &P256PublicKey) -> Result<Secret<[u8; 32]>, KeyError>;
    /// Returns the private scalar, to be sealed at rest; no HSM implements it.
    ///
    /// # Errors
    /// [`KeyError`] when the key does not leave its place.
    fn to_scalar(&self) -> Result<Secret<[u8; 32]>, KeyError>;
}

/// Makes private keys for ECDH over P-256.
pub trait KeyAgreement: Debug + Send + Sync {
    /// Makes a key from random bytes.
    ///
    /// # Errors
    /// [`KeyError`] when the random source fails.
    fn generate(&self, random: &dyn Random) -> Result<Box<dyn AgreementKey>, KeyError>;
    /// Reads a key from its scalar.
    ///
    /// # Errors
    /// [`KeyError`] when the scalar is zero or not below the order.
    #[expect(clippy::wrong_self_convention, reason = "the contract makes keys, it is none")]
    fn from_scalar(&self, scalar: &[u8; 32]) -> Result<Box<dyn AgreementKey>, KeyError>;
}

/// AES-GCM with a 96-bit nonce and a 128-bit tag, and nothing shorter.
pub trait Aead: Debug + Send + Sync {
    /// Encrypts; returns ciphertext and tag apart.
    ///
    /// # Errors
    /// [`AeadError`] when the key has the wrong length or the plaintext is too long.
    fn seal(
        &self,
        algorithm: ContentEncryption,
        key: &[u8],
        nonce: &[u8; 12],
        associated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), AeadError>;
    /// Decrypts and authenticates.
    ///
    /// # Errors
    /// [`AeadError`], the same for every reason.
    fn open(
        &self,
        algorithm: ContentEncryption,
        key: &[u8],
        nonce: &[u8; 12],
        associated_data: &[u8],
        ciphertext: &[u8],
        tag: &[u8; 16],
    ) -> Result<Vec<u8>, AeadError>;
}

/// SHA-2.
pub trait Digest: Debug + Send + Sync {
    /// Hashes with SHA-256.
    fn sha256(&self, data: &[u8]) -> [u8; 32];
    /// Hashes with SHA-384.
    fn sha384(&self, data: &[u8]) -> [u8; 48];
    /// Hashes with SHA-512.
    fn sha512(&self, data: &[u8]) -> [u8; 64];
}

/// HMAC and HKDF over SHA-256.
pub trait Mac: Debug + Send + Sync {
    /// Computes HMAC-SHA-256; compare results in constant time only.
    fn hmac_sha256(&self, key: &[u8], message: &[u8]) -> [u8; 32];
    /// Derives `output.len()` bytes with HKDF-SHA-256 (at most 8160).
    ///
    /// # Errors
    /// [`KeyError`] when more is asked for than HKDF gives.
    fn hkdf_sha256(&self, salt: &[u8], input: &[u8], info: &[u8], output: &mut [u8]) -> Result<(), KeyError>;
}

/// The random source gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes to be had")]
pub struct RandomError;

/// The signature is not one of this key over this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid signature")]
pub struct InvalidSignature;

/// Why a key could not be read, made or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes are no key of this kind: wrong length, off the curve, or zero.
    #[error("not a key of this kind")]
    Malformed,
    /// The key does not leave its place.
    #[error("the key cannot be exported")]
    NotExportable,
    /// More bytes were asked for than can be derived.
    #[error("more output than can be derived")]
    OutputTooLong,
    /// The random source failed.
    #[error("no random bytes to be had")]
    Random(#[from] RandomError),
}

/// The signer could not sign.
#[derive(Debug, thiserror::Error)]
#[error("the signing key is out of reach")]
pub struct SignError(#[source] pub Option<Box<dyn std::error::Error + Send + Sync>>);

/// Decryption failed; it does not say why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not encrypted for this key")]
pub struct AeadError;
