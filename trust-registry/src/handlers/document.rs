//! Published documents: the same bytes for everybody, cacheable, readable from any origin.

use actix_web::http::StatusCode;
use actix_web::http::header::IF_NONE_MATCH;
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::base64url;
use mahfada_crypto::aws_lc::PROVIDER;

/// How long a document may be kept without asking again.
#[derive(Clone, Copy)]
pub(super) enum Keep {
    /// Suspensions must be seen within 60 seconds (decision D10).
    Shortly,
    /// The document never changes.
    Forever,
}

/// Answers with the document, or with 304 when the caller has it.
pub(super) fn answer(request: &HttpRequest, content_type: &str, keep: Keep, bytes: Vec<u8>) -> HttpResponse {
    let tag = format!("\"{}\"", base64url::encode(PROVIDER.digest.sha256(&bytes)));
    let has_it = request
        .headers()
        .get_all(IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        // RFC 9110 §13.1.2: the asterisk is any version, and the comparison is the weak one.
        .any(|held| held == "*" || held.trim_start_matches("W/") == tag);
    let mut answer = HttpResponse::build(if has_it {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    });
    let cache = match keep {
        Keep::Shortly => "public, max-age=15",
        Keep::Forever => "public, max-age=31536000, immutable",
    };
    answer
        .insert_header(("etag", tag))
        .insert_header(("cache-control", cache))
        .insert_header(("access-control-allow-origin", "*"))
        .insert_header(("x-content-type-options", "nosniff"));
    if has_it {
        return answer.finish();
    }
    answer.insert_header(("content-type", content_type)).body(bytes)
}
