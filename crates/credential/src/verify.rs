//! From a text to a credential that one may rely on.

use mahfada_base::{CLOCK_SKEW, UnixTime};
use mahfada_crypto::CryptoProvider;
use mahfada_jose::Jwk;
use mahfada_sd_jwt::SdJwtError;
use mahfada_sd_jwt::vc::{SdJwtVcError, UnverifiedSdJwtVc, VerifiedSdJwtVc};
use mahfada_status_list::{StatusReference, StatusReferenceError};
use mahfada_x509::ChainError;

use crate::{Claims, CredentialFormat, CredentialType, IssuerTrust, IssuerTrustError, TrustedEntity};

mod iss;
#[cfg(test)]
mod tests;

/// Why a credential is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The text cannot be read.
    #[error("not a credential of the format")]
    Malformed(#[source] SdJwtError),
    /// The credential has no type.
    #[error("the credential has no type")]
    Type,
    /// The header has no certificate chain (HAIP 1.0 §6.1.1).
    #[error("the credential has no certificate chain")]
    NoChain,
    /// The issuer is not trusted with this type.
    #[error("the issuer is not trusted with this type")]
    Issuer(#[from] IssuerTrustError),
    /// The credential itself is refused.
    #[error("the credential is refused")]
    SdJwtVc(#[from] SdJwtVcError),
    /// `iss` is no name of the certificate that signed (SD-JWT VC §2.5).
    #[error("the issuer claim is no name of the signing certificate")]
    Iss,
    /// `iat` lies in the future.
    #[error("the credential was issued in the future")]
    IssuedInFuture,
    /// `iat` lies before the day on which the issuer was granted the type (TV-30).
    #[error("the credential was issued before its issuer was entitled to")]
    IssuedBeforeEntitlement,
    /// The credential has a status that cannot be read.
    #[error("the status of the credential cannot be read")]
    Status(#[from] StatusReferenceError),
}

impl CredentialError {
    /// Returns the stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(error) => error.code(),
            Self::Type => "vct",
            Self::NoChain => "x5c_missing",
            Self::Issuer(error) => error.code(),
            Self::SdJwtVc(error) => error.code(),
            Self::Iss => "iss",
            Self::IssuedInFuture => "iat",
            Self::IssuedBeforeEntitlement => "issued_before_entitlement",
            Self::Status(error) => error.code(),
        }
    }
}

impl From<ChainError> for CredentialError {
    fn from(error: ChainError) -> Self {
        Self::Issuer(error.into())
    }
}

/// A credential of which nothing has been checked but the form.
#[derive(Debug)]
pub struct UnverifiedCredential(UnverifiedSdJwtVc);

/// A credential that a trusted issuer signed and that is valid at the time of verification.
///
/// Its status and its key binding are checked elsewhere. Entitlement at the time of issue is known to hold only when
/// `iat` is there and disclosed.
#[derive(Clone, Debug)]
pub struct VerifiedCredential {
    credential_type: CredentialType,
    issuer: TrustedEntity,
    status: Option<StatusReference>,
    sd_jwt: VerifiedSdJwtVc,
}

impl UnverifiedCredential {
    /// Parses a credential of the format that was declared; the format is never guessed from the text.
    ///
    /// # Errors
    /// [`CredentialError::Malformed`] when it cannot be read.
    pub fn parse(format: CredentialFormat, text: &str) -> Result<Self, CredentialError> {
        match format {
            CredentialFormat::DcSdJwt => UnverifiedSdJwtVc::parse(text)
                .map(Self)
                .map_err(CredentialError::Malformed),
        }
    }

    /// Refuses a key binding: a holder takes an issued credential only without (RFC 9901 §7.2).
    ///
    /// # Errors
    /// [`CredentialError::Malformed`] with `unexpected_key_binding` when there is one.
    pub fn refuse_key_binding(&self) -> Result<(), CredentialError> {
        self.0.refuse_key_binding().map_err(CredentialError::Malformed)
    }

    /// Verifies that a trusted issuer, entitled for this type, signed the credential, and that it is valid now.
    ///
    /// `iss`, when there, must be a name of the signing certificate; `iat`, when it can be seen, must lie neither in the
    /// future nor before the day on which the issuer was granted the type.
    ///
    /// It does not check status and key binding.
    ///
    /// # Errors
    /// [`CredentialError`] with the first rule that is broken; trust is decided before the signature.
    pub fn verify(
        self,
        trust: &dyn IssuerTrust,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedCredential, CredentialError> {
        let vct = self.0.unverified_vct().filter(|vct| !vct.is_empty());
        let credential_type = CredentialType::new(vct.ok_or(CredentialError::Type)?);
        let chain = trust.read_chain(self.0.x5c().ok_or(CredentialError::NoChain)?)?;
        let issuer = trust.trusted_issuer(&chain, &credential_type, now, provider)?;
        let sd_jwt = self.0.verify(issuer.key(), now, provider)?;
        // The type that was asked about is the one that was signed: both come from the same payload bytes.
        if sd_jwt.vct() != credential_type.as_str() {
            return Err(CredentialError::Type);
        }
        iss::check(sd_jwt.claims(), issuer.chain().leaf())?;
        check_issued_at(sd_jwt.issued_at(), issuer.since(), now)?;
        let status = sd_jwt.status_claim().map(StatusReference::from_claim).transpose()?;
        Ok(VerifiedCredential {
            credential_type,
            issuer,
            status,
            sd_jwt,
        })
    }
}

impl VerifiedCredential {
    /// Returns the format.
    #[must_use]
    pub const fn format(&self) -> CredentialFormat {
        CredentialFormat::DcSdJwt
    }

    /// Returns the type.
    #[must_use]
    pub const fn credential_type(&self) -> &CredentialType {
        &self.credential_type
    }

    /// Returns the issuer as the trusted list knows it.
    #[must_use]
    pub const fn issuer(&self) -> &TrustedEntity {
        &self.issuer
    }

    /// Returns the claims for queries.
    #[must_use]
    pub const fn claims(&self) -> Claims<'_> {
        Claims {
            format: self.format(),
            credential_type: &self.credential_type,
            value: self.sd_jwt.claims(),
        }
    }

    /// Returns the key that the credential is bound to.
    #[must_use]
    pub const fn holder_key(&self) -> Option<&Jwk> {
        self.sd_jwt.holder_key()
    }

    /// Returns where the status stands; `None` means that the issuer cannot revoke it.
    #[must_use]
    pub const fn status(&self) -> Option<&StatusReference> {
        self.status.as_ref()
    }

    /// Returns the credential in its format.
    #[must_use]
    pub const fn sd_jwt(&self) -> &VerifiedSdJwtVc {
        &self.sd_jwt
    }

    /// Returns when the credential expires.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixTime> {
        self.sd_jwt.expires_at()
    }
}

/// TV-30: the issuer must be entitled now and have been so at `iat`, which issuers round down to the day.
fn check_issued_at(iat: Option<UnixTime>, since: UnixTime, now: UnixTime) -> Result<(), CredentialError> {
    match iat {
        Some(iat) if iat > now.plus(CLOCK_SKEW) => Err(CredentialError::IssuedInFuture),
        Some(iat) if iat < since.start_of_day() => Err(CredentialError::IssuedBeforeEntitlement),
        _ => Ok(()),
    }
}
