//! Data Integrity proofs: their options, their suites and the keys they name (Data Integrity §2).

use mahfada_base::UnixTime;
use mahfada_crypto::{CryptoProvider, PublicKey, SignatureAlgorithm};
use serde_json::{Map, Value};

use crate::error::ProofError;
use crate::json_ld::{BlankLabels, Contexts, Selection, to_rdf};
use crate::multikey::{MultikeyError, from_did_key};
use crate::rdf::{HashAlgorithm, canonicalize};
use crate::timestamp;

/// A cryptosuite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cryptosuite {
    /// Signs the whole document with ECDSA over P-256 or P-384.
    EcdsaRdfc2019,
    /// Signs the whole document with Ed25519.
    EddsaRdfc2022,
    /// Signs statement by statement with ECDSA over P-256, so that the holder can leave some out.
    EcdsaSd2023,
}

impl Cryptosuite {
    /// Returns the name that proofs carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcdsaRdfc2019 => "ecdsa-rdfc-2019",
            Self::EddsaRdfc2022 => "eddsa-rdfc-2022",
            Self::EcdsaSd2023 => "ecdsa-sd-2023",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::EcdsaRdfc2019, Self::EddsaRdfc2022, Self::EcdsaSd2023]
            .into_iter()
            .find(|suite| suite.name() == name)
    }

    /// Returns the algorithm that the suite uses with a kind of key; `None` when the key is not for the suite.
    pub(crate) const fn algorithm(self, key: &PublicKey) -> Option<SignatureAlgorithm> {
        match (self, key) {
            (Self::EcdsaRdfc2019 | Self::EcdsaSd2023, PublicKey::P256(_)) => Some(SignatureAlgorithm::Es256),
            (Self::EcdsaRdfc2019, PublicKey::P384(_)) => Some(SignatureAlgorithm::Es384),
            (Self::EddsaRdfc2022, PublicKey::Ed25519(_)) => Some(SignatureAlgorithm::EdDsa),
            _ => None,
        }
    }
}

/// What a proof is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofPurpose {
    /// The issuer asserts the claims of a credential.
    AssertionMethod,
    /// The holder proves who presents.
    Authentication,
}

impl ProofPurpose {
    /// Returns the name that proofs carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AssertionMethod => "assertionMethod",
            Self::Authentication => "authentication",
        }
    }
}

/// A key that the caller trusts to speak for its controller.
#[derive(Clone, Debug)]
pub struct VerificationMethod {
    /// The URL that proofs name.
    pub id: String,
    /// The URL of the issuer or holder whose key it is.
    pub controller: String,
    /// The key.
    pub public_key: PublicKey,
    /// What the controller lets the key do.
    pub purposes: Vec<ProofPurpose>,
}

impl VerificationMethod {
    /// Reads the one verification method of a `did:key`, which may do everything for itself.
    ///
    /// # Errors
    /// [`MultikeyError`] when the text is no `did:key` of a kind that the suites use.
    pub fn from_did_key(did: &str, provider: &CryptoProvider) -> Result<Self, MultikeyError> {
        let controller = did.split('#').next().unwrap_or(did);
        let public_key = from_did_key(did, provider)?;
        let name = controller.strip_prefix("did:key:").ok_or(MultikeyError)?;
        Ok(Self {
            id: format!("{controller}#{name}"),
            controller: controller.to_owned(),
            public_key,
            purposes: vec![ProofPurpose::AssertionMethod, ProofPurpose::Authentication],
        })
    }
}

/// What a new proof says about itself.
#[derive(Clone, Debug)]
pub struct ProofOptions {
    /// The URL of the key that signs.
    pub verification_method: String,
    /// What the proof is for.
    pub purpose: ProofPurpose,
    /// When it was made.
    pub created: Option<UnixTime>,
    /// When it ends.
    pub expires: Option<UnixTime>,
    /// The verifier's nonce.
    pub challenge: Option<String>,
    /// The verifier that it is made for.
    pub domain: Option<String>,
}

impl ProofOptions {
    /// Says that the key asserts a credential, and nothing else.
    #[must_use]
    pub fn assertion(verification_method: &str) -> Self {
        Self {
            verification_method: verification_method.to_owned(),
            purpose: ProofPurpose::AssertionMethod,
            created: None,
            expires: None,
            challenge: None,
            domain: None,
        }
    }

