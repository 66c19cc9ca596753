//! Why a chain was refused.

use crate::CertificateError;

/// Why a chain was refused; every rule has its own variant and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The chain has no certificate or more than four.
    #[error("a chain has one to four certificates")]
    Length,
    /// The certificates have more than 32 KiB together.
    #[error("longer than a chain may be")]
    TooLarge,
    /// A certificate is not in canonical padded base64.
    #[error("a certificate is not in canonical base64")]
    Encoding,
    /// A certificate cannot be read, or its key cannot.
    #[error("a certificate cannot be read")]
    Certificate(#[from] CertificateError),
    /// The chain holds the anchor or another self-signed certificate.
    #[error("the chain holds an anchor")]
    AnchorInChain,
    /// The leaf is self-signed.
    #[error("the leaf is self-signed")]
    SelfSignedLeaf,
    /// The leaf is a CA.
    #[error("the leaf is a certification authority")]
    LeafIsCa,
    /// The leaf's key usage does not allow digital signatures.
    #[error("the key usage of the leaf lacks digitalSignature")]
    KeyUsage,
    /// The leaf does not name the extended key usage of the role.
    #[error("the leaf lacks the extended key usage of the role")]
    ExtendedKeyUsage,
    /// A certificate names another issuer than the next one's subject.
    #[error("issuer and subject do not chain")]
    NameChaining,
    /// The authority key identifier is not the issuer's subject key identifier.
    #[error("the key identifiers do not chain")]
    KeyIdentifier,
    /// A certificate is signed with an algorithm that is not ES256 or ES384 or does not fit the issuer's key.
    #[error("the signature algorithm is not allowed for the issuer's key")]
    SignatureAlgorithm,
    /// A signature is invalid.
    #[error("a certificate is not signed by its issuer")]
    Signature,
    /// An issuer is no CA or may not sign certificates.
    #[error("an issuer may not sign certificates")]
    NotCa,
    /// More certificates follow than an issuer's path length allows.
    #[error("the path is longer than an issuer allows")]
    PathLength,
    /// A certificate is not valid yet.
    #[error("a certificate is not valid yet")]
    NotYetValid,
    /// A certificate is no longer valid.
    #[error("a certificate is no longer valid")]
    Expired,
    /// A critical extension is not understood.
    #[error("a critical extension is not understood")]
    CriticalExtension,
    /// A certificate has name constraints, which this domain does not use.
    #[error("name constraints are not used in this domain")]
    NameConstraints,
    /// The chain does not end under any of the anchors.
    #[error("the chain does not end under a known anchor")]
    Untrusted,
}

impl ChainError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length => "x509_chain_length",
            Self::TooLarge => "x509_too_large",
            Self::Encoding => "x509_malformed",
            Self::Certificate(fault) => fault.code(),
            Self::AnchorInChain => "x509_anchor_in_chain",
            Self::SelfSignedLeaf => "x509_self_signed",
            Self::LeafIsCa => "x509_leaf_is_ca",
            Self::KeyUsage => "x509_key_usage",
            Self::ExtendedKeyUsage => "x509_extended_key_usage",
            Self::NameChaining => "x509_name_chaining",
            Self::KeyIdentifier => "x509_key_identifier",
            Self::SignatureAlgorithm => "x509_signature_algorithm",
            Self::Signature => "x509_signature",
            Self::NotCa => "x509_not_ca",
            Self::PathLength => "x509_path_length",
            Self::NotYetValid => "x509_not_yet_valid",
            Self::Expired => "x509_expired",
            Self::CriticalExtension => "x509_critical_extension",
            Self::NameConstraints => "x509_name_constraints",
            Self::Untrusted => "x509_untrusted",
        }
    }
}
