//! Why a verifier got no answer.

use mahfada_crypto::RandomError;
use mahfada_jose::JweError;
use mahfada_openid4vp::{RequestError, RequestUriError};
use mahfada_sd_jwt::PresentError;

use crate::StoreError;
use crate::exchange::HttpError;

/// Why a presentation ended without an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PresentationError {
    /// The link starts no presentation.
    #[error("the link is refused")]
    Link(#[from] RequestUriError),
    /// A request could not be made, or its answer not be taken.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The verifier's request is refused; the citizen is not even asked.
    #[error("the request is refused")]
    Request(#[from] RequestError),
    /// The citizen answered after the request had expired.
    #[error("the request has expired")]
    Expired,
    /// The choice is not one of those that answer the request.
    #[error("the choice does not answer the request")]
    Selection,
    /// A copy cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A credential cannot be presented.
    #[error("a credential cannot be presented")]
    Present(#[from] PresentError),
    /// A signature that came back is not in the fixed-length form.
    #[error("a signature of the phone has another form than r || s")]
    SignatureFormat,
    /// The answer could not be encrypted.
    #[error("the answer could not be encrypted")]
    Encrypt(#[from] JweError),
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// An input came that does not answer the last step.
    #[error("the flow was driven out of order")]
    OutOfOrder,
}

impl PresentationError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Link(error) => error.code(),
            Self::Http(error) => error.code(),
            Self::Request(error) => error.code(),
            Self::Expired => "request_expired",
            Self::Selection => "selection_invalid",
            Self::Store(error) => error.code(),
            Self::Present(error) => error.code(),
            Self::SignatureFormat => "signature_format",
            Self::Encrypt(error) => error.code(),
            Self::Random(_) => "random",
            Self::OutOfOrder => "out_of_order",
        }
    }
}
