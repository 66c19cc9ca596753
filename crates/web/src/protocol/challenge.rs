//! How a resource asks for an access token (RFC 6750 §3, RFC 9449 §7).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use mahfada_oauth2::OAuthError;

use super::json;
use crate::dpop::Scheme;

/// The access tokens that a resource takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptedSchemes {
    /// Tokens that are bound to a key, only.
    Dpop,
    /// Bound tokens, and tokens without a binding where the issuer gives those out.
    DpopAndBearer,
}

/// Makes the error answer of a resource endpoint to a request that sent a token of this scheme, or none.
///
/// 401 and 403 carry a challenge for each scheme that is taken; the error code stands in the one for the scheme that was
/// sent. Who sent no token gets a challenge and no error (RFC 6750 §3.1).
#[must_use]
pub fn resource_refusal(error: &OAuthError, accepted: AcceptedSchemes, sent: Option<Scheme>) -> HttpResponse {
    let status = StatusCode::from_u16(error.error.status_at_resource()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut answer = match (status, sent) {
        (StatusCode::UNAUTHORIZED, None) => HttpResponse::build(status)
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish(),
        _ => json(status, error),
    };
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        && let Ok(value) = HeaderValue::from_str(&challenges(error.error.as_str(), accepted, sent))
    {
        answer.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    answer
}

const PLAIN_BEARER: &str = r#"Bearer realm="credential""#;

fn challenges(code: &str, accepted: AcceptedSchemes, sent: Option<Scheme>) -> String {
    let error = format!(r#"error="{code}""#);
    let dpop = |error: &str| format!(r#"DPoP {error}algs="ES256""#);
    match (accepted, sent) {
        (AcceptedSchemes::Dpop, None) => dpop(""),
        (AcceptedSchemes::Dpop, Some(_)) => dpop(&format!("{error}, ")),
        // The scheme never stands alone (RFC 6750 §3).
        (AcceptedSchemes::DpopAndBearer, None) => format!("{}, {PLAIN_BEARER}", dpop("")),
        (AcceptedSchemes::DpopAndBearer, Some(Scheme::Bearer)) => format!("Bearer {error}, {}", dpop("")),
        (AcceptedSchemes::DpopAndBearer, Some(Scheme::Dpop)) => {
            format!("{}, {PLAIN_BEARER}", dpop(&format!("{error}, ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use mahfada_oauth2::ErrorCode;

    use super::*;

    fn refusal(error: ErrorCode, accepted: AcceptedSchemes, sent: Option<Scheme>) -> (u16, String) {
        let answer = resource_refusal(&OAuthError::new(error), accepted, sent);
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
        let challenge = answer.headers().get("www-authenticate");
        let challenge = challenge.map_or("", |value| value.to_str().unwrap());
        (answer.status().as_u16(), challenge.to_owned())
    }

    #[test]
    fn names_every_scheme_that_is_taken_and_the_error_at_the_one_that_was_sent() {
        use AcceptedSchemes::{Dpop, DpopAndBearer};
        let (bearer, dpop) = (Some(Scheme::Bearer), Some(Scheme::Dpop));
        for (accepted, sent, challenge) in [
            (
                DpopAndBearer,
                bearer,
                r#"Bearer error="invalid_token", DPoP algs="ES256""#,
            ),
            (
                DpopAndBearer,
                dpop,
                r#"DPoP error="invalid_token", algs="ES256", Bearer realm="credential""#,
            ),
            (DpopAndBearer, None, r#"DPoP algs="ES256", Bearer realm="credential""#),
            (Dpop, dpop, r#"DPoP error="invalid_token", algs="ES256""#),
            (Dpop, bearer, r#"DPoP error="invalid_token", algs="ES256""#),
            (Dpop, None, r#"DPoP algs="ES256""#),
        ] {
            assert_eq!(
                refusal(ErrorCode::InvalidToken, accepted, sent),
                (401, challenge.to_owned())
            );
        }
    }

    #[test]
    fn a_token_for_something_else_is_challenged_and_a_bad_request_is_not() {
        let sent = Some(Scheme::Dpop);
        assert_eq!(
            refusal(ErrorCode::InsufficientScope, AcceptedSchemes::Dpop, sent),
            (403, r#"DPoP error="insufficient_scope", algs="ES256""#.to_owned())
        );
        for sent in [sent, None] {
            assert_eq!(
                refusal(ErrorCode::InvalidRequest, AcceptedSchemes::Dpop, sent),
                (400, String::new())
            );
        }
    }

    #[actix_web::test]
    async fn who_sent_no_token_hears_of_no_error() {
        let error = OAuthError::described(ErrorCode::InvalidToken, "token_missing");
        let accepted = AcceptedSchemes::DpopAndBearer;
        let body = to_bytes(resource_refusal(&error, accepted, None).into_body())
            .await
            .unwrap();
        assert!(body.is_empty(), "{body:?}");
        let answer = resource_refusal(&error, accepted, Some(Scheme::Bearer));
        let body: serde_json::Value = serde_json::from_slice(&to_bytes(answer.into_body()).await.unwrap()).unwrap();
        assert_eq!(body["error"], "invalid_token");
    }
}
