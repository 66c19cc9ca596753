//! Messages and rules of OpenID for Verifiable Credential Issuance 1.0
//!
//! Both sides use them: issuers read requests and write responses, wallets the other way round. Every message is read
//! from bytes with strict rules; nothing here opens a socket or reads a clock.
#![forbid(unsafe_code)]

mod credential;
mod error;
mod metadata;
mod nonce;
mod offer;
mod proof;

pub use credential::{
    CredentialRequest, CredentialRequestError, CredentialResponse, CredentialResponseError, CredentialTarget,
    IssuedCredential,
};
pub use error::{CredentialError, CredentialErrorCode};
pub use metadata::{
    AlgorithmName, BatchCredentialIssuance, CREDENTIAL_ISSUER_SUFFIX, ClaimDescription, CredentialConfiguration,
    CredentialIssuerMetadata, CredentialMetadata, Display, EncryptionSupport, Image, KeyAttestationsRequired,
    MetadataError, ProofType, credential_issuer_metadata_url, localized,
};
pub use nonce::{C_NONCE_LIFETIME, CNonce, NonceError, NonceResponse, UnspentCNonce, UnverifiedCNonce};
pub use offer::{
    AuthorizationCodeGrant, CredentialOffer, CredentialOfferUri, Grants, OfferError, PreAuthorizedCodeGrant, TxCode,
    TxCodeInputMode,
};
pub use proof::{
    NonceRule, PROOF_TYP, ProofError, ProofExpectation, UnverifiedProof, UnverifiedProofs, VerifiedProof,
    VerifiedProofs, proof_signing_input,
};

#[cfg(test)]
mod vectors;
