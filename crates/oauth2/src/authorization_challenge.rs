//! The authorization challenge endpoint: a code without a browser, by the card (decision D3, way A; OAuth 2.0 for
//! First-Party Applications).

use std::fmt;

use mahfada_base::json;
use mahfada_base::{Secret, base64url};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::form::client_id;
use crate::{
    AuthorizationDetail, CODE_CHALLENGE_METHOD, CodeChallenge, ErrorCode, Form, FormError, OAuthError,
    OPENID_CREDENTIAL, PkceError, encode_form, object_from_slice,
};

pub use error::AuthorizationChallengeError;

mod error;
#[cfg(test)]
mod tests;

/// The interaction in which the citizen's card answers a challenge.
pub const CARD_INTERACTION: &str = "urn:mahfada:ia:card";

/// The wallet's part of the commitment to its first credential keys, made before any card challenge exists: a digest of
/// the keys (decision D2). The issuer joins the key that proves the request, which is not the wallet's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyCommitment(pub [u8; 32]);

impl KeyCommitment {
    /// Reads the base64url form; `None` when it is not 32 canonical bytes.
    #[must_use]
    pub fn from_base64url(text: &str) -> Option<Self> {
        base64url::decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Writes the base64url form.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        base64url::encode(self.0)
    }
}

/// What the code shall allow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestedCredential {
    /// Whatever the scope stands for (OID4VCI §5.1.2).
    Scope(String),
    /// The credential of one configuration: sent as `authorization_details` (OID4VCI §5.1.1).
    Configuration(String),
}

/// A request to the authorization challenge endpoint; `Debug` says of evidence, which holds the card's files, only its length.
#[derive(Clone)]
#[non_exhaustive]
pub enum AuthorizationChallengeRequest {
    /// Starts an authorization.
    Initial {
        /// The client.
        client_id: String,
        /// What the code shall allow.
        requested: RequestedCredential,
        /// The PKCE challenge, method S256.
        code_challenge: CodeChallenge,
        /// The digest of the first credential keys.
        key_commitment: KeyCommitment,
    },
    /// Answers a challenge.
    Continue {
        /// The session of the challenge.
        auth_session: Secret<String>,
        /// The card's evidence: a compact JWS of type `ma-card-evidence+jwt`, unverified.
        evidence: String,
    },
}

/// A response of the authorization challenge endpoint that leads on; refusals are [`OAuthError`]s.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AuthorizationChallengeResponse {
    /// The card has to answer first: status 401.
    InsufficientAuthorization {
        /// The session to continue.
        auth_session: Secret<String>,
        /// The kind of interaction: [`CARD_INTERACTION`].
        interaction: String,
        /// The challenge: a compact JWS of type `ma-card-challenge+jwt`, unverified.
        challenge: String,
    },
    /// The authorization is complete: status 200.
    Authorized {
        /// The code to redeem at the token endpoint.
        authorization_code: Secret<String>,
    },
}

impl fmt::Debug for AuthorizationChallengeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initial {
                client_id,
                requested,
                code_challenge,
                key_commitment,
            } => f
                .debug_struct("Initial")
                .field("client_id", client_id)
                .field("requested", requested)
                .field("code_challenge", code_challenge)
                .field("key_commitment", key_commitment)
                .finish(),
            Self::Continue { auth_session, evidence } => f
                .debug_struct("Continue")
                .field("auth_session", auth_session)
                .field("evidence", &format_args!("{} bytes", evidence.len()))
                .finish(),
        }
    }
}

impl AuthorizationChallengeRequest {
    /// Reads a form body; unknown parameters are ignored, repeated ones refused.
    ///
    /// It verifies neither the evidence nor that the session exists.
    ///
    /// # Errors
    /// [`AuthorizationChallengeError`] naming the first fault.
    pub fn parse_form(body: &[u8]) -> Result<Self, AuthorizationChallengeError> {
        let form = Form::parse(body)?;
        if let Some(auth_session) = form.get("auth_session") {
            return Ok(Self::Continue {
                auth_session: Secret::new(auth_session.to_owned()),
                evidence: form.require("evidence")?.to_owned(),
            });
        }
        if form.require("code_challenge_method")? != CODE_CHALLENGE_METHOD {
            return Err(PkceError::Method.into());
        }
        Ok(Self::Initial {
            client_id: client_id(&form)?.ok_or(FormError::Missing("client_id"))?,
            requested: RequestedCredential::from_form(&form)?,
            code_challenge: CodeChallenge::parse(form.require("code_challenge")?)?,
            key_commitment: KeyCommitment::from_base64url(form.require("key_commitment")?)
                .ok_or(FormError::Invalid("key_commitment"))?,
        })
    }

