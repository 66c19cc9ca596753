//! Request bodies, never longer than the endpoint allows.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use crate::problem::{Problem, ProblemCode};

/// The most bytes of a body that no endpoint narrows.
pub const DEFAULT_BODY_CAP: usize = 1024 * 1024;

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The body is longer than the endpoint allows.
    #[error("the body is too long")]
    TooLong,
    /// The body is of another media type, or compressed.
    #[error("the body is of another media type")]
    MediaType,
    /// The connection ended within the body.
    #[error("the body is incomplete")]
    Incomplete,
}

impl BodyError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "body_too_long",
            Self::MediaType => "body_media_type",
            Self::Incomplete => "body_incomplete",
        }
    }
}

impl ResponseError for BodyError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Incomplete => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        Problem::from(*self).to_response()
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        Self::of(match error {
            BodyError::TooLong => ProblemCode::BodyTooLong,
            BodyError::MediaType => ProblemCode::BodyMediaType,
            BodyError::Incomplete => ProblemCode::BodyIncomplete,
        })
        .with_detail(error.to_string())
    }
}

/// How long a whole body may take to arrive.
const BODY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// Reads a body of at most `cap` bytes and stops at the first byte more (TP-04). It looks at no header.
///
/// # Errors
/// [`BodyError::TooLong`], or [`BodyError::Incomplete`] when the connection ends.
pub async fn read_body(payload: Payload, cap: usize) -> Result<Bytes, BodyError> {
    // TP-03: a body that trickles in would hold its connection for ever.
    match tokio::time::timeout(BODY_TIMEOUT, payload.to_bytes_limited(cap)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(_))) | Err(_) => Err(BodyError::Incomplete),
        Ok(Err(_)) => Err(BodyError::TooLong),
    }
}

/// Reads a body of one media type; a declared length over `cap` is refused before the first byte is read.
///
/// # Errors
/// [`BodyError`]: media type or compression first, then the length.
pub async fn read_body_as(
    request: &HttpRequest,
    payload: Payload,
    media_type: &str,
    cap: usize,
) -> Result<Bytes, BodyError> {
    if !has_media_type(request, media_type) || request.headers().contains_key(CONTENT_ENCODING) {
        return Err(BodyError::MediaType);
    }
    if declared_length(request).is_some_and(|length| length > cap) {
        return Err(BodyError::TooLong);
    }
    read_body(payload, cap).await
}

/// Tells whether the one `Content-Type` header names this media type; parameters are ignored.
#[must_use]
pub fn has_media_type(request: &HttpRequest, media_type: &str) -> bool {
    let mut headers = request.headers().get_all(CONTENT_TYPE);
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return false;
    };
    let essence = header
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(media_type)
}

fn declared_length(request: &HttpRequest) -> Option<usize> {
    // A length that does not fit in a `usize` is over every cap.
    let text = request.headers().get(CONTENT_LENGTH)?.to_str().ok()?;
    Some(text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};

    use super::*;

    async fn status(request: TestRequest) -> u16 {
        let handler = async |request: HttpRequest, payload: Payload| {
            read_body_as(&request, payload, "application/json", 4)
                .await
                .map(|body| format!("{}", body.len()))
        };
        let app = init_service(App::new().route("/", web::post().to(handler))).await;
        call_service(
            &app,
            request.uri("/").method(actix_web::http::Method::POST).to_request(),
        )
        .await
        .status()
        .as_u16()
    }

    fn json(body: &'static str) -> TestRequest {
        TestRequest::default()
            .insert_header(("content-type", "application/json; charset=utf-8"))
            .set_payload(body)
    }

    #[actix_web::test]
    async fn refuses_one_byte_more_than_the_cap() {
        assert_eq!(status(json("1234")).await, 200);
        assert_eq!(status(json("12345")).await, 413);
    }

    #[actix_web::test]
    async fn refuses_a_declared_length_before_reading() {
        assert_eq!(status(json("1").insert_header(("content-length", "5"))).await, 413);
        assert_eq!(
            status(json("1").insert_header(("content-length", "99999999999999999999"))).await,
            413
        );
    }

    #[actix_web::test]
    async fn refuses_another_media_type_and_compression() {
        assert_eq!(
            status(json("1").insert_header(("content-type", "text/plain"))).await,
            415
        );
        assert_eq!(
            status(json("1").append_header(("content-type", "text/plain"))).await,
            415
        );
        assert_eq!(status(json("1").insert_header(("content-encoding", "gzip"))).await, 415);
        assert_eq!(status(TestRequest::default().set_payload("1")).await, 415);
    }
}
