//! What a wallet posted: an encrypted answer for this request, or an error instead of one.

use mahfada_base::json;
use mahfada_crypto::{AgreementKey, CryptoProvider};
use mahfada_jose::UnverifiedJwe;
use mahfada_openid4vp::{AuthorizationErrorResponse, MAX_RESPONSE_BYTES, ResponseError, UnverifiedResponse, VpToken};
use serde::Deserialize;

/// An answer that belongs to the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Presentations, none of them checked.
    Presentations(VpToken),
    /// The wallet gives none; the stable code of its error.
    Declined(&'static str),
}

/// Why a post is no answer to the request; it spends nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error(transparent)]
    Response(#[from] ResponseError),
    #[error("the state is not that of the request")]
    State,
}

#[derive(Deserialize)]
struct EncryptedError {
    error: String,
    #[serde(default)]
    state: Option<String>,
}

impl NoAnswer {
    /// Returns the stable reason code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Response(error) => error.code(),
            Self::State => "state",
        }
    }
}

/// Reads a post: decrypts it and compares the state, which only who has read the request knows.
pub(crate) fn read(
    body: &[u8],
    state: &str,
    key: &dyn AgreementKey,
    crypto: &CryptoProvider,
) -> Result<Answer, NoAnswer> {
    let read = UnverifiedResponse::parse_form(body).and_then(|response| response.decrypt(key, crypto));
    let (answer, given) = match read {
        Ok(response) => (Answer::Presentations(response.vp_token), response.state),
        Err(ResponseError::Declined(error)) => declined(&error),
        Err(ResponseError::Malformed(error)) => match encrypted_error(body, key, crypto) {
            Some(error) => declined(&error),
            None => return Err(ResponseError::Malformed(error).into()),
        },
        Err(error) => return Err(error.into()),
    };
    if given.as_deref() == Some(state) {
        Ok(answer)
    } else {
        Err(NoAnswer::State)
    }
}

fn declined(error: &AuthorizationErrorResponse) -> (Answer, Option<String>) {
    const KNOWN: [&str; 7] = [
        "access_denied",
        "invalid_request",
        "invalid_client",
        "vp_formats_not_supported",
        "invalid_request_uri_method",
        "wallet_unavailable",
        "invalid_transaction_data",
    ];
    let code = KNOWN
        .into_iter()
        .find(|known| *known == error.error)
        .unwrap_or("wallet_error");
    (Answer::Declined(code), error.state.clone())
}

/// Reads an error that a wallet encrypted like an answer (OpenID4VP 1.0 §8.3, §8.5).
fn encrypted_error(body: &[u8], key: &dyn AgreementKey, crypto: &CryptoProvider) -> Option<AuthorizationErrorResponse> {
    let (_, response) = url::form_urlencoded::parse(body).find(|(name, _)| name == "response")?;
    let jwe = UnverifiedJwe::parse(&response, MAX_RESPONSE_BYTES).ok()?;
    let plaintext = jwe.decrypt(key, crypto).ok()?;
    let EncryptedError { error, state } = json::from_slice(&plaintext).ok()?;
    Some(AuthorizationErrorResponse { error, state })
}
