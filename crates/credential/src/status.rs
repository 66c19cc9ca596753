//! Joins status lists and trust.

use mahfada_base::UnixTime;
use mahfada_crypto::CryptoProvider;
use mahfada_status_list::{
    Status, StatusIndexError, StatusListError, StatusReference, UnverifiedStatusListToken, VerifiedStatusList,
};
use mahfada_x509::UnverifiedChain;

use crate::{IssuerTrust, IssuerTrustError, VerifiedCredential};

#[cfg(test)]
mod tests;

/// Why a status is not known; a credential with a status is then not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatusCheckError {
    /// The token is refused.
    #[error("the status list is refused")]
    List(#[from] StatusListError),
    /// The token has no usable certificate chain, or its signer may not sign status lists for this issuer.
    #[error("the signer of the status list is not trusted with it")]
    Signer(#[source] Option<IssuerTrustError>),
    /// The list has no such entry.
    #[error("the status cannot be read from the list")]
    Index(#[from] StatusIndexError),
    /// The credential refers to no list, so that no list says anything about it.
    #[error("the credential has no status")]
    NoStatus,
}

impl StatusCheckError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::List(error) => error.code(),
            Self::Signer(_) => "status_key",
            Self::Index(error) => error.code(),
            Self::NoStatus => "status_missing",
        }
    }
}

/// What a status means for the credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusVerdict {
    /// Nothing against it.
    Valid,
    /// Revoked.
    Revoked,
    /// Suspended for now.
    Suspended,
    /// A value whose meaning this system does not know: no ground to accept.
    Unknown(u8),
}

impl StatusVerdict {
    /// Tells whether the credential may be accepted as far as its status goes.
    #[must_use]
    pub const fn accepts(self) -> bool {
        matches!(self, Self::Valid)
    }

    /// Returns the stable reason code against the credential, or `None` when it may be accepted.
    #[must_use]
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::Valid => None,
            Self::Revoked => Some("credential_revoked"),
            Self::Suspended => Some("credential_suspended"),
            Self::Unknown(_) => Some("status_unknown"),
        }
    }
}

impl From<Status> for StatusVerdict {
    fn from(status: Status) -> Self {
        match status {
            Status::Valid => Self::Valid,
            Status::Invalid => Self::Revoked,
            Status::Suspended => Self::Suspended,
            Status::ApplicationSpecific(value) => Self::Unknown(value),
        }
    }
}

/// Verifies a status list token for the list at `uri`, once for many credentials.
///
/// `issuer_organization` is that of the credential's issuer: a list of another issuer's signer is refused. That it is
/// so, and that `uri` stands in the credential, is the caller's to see to; [`verify_status_list_of`] takes both from
/// the credential. A list older than one already seen is not refused: [`VerifiedStatusList::is_older_than`].
///
/// # Errors
/// [`StatusCheckError`] with the first rule that is broken; trust is decided before the signature.
pub fn verify_status_list(
    uri: &str,
    token: &str,
    trust: &dyn IssuerTrust,
    issuer_organization: &str,
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<VerifiedStatusList, StatusCheckError> {
    let token = UnverifiedStatusListToken::parse(token)?;
    let chain = UnverifiedChain::from_x5c(token.x5c().ok_or(StatusCheckError::Signer(None))?)
        .map_err(|error| StatusCheckError::Signer(Some(error.into())))?;
    let signer = trust
        .trusted_status_signer(&chain, issuer_organization, now, provider)
        .map_err(|error| StatusCheckError::Signer(Some(error)))?;
    Ok(token.verify(signer.key(), uri, now, provider)?)
}

/// Verifies a status list token and reads one status from it (Token Status List §8.3).
///
/// What [`verify_status_list`] leaves to the caller is left here too; [`check_status_of`] takes it from the credential.
///
/// # Errors
/// [`StatusCheckError`] with the first rule that is broken.
pub fn check_status(
    reference: &StatusReference,
    token: &str,
    trust: &dyn IssuerTrust,
    issuer_organization: &str,
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<Status, StatusCheckError> {
    let list = verify_status_list(&reference.uri, token, trust, issuer_organization, now, provider)?;
    Ok(list.status(reference.idx)?)
}

/// Verifies a status list token for the list that the credential refers to, by a signer of the credential's own issuer.
///
/// The result serves other credentials with the same issuer and address too. A list older than one already seen is not
/// refused: [`VerifiedStatusList::is_older_than`].
///
/// # Errors
/// [`StatusCheckError`] with the first rule that is broken; [`StatusCheckError::NoStatus`] when there is no reference.
pub fn verify_status_list_of(
    credential: &VerifiedCredential,
    token: &str,
    trust: &dyn IssuerTrust,
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<VerifiedStatusList, StatusCheckError> {
    let reference = credential.status().ok_or(StatusCheckError::NoStatus)?;
    let organization = credential.issuer().organization_identifier();
    verify_status_list(&reference.uri, token, trust, organization, now, provider)
}

/// Verifies a status list token by a signer of the credential's own issuer and reads the credential's status from it
/// (Token Status List §8.3).
///
/// A list older than one already seen is not refused.
///
/// # Errors
/// [`StatusCheckError`] with the first rule that is broken; [`StatusCheckError::NoStatus`] when there is no reference.
pub fn check_status_of(
    credential: &VerifiedCredential,
    token: &str,
    trust: &dyn IssuerTrust,
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<Status, StatusCheckError> {
    let reference = credential.status().ok_or(StatusCheckError::NoStatus)?;
    let organization = credential.issuer().organization_identifier();
    check_status(reference, token, trust, organization, now, provider)
}
