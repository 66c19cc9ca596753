//! Takes an SD-JWT apart without believing anything in it (RFC 9901 §4).

use std::fmt;

use mahfada_jose::UnverifiedJws;

use crate::{Disclosure, SdJwtError};

#[cfg(test)]
mod tests;

/// The most bytes that an SD-JWT with its disclosures and key binding may have.
pub const MAX_LENGTH: usize = 256 * 1024;
/// The most disclosures that an SD-JWT may have.
pub const MAX_DISCLOSURES: usize = 256;

/// An SD-JWT, with or without key binding, of which nothing has been checked but the form.
pub struct UnverifiedSdJwt {
    /// The issuer-signed JWT and the disclosures with their tildes, as `sd_hash` covers them.
    pub(crate) text: String,
    pub(crate) jws: UnverifiedJws,
    pub(crate) disclosures: Vec<Disclosure>,
    key_binding: Option<String>,
}

impl UnverifiedSdJwt {
    /// Parses the compact serialization; it checks neither signature nor digests.
    ///
    /// # Errors
    /// [`SdJwtError`] when the text is too long, has too many disclosures, or a part cannot be read.
    pub fn parse(text: &str) -> Result<Self, SdJwtError> {
        if text.len() > MAX_LENGTH {
            return Err(SdJwtError::TooLong);
        }
        let (head, key_binding) = text.rsplit_once('~').ok_or(SdJwtError::Malformed)?;
        let (jwt, disclosures) = match head.split_once('~') {
            Some((jwt, disclosures)) => (jwt, disclosures.split('~').collect()),
            None => (head, Vec::new()),
        };
        if disclosures.len() > MAX_DISCLOSURES {
            return Err(SdJwtError::TooManyDisclosures);
        }
        Ok(Self {
            text: format!("{head}~"),
            jws: UnverifiedJws::parse(jwt)?,
            disclosures: disclosures
                .into_iter()
                .map(|encoded| Disclosure::parse(encoded).map_err(SdJwtError::from))
                .collect::<Result<_, _>>()?,
            key_binding: (!key_binding.is_empty()).then(|| key_binding.to_owned()),
        })
    }

    /// Returns the issuer-signed JWT, unverified.
    #[must_use]
    pub const fn jws(&self) -> &UnverifiedJws {
        &self.jws
    }

    /// Returns the certificate chain that the header names, unverified.
    #[must_use]
    pub fn x5c(&self) -> Option<&[String]> {
        self.jws.header().x5c.as_deref()
    }

    /// Returns the key binding JWT, unverified, if the text ends with one.
    #[must_use]
    pub fn key_binding(&self) -> Option<&str> {
        self.key_binding.as_deref()
    }

    /// Refuses a key binding: a holder takes an issued SD-JWT only without (RFC 9901 §7.2).
    ///
    /// # Errors
    /// [`SdJwtError::UnexpectedKeyBinding`] when there is one.
    pub const fn refuse_key_binding(&self) -> Result<(), SdJwtError> {
        match self.key_binding {
            Some(_) => Err(SdJwtError::UnexpectedKeyBinding),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for UnverifiedSdJwt {
    /// Shows lengths and counts: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedSdJwt")
            .field("bytes", &self.text.len())
            .field("disclosures", &self.disclosures.len())
            .field("key_binding", &self.key_binding.is_some())
            .finish_non_exhaustive()
    }
}
