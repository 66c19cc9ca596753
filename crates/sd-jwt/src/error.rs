//! Why an SD-JWT is refused.

use mahfada_jose::JwsError;

use crate::{DisclosureError, ProcessError};

/// Why an SD-JWT is refused (RFC 9901 §7.1).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SdJwtError {
    /// The text has more bytes than [`crate::MAX_LENGTH`].
    #[error("longer than an sd-jwt may be")]
    TooLong,
    /// The text has more than [`crate::MAX_DISCLOSURES`] disclosures.
    #[error("more disclosures than allowed")]
    TooManyDisclosures,
    /// The text is not an issuer-signed JWT with disclosures, each followed by a tilde.
    #[error("not of the form of an sd-jwt")]
    Malformed,
    /// The issuer-signed JWT is refused.
    #[error("the issuer-signed jwt is refused")]
    Jws(#[from] JwsError),
    /// The payload is no JSON object, or a registered claim has the wrong type.
    #[error("the payload of the issuer-signed jwt cannot be read")]
    Payload,
    /// A disclosure cannot be read.
    #[error("a disclosure is refused")]
    Disclosure(#[from] DisclosureError),
    /// Digests and disclosures do not fit together.
    #[error("the disclosures do not fit the issuer-signed jwt")]
    Process(#[from] ProcessError),
    /// A key binding came where an issued SD-JWT was expected (RFC 9901 §7.2).
    #[error("an issued sd-jwt carries a key binding")]
    UnexpectedKeyBinding,
}

impl SdJwtError {
    /// Returns the stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "sd_too_long",
            Self::TooManyDisclosures => "sd_too_many_disclosures",
            Self::Malformed | Self::Payload => "sd_malformed",
            Self::Jws(error) => error.code(),
            Self::Disclosure(error) => error.code(),
            Self::Process(error) => error.code(),
            Self::UnexpectedKeyBinding => "unexpected_key_binding",
        }
    }
}
