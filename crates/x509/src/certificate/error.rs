//! Why bytes are no certificate.

/// Why bytes are no certificate that this system reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The certificate is longer than 16 KiB.
    #[error("longer than a certificate may be")]
    TooLong,
    /// The bytes are not a certificate in strict DER.
    #[error("not a certificate in strict DER")]
    Malformed,
    /// The certificate is not of version 3.
    #[error("not a certificate of version 3")]
    Version,
    /// An extension stands twice or cannot be read.
    #[error("an extension stands twice or cannot be read")]
    Extension,
    /// The key is on no named curve that this system knows, or the point is not on it.
    #[error("not a key that this system knows")]
    Key,
    /// The text holds no certificate between PEM boundaries, or something else too.
    #[error("not certificates in PEM")]
    Pem,
}

impl CertificateError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "x509_too_large",
            Self::Version => "x509_version",
            Self::Extension => "x509_extension",
            Self::Key => "x509_key",
            Self::Malformed | Self::Pem => "x509_malformed",
        }
    }
}
