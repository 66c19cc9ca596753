//! The answer of a wallet: always an encrypted one (OpenID4VP 1.0 §8, HAIP 1.0 §5).

use std::collections::BTreeMap;
use std::fmt;

use mahfada_base::json;
use mahfada_crypto::{AgreementKey, CryptoProvider, Random};
use mahfada_jose::{JweError, JweRecipient, UnverifiedJwe, encrypt};
use serde::{Deserialize, Serialize};

use crate::form;
use crate::request::ResponseEncryption;

#[cfg(test)]
mod tests;

/// The most bytes that an answer may have on the wire.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// The most characters of an error code that are kept; those of §8.5 have fewer.
const MAX_ERROR_CODE: usize = 64;

/// The presentations by the id of the credential query that they answer; always lists (§8.1).
pub type VpToken = BTreeMap<String, Vec<String>>;

/// What a wallet answers when the citizen has agreed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationResponse {
    /// The presentations.
    pub vp_token: VpToken,
    /// The state of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What a wallet answers otherwise; a refusal looks the same as having nothing (ARF `RPA_11`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationErrorResponse {
    /// The error code of §8.5, such as `access_denied`; one that was read is printable ASCII, cut to 64 characters.
    pub error: String,
    /// The state of the request.
    pub state: Option<String>,
}

/// An answer that has not been decrypted.
#[derive(Clone, Debug)]
pub struct UnverifiedResponse(UnverifiedJwe);

/// Why an answer was not read; the wallet learns only that it was an invalid request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// The body is too long, a parameter stands twice, or the error code is no printable ASCII.
    #[error("not a form of this kind")]
    Form,
    /// The wallet reports an error instead of an answer.
    #[error("the wallet answers {:?}", .0.error)]
    Declined(AuthorizationErrorResponse),
    /// The answer is not encrypted for this request: plain, signed only, damaged, or for another key.
    #[error("not encrypted for this request")]
    NotEncrypted,
    /// What was decrypted is no answer.
    #[error("not an answer to a request")]
    Malformed(#[source] json::JsonError),
}

impl ResponseError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form | Self::Malformed(_) => "invalid_request",
            Self::Declined(_) => "declined",
            Self::NotEncrypted => "not_encrypted",
        }
    }
}

impl fmt::Debug for AuthorizationResponse {
    /// Shows how many presentations stand under each id: presentations are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: BTreeMap<&str, usize> = self
            .vp_token
            .iter()
            .map(|(id, presentations)| (id.as_str(), presentations.len()))
            .collect();
        f.debug_struct("AuthorizationResponse")
            .field("presentations", &counts)
            .field("state", &self.state.is_some())
            .finish()
    }
}

impl AuthorizationResponse {
    /// Encrypts the answer for the verifier and returns the form to post to `response_uri` (§8.3.1).
    ///
    /// # Errors
    /// [`JweError`] when the random source fails or the answer cannot be encrypted.
    pub fn encrypt(
        &self,
        recipient: &ResponseEncryption,
        random: &dyn Random,
        provider: &CryptoProvider,
    ) -> Result<Vec<u8>, JweError> {
        let plaintext = serde_json::to_vec(self).map_err(|_| JweError::Encrypt)?;
        let recipient = JweRecipient {
            key: &recipient.key,
            kid: Some(&recipient.kid),
            enc: recipient.enc,
            apu: None,
            apv: None,
        };
        let jwe = encrypt(&recipient, &plaintext, random, provider)?;
        Ok(form::write([("response", jwe.as_str())]).into_bytes())
    }
}

impl AuthorizationErrorResponse {
    /// Makes the one answer for a refusal and for having nothing that fits.
    #[must_use]
    pub fn access_denied(state: Option<&str>) -> Self {
        Self {
            error: "access_denied".to_owned(),
            state: state.map(str::to_owned),
        }
    }

    /// Writes the form to post to `response_uri`.
    #[must_use]
    pub fn to_form(&self) -> Vec<u8> {
        let error = [("error", self.error.as_str())];
        let state = self.state.as_deref().map(|state| ("state", state));
        form::write(error.into_iter().chain(state)).into_bytes()
    }
}

impl UnverifiedResponse {
    /// Reads a form with an encrypted answer.
    ///
    /// # Errors
    /// [`ResponseError::Declined`] when the wallet reports an error, [`ResponseError::NotEncrypted`] when the form holds
    /// anything but one JWE.
    pub fn parse_form(body: &[u8]) -> Result<Self, ResponseError> {
        if body.len() > MAX_RESPONSE_BYTES {
            return Err(ResponseError::Form);
        }
        let mut parameters = form::parse(body).map_err(|_| ResponseError::Form)?;
        if let Some(response) = parameters.get("response") {
            let jwe = UnverifiedJwe::parse(response, MAX_RESPONSE_BYTES).map_err(|_| ResponseError::NotEncrypted)?;
            return Ok(Self(jwe));
        }
        match parameters.remove("error") {
            Some(error) => {
                let error = error_code(error)?;
                let state = parameters.remove("state");
                Err(ResponseError::Declined(AuthorizationErrorResponse { error, state }))
            }
            None => Err(ResponseError::NotEncrypted),
        }
    }

    /// Returns the name of the key that the answer is meant for: unverified, to find the key with.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.0.kid()
    }

    /// Decrypts the answer. It says nothing about who wrote it: presentations, nonce and state are checked next.
    ///
    /// # Errors
    /// [`ResponseError::NotEncrypted`], the same for every cryptographic reason, or [`ResponseError::Malformed`].
    pub fn decrypt(
        &self,
        key: &dyn AgreementKey,
        provider: &CryptoProvider,
    ) -> Result<AuthorizationResponse, ResponseError> {
        let plaintext = self.0.decrypt(key, provider).map_err(|_| ResponseError::NotEncrypted)?;
        json::from_slice(&plaintext).map_err(ResponseError::Malformed)
    }
}

/// Keeps an error code fit for a log: printable ASCII (RFC 6749 §4.1.2.1), and not longer than a code is.
fn error_code(mut error: String) -> Result<String, ResponseError> {
    if error.is_empty() || !error.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(ResponseError::Form);
    }
    error.truncate(MAX_ERROR_CODE);
    Ok(error)
}
