//! The browser session of the same-device flow: a cookie that one browser holds (OpenID4VP 1.0 §14.3).

use actix_web::HttpRequest;
use actix_web::http::header::COOKIE;
use mahfada_base::Seconds;

/// The prefix makes browsers keep the cookie to this host, over TLS, for every path (RFC 6265bis §4.1.3).
const COOKIE_NAME: &str = "__Host-mahfada-session";

/// Returns the `Set-Cookie` header for a session.
///
/// `Lax` lets the cookie come along when the wallet opens the browser at the landing page.
pub(crate) fn set_cookie(session: &str, lifetime: Seconds) -> String {
    format!("{COOKIE_NAME}={session}; Path=/; Max-Age={lifetime}; Secure; HttpOnly; SameSite=Lax")
}

/// Returns the session that the browser shows, if it shows exactly one.
pub(crate) fn session(request: &HttpRequest) -> Option<String> {
    let mut found = request
        .headers()
        .get_all(COOKIE)
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value.to_owned());
    found.next().filter(|_| found.next().is_none())
}

/// Returns a query parameter that stands exactly once.
pub(crate) fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    let mut found = url::form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned());
    found.next().filter(|_| found.next().is_none())
}