    /// Writes the form body.
    #[must_use]
    pub fn to_form(&self) -> String {
        match self {
            Self::Initial {
                client_id,
                requested,
                code_challenge,
                key_commitment,
            } => {
                let (name, value) = requested.to_parameter();
                encode_form([
                    ("client_id", client_id.as_str()),
                    (name, &value),
                    ("code_challenge", &code_challenge.to_string()),
                    ("code_challenge_method", CODE_CHALLENGE_METHOD),
                    ("key_commitment", &key_commitment.to_base64url()),
                ])
            }
            Self::Continue { auth_session, evidence } => {
                encode_form([("auth_session", auth_session.expose().as_str()), ("evidence", evidence)])
            }
        }
    }
}

impl RequestedCredential {
    fn from_form(form: &Form) -> Result<Self, AuthorizationChallengeError> {
        match (form.get("scope"), form.get("authorization_details")) {
            (Some(scope), None) => Ok(Self::Scope(scope.to_owned())),
            (None, Some(details)) => Self::from_details(details),
            (Some(_), Some(_)) => Err(FormError::Invalid("scope").into()),
            (None, None) => Err(FormError::Missing("scope").into()),
        }
    }

    fn from_details(text: &str) -> Result<Self, AuthorizationChallengeError> {
        let details: [AuthorizationDetail; 1] =
            json::from_slice(text.as_bytes()).map_err(|_| AuthorizationChallengeError::AuthorizationDetails)?;
        let [detail] = details;
        detail
            .credential_configuration_id
            .filter(|_| detail.detail_type == OPENID_CREDENTIAL)
            .map(Self::Configuration)
            .ok_or(AuthorizationChallengeError::AuthorizationDetails)
    }

    fn to_parameter(&self) -> (&'static str, String) {
        match self {
            Self::Scope(scope) => ("scope", scope.clone()),
            Self::Configuration(id) => {
                let details = json!([AuthorizationDetail::for_configuration(id)]);
                ("authorization_details", details.to_string())
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
struct ChallengeBody {
    error: ErrorCode,
    auth_session: String,
    interaction: String,
    challenge: String,
}

#[derive(Serialize, Deserialize)]
struct CodeBody {
    authorization_code: String,
}

impl AuthorizationChallengeResponse {
    /// Asks for the card's answer.
    pub fn card_challenge(auth_session: impl Into<String>, challenge: impl Into<String>) -> Self {
        Self::InsufficientAuthorization {
            auth_session: Secret::new(auth_session.into()),
            interaction: CARD_INTERACTION.to_owned(),
            challenge: challenge.into(),
        }
    }

    /// Reads a response body of any status; an error other than `insufficient_authorization` is a refusal.
    ///
    /// # Errors
    /// [`AuthorizationChallengeError`] naming the fault, or carrying the server's refusal.
    pub fn parse(status: u16, body: &[u8]) -> Result<Self, AuthorizationChallengeError> {
        if status == 200 {
            let body: CodeBody = object_from_slice(body).map_err(AuthorizationChallengeError::Response)?;
            return Ok(Self::Authorized {
                authorization_code: Secret::new(body.authorization_code),
            });
        }
        let error = OAuthError::parse(body).map_err(AuthorizationChallengeError::Response)?;
        if error.error != ErrorCode::InsufficientAuthorization {
            return Err(AuthorizationChallengeError::Refused(error));
        }
        let body: ChallengeBody = object_from_slice(body).map_err(AuthorizationChallengeError::Response)?;
        if body.interaction != CARD_INTERACTION {
            return Err(AuthorizationChallengeError::Interaction);
        }
        Ok(Self::card_challenge(body.auth_session, body.challenge))
    }

    /// Returns the HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::InsufficientAuthorization { .. } => 401,
            Self::Authorized { .. } => 200,
        }
    }

    /// Writes the response body; send it with `Cache-Control: no-store`.
    #[must_use]
    pub fn to_json(&self) -> String {
        match self {
            Self::InsufficientAuthorization {
                auth_session,
                interaction,
                challenge,
            } => {
                json!(ChallengeBody {
                    error: ErrorCode::InsufficientAuthorization,
                    auth_session: auth_session.expose().clone(),
                    interaction: interaction.clone(),
                    challenge: challenge.clone(),
                })
            }
            Self::Authorized { authorization_code } => {
                json!(CodeBody {
                    authorization_code: authorization_code.expose().clone()
                })
            }
        }
        .to_string()
    }
}
