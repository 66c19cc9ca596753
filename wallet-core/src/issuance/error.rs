//! Why no credential came.

use mahfada_credential::IssuerTrustError;
use mahfada_crypto::RandomError;
use mahfada_eid::CardError;
use mahfada_jose::{JwsError, SignError};
use mahfada_oauth2::{AuthorizationChallengeError, TokenError};
use mahfada_openid4vci::{CredentialResponseError, MetadataError, OfferError};

use super::{ChallengeError, ReceiveError};
use crate::exchange::HttpError;

/// Why an issuance ended without a credential; nothing was stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuanceError {
    /// A request could not be made, or its answer not be taken.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The offer is none.
    #[error("the offer is refused")]
    Offer(#[from] OfferError),
    /// The issuer's metadata are none.
    #[error("the issuer's metadata are refused")]
    Metadata(#[source] MetadataError),
    /// The issuer does not sign its metadata with a certificate chain.
    #[error("the issuer's metadata are not signed")]
    MetadataUnsigned,
    /// The signature of the metadata does not hold.
    #[error("the signature of the issuer's metadata does not hold")]
    MetadataSignature(#[source] JwsError),
    /// Metadata speak for another issuer or server than the one asked, or for another time (TW-13).
    #[error("the metadata are those of another issuer")]
    MetadataMismatch,
    /// The metadata of the authorization server are refused.
    #[error("the authorization server's metadata are refused")]
    ServerMetadata(#[source] mahfada_oauth2::MetadataError),
    /// Nobody entitles the issuer to this type of credential.
    #[error("the issuer is not trusted with this credential")]
    IssuerUntrusted(#[source] IssuerTrustError),
    /// The issuer offers no such credential.
    #[error("the issuer offers no such credential")]
    UnknownConfiguration,
    /// The issuer wants something that this wallet does not do.
    #[error("the issuer wants what this wallet does not do: {0}")]
    Unsupported(&'static str),
    /// The keys that came back are not the ones asked for.
    #[error("the keys are not as many different ones as asked for")]
    Keys,
    /// A signature that came back is not in the fixed-length form.
    #[error("a signature of the phone has another form than r || s")]
    SignatureFormat,
    /// The answer to the request for a card challenge cannot be read.
    #[error("the authorization answer is refused")]
    Authorization(#[source] AuthorizationChallengeError),
    /// The card challenge is refused.
    #[error("the card challenge is refused")]
    Challenge(#[from] ChallengeError),
    /// The card gave no evidence.
    #[error("the card gave no evidence")]
    Card(#[from] CardError),
    /// The issuer refused, in its own words.
    #[error("the issuer refuses")]
    Refused(Refusal),
    /// The token answer cannot be read.
    #[error("the token answer is refused")]
    Token(#[source] TokenError),
    /// The token is not bound to the wallet's key.
    #[error("the token is not bound to the wallet's key")]
    TokenNotBound,
    /// No nonce is to be had; there is no proof without one (TW-15).
    #[error("the issuer gave no nonce")]
    NonceUnavailable,
    /// The credential answer cannot be read.
    #[error("the credential answer is refused")]
    Response(#[from] CredentialResponseError),
    /// A credential is not the one asked for.
    #[error("the credential is refused")]
    Receive(#[from] ReceiveError),
    /// The citizen refused.
    #[error("the citizen refused")]
    Declined,
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A message to be signed could not be written.
    #[error("a message to be signed could not be written")]
    Message(#[source] SignError),
    /// An input came that does not answer the last step.
    #[error("the flow was driven out of order")]
    OutOfOrder,
}

/// A refusal in the issuer's words; text for logs and developers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error code on the wire, such as `invalid_grant`.
    pub error: String,
    /// What the issuer adds; for a refused card its stable reason code, such as `no_clone_protection`.
    pub description: Option<String>,
}

impl IssuanceError {
    /// Returns the stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Http(error) => error.code(),
            Self::Offer(error) => error.code(),
            Self::Metadata(error) => error.code(),
            Self::MetadataUnsigned => "metadata_unsigned",
            Self::MetadataSignature(_) => "metadata_signature",
            Self::MetadataMismatch => "metadata_mismatch",
            Self::ServerMetadata(error) => error.code(),
            Self::IssuerUntrusted(error) => error.code(),
            Self::UnknownConfiguration => "unknown_credential_configuration",
            Self::Unsupported(_) => "issuer_unsupported",
            Self::Keys => "keys_unusable",
            Self::SignatureFormat => "signature_format",
            Self::Authorization(error) => error.code(),
            Self::Challenge(error) => error.code(),
            Self::Card(error) => error.code(),
            Self::Refused(_) => "issuer_refused",
            Self::Token(error) => error.code(),
            Self::TokenNotBound => "token_not_bound",
            Self::NonceUnavailable => "nonce_unavailable",
            Self::Response(error) => error.code(),
            Self::Receive(error) => error.code(),
            Self::Declined => "declined",
            Self::Random(_) => "random",
            Self::Message(_) => "message",
            Self::OutOfOrder => "out_of_order",
        }
    }

    /// Returns what the issuer said, when it was the issuer who refused.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl From<MetadataError> for IssuanceError {
    fn from(error: MetadataError) -> Self {
        match error {
            MetadataError::Mismatch => Self::MetadataMismatch,
            other => Self::Metadata(other),
        }
    }
}

impl From<mahfada_oauth2::MetadataError> for IssuanceError {
    fn from(error: mahfada_oauth2::MetadataError) -> Self {
        match error {
            mahfada_oauth2::MetadataError::Mismatch => Self::MetadataMismatch,
            other => Self::ServerMetadata(other),
        }
    }
}

impl From<mahfada_oauth2::OAuthError> for IssuanceError {
    fn from(error: mahfada_oauth2::OAuthError) -> Self {
        Self::Refused(Refusal {
            error: error.error.as_str().to_owned(),
            description: error.error_description,
        })
    }
}
