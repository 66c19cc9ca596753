//! Why a JSON value is no usable key.

/// Why a JSON value is no public key that this system uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkError {
    /// The value is not an object with the members that its key type needs.
    #[error("not a JSON Web Key")]
    Malformed,
    /// The key has a private or symmetric member: whoever sent it has given it away.
    #[error("the key is not a public one")]
    PrivateKey,
    /// The key type or the curve is not one that this system uses.
    #[error("not a key type and curve that this system uses")]
    Unsupported,
    /// The point is not on the curve.
    #[error("the point is not on the curve")]
    InvalidPoint,
    /// The key's `use`, `key_ops` or `alg` forbids this use.
    #[error("the key is not meant for this use")]
    Use,
}

impl JwkError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "jwk_malformed",
            Self::PrivateKey => "private_key_in_header",
            Self::Unsupported => "jwk_unsupported",
            Self::InvalidPoint => "jwk_invalid_point",
            Self::Use => "jwk_use",
        }
    }
}
