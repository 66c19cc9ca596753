//! Why a proof or a credential was refused.

use mahfada_crypto::{KeyError, RandomError, SignError};

use crate::json_ld::{ExpansionError, SelectionError};
use crate::multikey::MultikeyError;
use crate::rdf::WorkLimitExceeded;

/// Why a proof does not hold, or could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The proof lacks a member, or one has another form than it must.
    #[error("the proof is malformed")]
    Malformed,
    /// The proof uses a cryptosuite that is not supported.
    #[error("the cryptosuite is not supported")]
    Cryptosuite,
    /// The proof follows on another one.
    #[error("proof chains are not supported")]
    Chain,
    /// The key is of a kind that the cryptosuite does not use.
    #[error("the key is not for this cryptosuite")]
    KeyKind,
    /// The proof value has another form than the cryptosuite says.
    #[error("the proof value is malformed")]
    Value,
    /// The proof value is a base proof where a derived one belongs, or the other way round.
    #[error("a base proof in place of a derived one, or the other way round")]
    Header,
    /// The document cannot be turned into statements.
    #[error(transparent)]
    Expansion(#[from] ExpansionError),
    /// The graph is too hard to canonicalize.
    #[error(transparent)]
    TooMuchWork(#[from] WorkLimitExceeded),
    /// The signature is not one of this key over this document.
    #[error("the signature does not hold")]
    Signature,
    /// A pointer points at nothing.
    #[error("a pointer points at nothing")]
    Pointer,
    /// Nothing would be disclosed.
    #[error("nothing is selected")]
    NothingSelected,
    /// The signing key is out of reach.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// No key could be made for this proof.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No random bytes were to be had.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl From<SelectionError> for ProofError {
    fn from(_: SelectionError) -> Self {
        Self::Pointer
    }
}

impl From<MultikeyError> for ProofError {
    fn from(_: MultikeyError) -> Self {
        Self::KeyKind
    }
}

impl ProofError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "vc_proof_malformed",
            Self::Cryptosuite => "vc_cryptosuite",
            Self::Chain => "vc_proof_chain",
            Self::KeyKind => "alg_not_allowed",
            Self::Value => "vc_proof_value",
            Self::Header => "vc_proof_header",
            Self::Expansion(error) => error.code(),
            Self::TooMuchWork(_) => "vc_graph_too_hard",
            Self::Signature => "vc_signature",
            Self::Pointer => "vc_pointer",
            Self::NothingSelected => "vc_nothing_selected",
            Self::Sign(_) | Self::Key(_) | Self::Random(_) => "vc_signing",
        }
    }
}

/// Why a credential was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The bytes are no JSON object, or it has no proof.
    #[error("not a secured credential")]
    Document,
    /// A member that the data model asks for is missing or has another form (VCDM 2.0 §4).
    #[error("the member {0} is not as the data model asks")]
    DataModel(&'static str),
    /// More proofs than allowed.
    #[error("more proofs than allowed")]
    TooManyProofs,
    /// The same proof stands twice.
    #[error("the same proof twice")]
    DuplicateProof,
    /// The proof is for something else.
    #[error("the proof is for another purpose")]
    Purpose,
    /// The proof names a key that the caller does not trust.
    #[error("the verification method is not trusted")]
    VerificationMethod,
    /// The key is trusted, and belongs to somebody else than the issuer.
    #[error("the key is not the issuer's")]
    Controller,
    /// The proof was made in the future.
    #[error("the proof was created in the future")]
    CreatedInFuture,
    /// The proof has ended.
    #[error("the proof has expired")]
    ProofExpired,
    /// The credential is not valid yet.
    #[error("the credential is not valid yet")]
    NotYetValid,
    /// The credential is not valid any more.
    #[error("the credential has expired")]
    Expired,
    /// The proof does not hold.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl CredentialError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Document => "vc_document",
            Self::DataModel(_) => "vc_data_model",
            Self::TooManyProofs => "vc_too_many_proofs",
            Self::DuplicateProof => "vc_proof_duplicate",
            Self::Purpose => "vc_proof_purpose",
            Self::VerificationMethod => "vc_verification_method",
            Self::Controller => "vc_controller",
            Self::CreatedInFuture => "vc_proof_created",
            Self::ProofExpired => "vc_proof_expired",
            Self::NotYetValid => "vc_not_yet_valid",
            Self::Expired => "vc_expired",
            Self::Proof(error) => error.code(),
        }
    }
}
