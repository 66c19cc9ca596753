//! Keys that stay in the phone's hardware, and what they are asked to sign.

use mahfada_crypto::{PublicKey, Signature, SignatureAlgorithm};

mahfada_base::text_newtype! {
    /// The name under which the phone's hardware knows a private key.
    KeyId
}

/// The root key of this wallet instance for one issuer, `K_w` (decision D2).
///
/// The app keeps one per issuer, so that issuers cannot match wallets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletKey {
    /// The name of the key.
    pub id: KeyId,
    /// The public half.
    pub public: PublicKey,
}

/// A key that one copy of a credential is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialKey {
    /// The name of the key.
    pub id: KeyId,
    /// The public half.
    pub public: PublicKey,
}

/// What the hardware is asked to sign with ES256; it hashes the message itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignRequest {
    /// The key to sign with.
    pub key: KeyId,
    /// The message, not hashed.
    pub message: Vec<u8>,
    /// What the signature is for; it decides whether the citizen is asked to unlock the key.
    pub reason: SignReason,
}

/// What a signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignReason {
    /// Proves to the issuer that the request comes from this wallet instance (RFC 9449).
    Dpop,
    /// Hands the card's answer to the issuer.
    CardEvidence,
    /// Proves to the issuer that this wallet holds the key of a new credential.
    KeyProof,
    /// Shows a credential to a verifier.
    Presentation,
}

/// Takes a signature only in the fixed-length form of ES256; phones that return DER convert it first.
pub(crate) fn is_es256(signature: &Signature) -> bool {
    signature.0.len() == SignatureAlgorithm::Es256.signature_len()
}
