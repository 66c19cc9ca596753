//! Which check a fault belongs to, and its stable code.

use mahfada_base::Report;
use mahfada_credential::CredentialError;
use mahfada_jose::JwsError;
use mahfada_sd_jwt::vc::SdJwtVcError;
use mahfada_sd_jwt::{KeyBindingError, SdJwtError};
use mahfada_web::fault::chain;

use super::checks::CHECKS;

/// Why an answer is rejected before its status is looked at.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the answer has more presentations than are looked at")]
    TooMany,
    #[error("the query names a format that cannot be checked")]
    Format,
    #[error("a credential is refused")]
    Credential(#[from] CredentialError),
    #[error("a key binding is refused")]
    KeyBinding(#[from] KeyBindingError),
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::TooMany => "too_many_presentations",
            Self::Format => "format_unsupported",
            // The codes of a signature name no signer; here it is the issuer's.
            Self::Credential(CredentialError::SdJwtVc(SdJwtVcError::SdJwt(SdJwtError::Jws(JwsError::Signature)))) => {
                "issuer_sig"
            }
            Self::Credential(error) => error.code(),
            Self::KeyBinding(error) => error.code(),
        }
    }

    /// Returns the check that does not hold.
    const fn check(&self) -> &'static str {
        match self {
            Self::TooMany | Self::Format => "format",
            Self::Credential(error) => match error {
                CredentialError::NoChain
                | CredentialError::Issuer(_)
                | CredentialError::Iss
                | CredentialError::IssuedBeforeEntitlement => "issuer_trust",
                CredentialError::SdJwtVc(SdJwtVcError::NotYetValid | SdJwtVcError::Expired)
                | CredentialError::IssuedInFuture => "validity",
                CredentialError::Malformed(SdJwtError::Jws(_)) | CredentialError::SdJwtVc(_) => "issuer_signature",
                CredentialError::Status(_) => "status",
                _ => "format",
            },
            Self::KeyBinding(_) => "key_binding",
        }
    }

    /// Keeps the one whose check comes earlier.
    pub(super) fn or_earlier(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.place() <= self.place() => other,
            _ => self,
        }
    }

    fn place(&self) -> usize {
        CHECKS
            .iter()
            .position(|check| *check == self.check())
            .unwrap_or(CHECKS.len())
    }

    /// Writes one line per check: those before the failed one hold as far as they were reached.
    pub(super) fn record(&self, report: &mut Report) {
        let mut failed = false;
        for check in CHECKS.into_iter().chain(["status", "query_satisfied"]) {
            if check == self.check() {
                report.failed(self.code(), chain(self));
                failed = true;
            } else if failed || !self.reached(check) {
                report.not_checked(check, "another check does not hold");
            } else {
                report.passed(check);
            }
        }
    }

    /// Tells whether a check before the failed one was made: a text that cannot be read has no issuer yet, and a status
    /// that cannot be read stops before the key binding.
    fn reached(&self, check: &str) -> bool {
        match self {
            Self::Credential(CredentialError::Malformed(_)) => check == "format",
            Self::Credential(CredentialError::Status(_)) => check != "key_binding",
            _ => true,
        }
    }
}
