//! The refusal that a person sees in a browser.

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse};

use crate::problem::{ProblemCode, ProblemText};

/// Tells whether a page is asked for: GET or HEAD that names `text/html` (RFC 9110 §12.5.1). `*/*` names nothing, since
/// wallets and libraries send it too.
pub(super) fn is_wanted(request: &HttpRequest) -> bool {
    let named = request
        .headers()
        .get_all(ACCEPT)
        .filter_map(|value| value.to_str().ok());
    let names_html = named.flat_map(|value| value.split(',')).any(is_html);
    matches!(*request.method(), Method::GET | Method::HEAD) && names_html
}

fn is_html(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let is_refused = parts.any(|part| {
        let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
        weight.and_then(|weight| weight.parse::<f32>().ok()) == Some(0.0)
    });
    media_type.eq_ignore_ascii_case("text/html") && !is_refused
}

/// Makes a page in three languages that loads nothing and is not stored.
pub(super) fn of(code: ProblemCode) -> HttpResponse {
    let texts = code.row().texts;
    let page = format!(
        "<!doctype html><html lang=\"ar\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title></head><body>{}{}{}</body></html>",
        code.status(),
        section("ar", "rtl", texts.ar),
        section("fr", "ltr", texts.fr),
        section("en", "ltr", texts.en),
    );
    HttpResponse::build(code.status())
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(page)
}

fn section(language: &str, direction: &str, text: ProblemText) -> String {
    let ProblemText { title, what_to_do } = text;
    format!("<section lang=\"{language}\" dir=\"{direction}\"><h1>{title}</h1><p>{what_to_do}</p></section>")
}
