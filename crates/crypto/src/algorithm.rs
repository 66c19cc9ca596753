//! The algorithms that tokens use (decision D11); what documents use is in `document`.

/// A signature algorithm of JOSE and COSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA with P-256 and SHA-256, the floor of every profile.
    Es256,
    /// ECDSA with P-384 and SHA-384, verification of peers only.
    Es384,
    /// Ed25519, verification of peers and log checkpoints.
    EdDsa,
}

impl SignatureAlgorithm {
    /// Returns the JOSE name (RFC 7518, RFC 8037).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Finds the algorithm by its exact JOSE name; `none` and everything unknown is `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Es256, Self::Es384, Self::EdDsa]
            .into_iter()
            .find(|alg| alg.name() == name)
    }

    /// Returns the length of a signature in bytes.
    #[must_use]
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Es256 | Self::EdDsa => 64,
            Self::Es384 => 96,
        }
    }
}

/// A content encryption algorithm of JWE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentEncryption {
    /// AES-GCM with a 128-bit key.
    A128Gcm,
    /// AES-GCM with a 256-bit key.
    A256Gcm,
}

impl ContentEncryption {
    /// Returns the JOSE name (RFC 7518 §5.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// Finds the algorithm by its exact JOSE name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::A128Gcm, Self::A256Gcm]
            .into_iter()
            .find(|enc| enc.name() == name)
    }

    /// Returns the key length in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm => 32,
        }
    }
}
