//! Formats and types of credentials.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A credential format, named as OpenID4VCI and OpenID4VP name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CredentialFormat {
    /// SD-JWT VC (OpenID4VCI 1.0 Appendix A.3, OpenID4VP 1.0 Appendix B.3).
    #[serde(rename = "dc+sd-jwt")]
    DcSdJwt,
}

impl CredentialFormat {
    /// Returns the format identifier.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DcSdJwt => "dc+sd-jwt",
        }
    }

    /// Finds the format by its exact identifier.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::DcSdJwt].into_iter().find(|format| format.as_str() == name)
    }
}

impl fmt::Display for CredentialFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

mahfada_base::text_newtype! {
    /// The type of a credential: the `vct` of an SD-JWT VC.
    CredentialType
}
