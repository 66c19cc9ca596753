//! Making a JWS, at once or in two steps around a key that lives elsewhere.

use std::fmt;

use mahfada_base::base64url;
use mahfada_crypto::{Signature, SignatureAlgorithm, Signer};
use mahfada_x509::Certificate;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Jwk;

/// Why a message was not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The claims cannot be written as JSON.
    #[error("the claims cannot be written as JSON")]
    Claims(#[source] serde_json::Error),
    /// A member was set that the builder or this system keeps to itself (`alg`, `typ`, `crit`, `b64`).
    #[error("the header member is not free to be set")]
    Header,
    /// The signer failed.
    #[error("the message could not be signed")]
    Signer(#[from] mahfada_crypto::SignError),
    /// The signature has not the length of its algorithm.
    #[error("not a signature of this algorithm")]
    SignatureFormat,
}

/// The header of a JWS to be made.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct JwsBuilder {
    members: Map<String, Value>,
    reserved: bool,
}

impl JwsBuilder {
    /// Starts a header of a media type, without `application/` (RFC 7515 §4.1.9).
    pub fn new(typ: &str) -> Self {
        let mut members = Map::new();
        members.insert("typ".to_owned(), typ.into());
        Self {
            members,
            reserved: false,
        }
    }

    /// Names the key.
    pub fn kid(self, kid: impl Into<String>) -> Self {
        self.set("kid", Value::String(kid.into()))
    }

    /// Puts the public key into the header.
    pub fn jwk(self, jwk: &Jwk) -> Self {
        self.set("jwk", jwk.to_value())
    }

    /// Puts the chain into the header, leaf first; the anchor stays out (HAIP 1.0 §5).
    pub fn x5c(self, chain: &[Certificate]) -> Self {
        let texts = chain
            .iter()
            .map(|certificate| Value::String(base64url::encode_standard(certificate.der())));
        self.set("x5c", texts.collect())
    }

    /// Sets another member; `alg`, `typ`, `crit` and `b64` are refused when the message is signed.
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.reserved |= matches!(name, "alg" | "typ" | "crit" | "b64");
        self.set(name, value.into())
    }

    fn set(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Signs the claims and returns the compact JWS.
    ///
    /// # Errors
    /// [`SignError`] when the claims cannot be written or the signer fails.
    pub fn sign(&self, claims: &impl Serialize, signer: &dyn Signer) -> Result<String, SignError> {
        self.signing_input(signer.algorithm(), claims)?.sign(signer)
    }

    /// Signs a payload as it is and returns the compact JWS.
    ///
    /// # Errors
    /// [`SignError`] when the signer fails.
    pub fn sign_bytes(&self, payload: &[u8], signer: &dyn Signer) -> Result<String, SignError> {
        self.signing_input_bytes(signer.algorithm(), payload)?.sign(signer)
    }

    /// Writes what a key elsewhere signs over the claims.
    ///
    /// # Errors
    /// [`SignError::Claims`] or [`SignError::Header`].
    pub fn signing_input(&self, alg: SignatureAlgorithm, claims: &impl Serialize) -> Result<SigningInput, SignError> {
        self.signing_input_bytes(alg, &serde_json::to_vec(claims).map_err(SignError::Claims)?)
    }

    /// Writes what a key elsewhere signs over a payload.
    ///
    /// # Errors
    /// [`SignError::Header`].
    pub fn signing_input_bytes(&self, alg: SignatureAlgorithm, payload: &[u8]) -> Result<SigningInput, SignError> {
        if self.reserved {
            return Err(SignError::Header);
        }
        let mut members = self.members.clone();
        members.insert("alg".to_owned(), alg.name().into());
        let header = base64url::encode(Value::Object(members).to_string());
        Ok(SigningInput {
            alg,
            text: format!("{header}.{}", base64url::encode(payload)),
        })
    }
}

/// Header and payload, waiting for their signature.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningInput {
    alg: SignatureAlgorithm,
    text: String,
}

impl SigningInput {
    /// Returns the bytes that are signed (the signer hashes them).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Returns the algorithm that the header names.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.alg
    }

    /// Joins the signature; whether it is valid is not checked.
    #[must_use]
    pub fn with_signature(&self, signature: &Signature) -> String {
        format!("{}.{}", self.text, base64url::encode(&signature.0))
    }

    fn sign(&self, signer: &dyn Signer) -> Result<String, SignError> {
        let signature = signer.sign(self.as_bytes())?;
        if signature.0.len() == self.alg.signature_len() {
            Ok(self.with_signature(&signature))
        } else {
            Err(SignError::SignatureFormat)
        }
    }
}

impl fmt::Debug for SigningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningInput({}, {} bytes)", self.alg.name(), self.text.len())
    }
}
