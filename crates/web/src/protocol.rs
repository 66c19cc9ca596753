//! Answers of protocol endpoints: JSON that nobody stores, OAuth errors, and refusals without a handler.

mod challenge;
mod endpoint;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use mahfada_oauth2::OAuthError;
use serde::Serialize;

use crate::problem::{Problem, ProblemCode};

pub use challenge::{AcceptedSchemes, resource_refusal};
pub use endpoint::Endpoint;

/// Makes a JSON answer that is not to be stored.
#[must_use]
pub fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    match serde_json::to_string(body) {
        Ok(text) => HttpResponse::build(status)
            .insert_header(("content-type", "application/json"))
            .insert_header(("cache-control", "no-store"))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Problem::internal().to_response()
        }
    }
}

/// Makes the error answer of an authorization server endpoint (RFC 6749 §5.2), with the status of the error itself.
#[must_use]
pub fn oauth_error(error: &OAuthError) -> HttpResponse {
    json(status_of(error), error)
}

/// Makes the error answer of a resource endpoint, with a DPoP challenge when it is 401 (RFC 9449 §7.1).
#[must_use]
pub fn resource_error(error: &OAuthError) -> HttpResponse {
    let status = StatusCode::from_u16(error.error.status_at_resource()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut answer = json(status, error);
    if status == StatusCode::UNAUTHORIZED
        && let Ok(challenge) = HeaderValue::from_str(&error.www_authenticate())
    {
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}

fn status_of(error: &OAuthError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
}

/// An OAuth error as the error type of a handler.
#[derive(Clone, Debug)]
pub struct OAuthRefusal(pub OAuthError);

impl From<OAuthError> for OAuthRefusal {
    fn from(error: OAuthError) -> Self {
        Self(error)
    }
}

impl std::fmt::Display for OAuthRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for OAuthRefusal {}

impl ResponseError for OAuthRefusal {
    fn status_code(&self) -> StatusCode {
        status_of(&self.0)
    }

    fn error_response(&self) -> HttpResponse {
        oauth_error(&self.0)
    }
}

/// Answers a path that no endpoint has.
#[must_use]
pub fn not_found() -> HttpResponse {
    Problem::not_found().to_response()
}

/// Answers a method that the endpoint does not take, without saying which it takes; an [`Endpoint`] says so (RFC 9110
/// §15.5.6).
#[must_use]
pub fn method_not_allowed() -> HttpResponse {
    Problem::of(ProblemCode::MethodNotAllowed).to_response()
}

#[cfg(test)]
mod tests {
    use mahfada_oauth2::ErrorCode;

    use super::*;

    #[test]
    fn an_oauth_error_is_not_stored() {
        let answer = oauth_error(&OAuthError::new(ErrorCode::InvalidGrant));
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
        assert_eq!(answer.headers().get("content-type").unwrap(), "application/json");
    }

    #[test]
    fn a_bad_proof_is_400_at_the_token_endpoint_and_401_at_a_resource() {
        let error = OAuthError::new(ErrorCode::InvalidDpopProof);
        assert_eq!(oauth_error(&error).status(), 400);
        let answer = resource_error(&error);
        assert_eq!(answer.status(), 401);
        let challenge = answer.headers().get("www-authenticate").unwrap().to_str().unwrap();
        assert!(
            challenge.starts_with("DPoP") && challenge.contains("invalid_dpop_proof"),
            "{challenge}"
        );
    }
}