    pub(crate) fn to_members(&self, suite: Cryptosuite) -> Map<String, Value> {
        let optional = [
            ("created", self.created.map(UnixTime::to_rfc3339)),
            ("expires", self.expires.map(UnixTime::to_rfc3339)),
            ("challenge", self.challenge.clone()),
            ("domain", self.domain.clone()),
        ];
        let fixed = [
            ("type", "DataIntegrityProof"),
            ("cryptosuite", suite.name()),
            ("verificationMethod", &self.verification_method),
            ("proofPurpose", self.purpose.name()),
        ];
        fixed
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .chain(
                optional
                    .into_iter()
                    .filter_map(|(name, value)| Some((name.to_owned(), value?.into()))),
            )
            .collect()
    }
}

/// A proof as it stands in a document, read and not yet verified.
#[derive(Debug)]
pub(crate) struct UnverifiedProof {
    pub(crate) suite: Cryptosuite,
    pub(crate) purpose: String,
    pub(crate) verification_method: String,
    pub(crate) value: String,
    pub(crate) created: Option<UnixTime>,
    pub(crate) expires: Option<UnixTime>,
    /// Everything but `proofValue`, as the signature covers it.
    pub(crate) options: Map<String, Value>,
}

impl UnverifiedProof {
    pub(crate) fn parse(proof: &Value) -> Result<Self, ProofError> {
        let mut options = proof.as_object().ok_or(ProofError::Malformed)?.clone();
        let Some(Value::String(value)) = options.remove("proofValue") else {
            return Err(ProofError::Malformed);
        };
        let text = |name: &str| options.get(name).and_then(Value::as_str).ok_or(ProofError::Malformed);
        let time = |name: &str| match options.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_str()
                .and_then(timestamp::parse)
                .map(Some)
                .ok_or(ProofError::Malformed),
        };
        if text("type")? != "DataIntegrityProof" {
            return Err(ProofError::Cryptosuite);
        }
        // A proof chain needs an order that is not checked here.
        if options.contains_key("previousProof") {
            return Err(ProofError::Chain);
        }
        Ok(Self {
            suite: Cryptosuite::from_name(text("cryptosuite")?).ok_or(ProofError::Cryptosuite)?,
            purpose: text("proofPurpose")?.to_owned(),
            verification_method: text("verificationMethod")?.to_owned(),
            created: time("created")?,
            expires: time("expires")?,
            value,
            options,
        })
    }
}

/// Hashes the canonical proof options under the contexts of the document (ECDSA §3.2.4 and §3.2.5).
pub(crate) fn hash_options(
    options: &Map<String, Value>,
    document: &Map<String, Value>,
    hash: HashAlgorithm,
    contexts: &Contexts,
    provider: &CryptoProvider,
) -> Result<Vec<u8>, ProofError> {
    let context = document.get("@context").ok_or(ProofError::Malformed)?;
    // A proof with contexts of its own would be read differently from the document that it secures.
    if options.get("@context").is_some_and(|own| own != context) {
        return Err(ProofError::Malformed);
    }
    let mut options = options.clone();
    options.insert("@context".to_owned(), context.clone());
    let text = canonical_text(&options, hash, contexts, provider)?;
    Ok(hash_bytes(text.as_bytes(), hash, provider))
}

/// Returns the canonical N-Quads of a document.
pub(crate) fn canonical_text(
    document: &Map<String, Value>,
    hash: HashAlgorithm,
    contexts: &Contexts,
    provider: &CryptoProvider,
) -> Result<String, ProofError> {
    let quads = to_rdf(document, &Selection::All, contexts, &mut BlankLabels::default())?;
    Ok(canonicalize(&quads, hash, provider.digest)?.statements(&quads).concat())
}

pub(crate) fn hash_bytes(bytes: &[u8], hash: HashAlgorithm, provider: &CryptoProvider) -> Vec<u8> {
    match hash {
        HashAlgorithm::Sha256 => provider.digest.sha256(bytes).to_vec(),
        HashAlgorithm::Sha384 => provider.digest.sha384(bytes).to_vec(),
    }
}
