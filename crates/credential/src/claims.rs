//! What a query looks at, whatever the format.

use mahfada_base::{ClaimsPath, ClaimsPathError};
use serde_json::Value;

use crate::{CredentialFormat, CredentialType};

/// The claims of one verified credential, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a> {
    /// The format.
    pub format: CredentialFormat,
    /// The type.
    pub credential_type: &'a CredentialType,
    /// The claims as one JSON object, disclosed claims in place.
    pub value: &'a Value,
}

impl<'a> Claims<'a> {
    /// Selects the claims that a path points to (OpenID4VP 1.0 §7.1).
    ///
    /// # Errors
    /// [`ClaimsPathError`] when the path selects nothing.
    pub fn select(&self, path: &ClaimsPath) -> Result<Vec<&'a Value>, ClaimsPathError> {
        path.select(self.value)
    }
}
