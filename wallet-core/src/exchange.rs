//! Requests as the wallet makes them, and what it takes as an answer (decision D1).

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT as USER_AGENT_HEADER, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, Request, Response};
use mahfada_oauth2::OAuthError;

use crate::addresses::Addresses;

/// The one name under which every instance of the wallet sends, so that it tells nobody apart (TW-19).
pub const USER_AGENT: &str = "mahfada-wallet";
/// The most bytes of a body that the wallet reads.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

pub(crate) const JSON: &str = "application/json";
pub(crate) const JWT: &str = "application/jwt";
/// Signed metadata before those in clear.
pub(crate) const JWT_OR_JSON: &str = "application/jwt, application/json;q=0.5";
const USE_DPOP_NONCE: &str = "use_dpop_nonce";
const MAX_NONCE: usize = 1024;
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Why a request was not made or its answer not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The address is not an https URL.
    #[error("not an https address")]
    Address,
    /// The server sends the wallet elsewhere; it does not go (TW-12).
    #[error("the server redirects")]
    UnexpectedRedirect,
    /// The body is longer than [`MAX_RESPONSE_BYTES`].
    #[error("the answer is too long")]
    TooLong,
    /// The body is of another media type than was asked for.
    #[error("the answer is of another media type")]
    ContentType,
    /// The status is another than the one that leads on.
    #[error("the server answers with status {0}")]
    Status(u16),
}

impl HttpError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address => "address_not_https",
            Self::UnexpectedRedirect => "unexpected_redirect",
            Self::TooLong => "response_too_long",
            Self::ContentType => "response_content_type",
            Self::Status(_) => "response_status",
        }
    }
}

/// Makes a GET.
pub(crate) fn get(addresses: Addresses, url: &str, accept: &'static str) -> Result<Request<Vec<u8>>, HttpError> {
    request(addresses, Method::GET, url, accept, None, Vec::new())
}

/// Makes a POST; a body without content type is empty.
pub(crate) fn post(
    addresses: Addresses,
    url: &str,
    accept: &'static str,
    content_type: Option<&'static str>,
    body: Vec<u8>,
) -> Result<Request<Vec<u8>>, HttpError> {
    request(addresses, Method::POST, url, accept, content_type, body)
}

fn request(
    addresses: Addresses,
    method: Method,
    url: &str,
    accept: &'static str,
    content_type: Option<&'static str>,
    body: Vec<u8>,
) -> Result<Request<Vec<u8>>, HttpError> {
    if !addresses.allow(url) {
        return Err(HttpError::Address);
    }
    let mut builder = Request::builder()
        .method(method)
        .uri(url)
        .header(ACCEPT, accept)
        .header(USER_AGENT_HEADER, USER_AGENT);
    if let Some(content_type) = content_type {
        builder = builder.header(CONTENT_TYPE, content_type);
    }
    builder.body(body).map_err(|_| HttpError::Address)
}

/// An answer that is no redirect and not too long; status and media type are still to be judged.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    headers: HeaderMap,
}

impl Answer {
    pub(crate) fn take(response: Response<Vec<u8>>) -> Result<Self, HttpError> {
        let (parts, body) = response.into_parts();
        if parts.status.is_redirection() {
            return Err(HttpError::UnexpectedRedirect);
        }
        if body.len() > MAX_RESPONSE_BYTES {
            return Err(HttpError::TooLong);
        }
        Ok(Self {
            status: parts.status.as_u16(),
            body,
            headers: parts.headers,
        })
    }

    /// Returns the body of an answer with status 200 and this media type; parameters of it do not matter.
    pub(crate) fn ok(self, content_type: &str) -> Result<Vec<u8>, HttpError> {
        if self.status != 200 {
            return Err(HttpError::Status(self.status));
        }
        self.of_type(content_type)
    }

    /// Returns the body when it is of this media type, whatever the status.
    pub(crate) fn of_type(self, content_type: &str) -> Result<Vec<u8>, HttpError> {
        if self.is(content_type) {
            Ok(self.body)
        } else {
            Err(HttpError::ContentType)
        }
    }

    /// Returns the nonce that the next DPoP proof must hold, when the answer asks for one (RFC 9449 §8, §9).
    pub(crate) fn dpop_nonce(&self) -> Option<&str> {
        let nonce = self.headers.get("dpop-nonce")?.to_str().ok()?;
        let values = self.headers.get_all(WWW_AUTHENTICATE).iter();
        let challenged = values
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.contains(USE_DPOP_NONCE));
        let said = |error: OAuthError| error.error.as_str() == USE_DPOP_NONCE;
        let asked = matches!(self.status, 400 | 401) && (challenged || OAuthError::parse(&self.body).is_ok_and(said));
        (asked && !nonce.is_empty() && nonce.len() <= MAX_NONCE).then_some(nonce)
    }

    pub(crate) fn is(&self, content_type: &str) -> bool {
        let mut values = self.headers.get_all(CONTENT_TYPE).iter();
        let value = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default().trim();
        values.next().is_none() && essence.eq_ignore_ascii_case(content_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, content_type: &str, length: usize) -> Response<Vec<u8>> {
        let builder = Response::builder().status(status).header(CONTENT_TYPE, content_type);
        builder.body(vec![b'x'; length]).unwrap()
    }

    #[test]
    fn takes_the_media_type_with_parameters_and_no_other() {
        let ok = |content_type| Answer::take(response(200, content_type, 1)).unwrap().ok(JSON);
        assert_eq!(ok("Application/JSON; charset=utf-8").unwrap(), b"x");
        for other in ["text/html", "application/jsonp", "", "application/json, text/html"] {
            assert_eq!(ok(other), Err(HttpError::ContentType), "{other}");
        }
    }

    #[test]
    fn refuses_two_media_types() {
        let mut twice = response(200, JSON, 1);
        twice.headers_mut().append(CONTENT_TYPE, JSON.parse().unwrap());
        assert_eq!(Answer::take(twice).unwrap().ok(JSON), Err(HttpError::ContentType));
    }

    #[test]
    fn refuses_long_bodies_redirects_and_other_statuses() {
        let long = Answer::take(response(200, JSON, MAX_RESPONSE_BYTES + 1));
        assert_eq!(long.err(), Some(HttpError::TooLong));
        Answer::take(response(200, JSON, MAX_RESPONSE_BYTES)).unwrap_or_else(|_| panic!("fits"));
        for status in [300, 301, 302, 303, 307, 308] {
            let redirect = Answer::take(response(status, JSON, 0));
            assert_eq!(redirect.err(), Some(HttpError::UnexpectedRedirect));
        }
        let other = Answer::take(response(201, JSON, 0)).unwrap().ok(JSON);
        assert_eq!(other, Err(HttpError::Status(201)));
    }

    #[test]
    fn sends_under_one_name_and_over_tls_only() {
        let request = get(Addresses::Tls, "https://localhost:8101/pid", JSON).unwrap();
        assert_eq!(request.headers()[USER_AGENT_HEADER], USER_AGENT);
        for url in [
            "http://issuer.example",
            "http://127.0.0.1",
            "https://",
            "issuer.example",
            "file:///etc/passwd",
        ] {
            assert_eq!(get(Addresses::Tls, url, JSON).err(), Some(HttpError::Address), "{url}");
        }
    }
}
