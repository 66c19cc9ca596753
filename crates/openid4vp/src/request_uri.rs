//! The link or QR code that starts a presentation (OpenID4VP 1.0 §5.7, §5.10).

use url::Url;

use crate::form;

/// The schemes that wallets register: plain OpenID4VP, the EU profile of TS 119 472-2, and HAIP.
const SCHEMES: [&str; 3] = ["openid4vp", "eu-eaap", "haip-vp"];
const MAX_BYTES: usize = 8 * 1024;

/// What a link says: who asks, and where the signed request is.
///
/// Nothing in it is authentic; only the signed request counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequestUri {
    /// The scheme, such as `openid4vp`.
    pub scheme: String,
    /// The client identifier, which the signed request must repeat.
    pub client_id: String,
    /// Where the signed request is fetched, `https`.
    pub request_uri: Url,
    /// How it is fetched.
    pub method: RequestUriMethod,
}

/// How a signed request is fetched (OpenID4VP 1.0 §5.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestUriMethod {
    /// With GET.
    #[default]
    Get,
    /// With POST, so that the wallet can send a nonce of its own.
    Post,
}

/// Why a link starts no presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestUriError {
    /// The link is no link, too long, has a foreign scheme, or a parameter stands twice.
    #[error("not a link that starts a presentation")]
    Malformed,
    /// A parameter is missing or `request_uri` is not `https`.
    #[error("the link lacks what leads to a signed request")]
    Incomplete,
    /// The method is neither `get` nor `post`.
    #[error("the request cannot be fetched that way")]
    Method,
}

impl RequestUriError {
    /// Returns the error code of OpenID4VP 1.0 §8.5.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed | Self::Incomplete => "invalid_request",
            Self::Method => "invalid_request_uri_method",
        }
    }
}

impl AuthorizationRequestUri {
    /// Makes a link with the scheme `openid4vp`.
    #[must_use]
    pub fn new(client_id: impl Into<String>, request_uri: Url, method: RequestUriMethod) -> Self {
        Self {
            scheme: "openid4vp".to_owned(),
            client_id: client_id.into(),
            request_uri,
            method,
        }
    }

    /// Parses a link; parameters beside the three are ignored, since only the signed request counts (RFC 9101 §5).
    ///
    /// # Errors
    /// [`RequestUriError`] naming the first fault.
    pub fn parse(link: &str) -> Result<Self, RequestUriError> {
        if link.len() > MAX_BYTES {
            return Err(RequestUriError::Malformed);
        }
        let url = Url::parse(link).map_err(|_| RequestUriError::Malformed)?;
        if !SCHEMES.contains(&url.scheme()) {
            return Err(RequestUriError::Malformed);
        }
        let query = url.query().unwrap_or_default();
        let mut parameters = form::parse(query.as_bytes()).map_err(|_| RequestUriError::Malformed)?;
        let mut required = |name| parameters.remove(name).ok_or(RequestUriError::Incomplete);
        let (client_id, request_uri) = (required("client_id")?, required("request_uri")?);
        let request_uri = Url::parse(&request_uri).map_err(|_| RequestUriError::Incomplete)?;
        if request_uri.scheme() != "https" || request_uri.fragment().is_some() {
            return Err(RequestUriError::Incomplete);
        }
        let method = RequestUriMethod::parse(parameters.get("request_uri_method").map(String::as_str))?;
        Ok(Self {
            scheme: url.scheme().to_owned(),
            client_id,
            request_uri,
            method,
        })
    }

    /// Writes the link.
    #[must_use]
    pub fn to_uri(&self) -> String {
        let parameters = form::write([
            ("client_id", self.client_id.as_str()),
            ("request_uri", self.request_uri.as_str()),
            ("request_uri_method", self.method.name()),
        ]);
        format!("{}://?{parameters}", self.scheme)
    }
}

impl RequestUriMethod {
    /// Returns the name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
        }
    }

    fn parse(name: Option<&str>) -> Result<Self, RequestUriError> {
        match name {
            None | Some("get") => Ok(Self::Get),
            Some("post") => Ok(Self::Post),
            Some(_) => Err(RequestUriError::Method),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "openid4vp://?client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fv.example%2Frequests%2F1&request_uri_method=post";

    #[test]
    fn a_link_round_trips() {
        let uri = AuthorizationRequestUri::parse(LINK).unwrap();
        assert_eq!(uri.client_id, "x509_hash:abc");
        assert_eq!(uri.request_uri.as_str(), "https://v.example/requests/1");
        assert_eq!(uri.method, RequestUriMethod::Post);
        assert_eq!(uri.to_uri(), LINK);
    }

    #[test]
    fn other_profiles_have_their_schemes_and_get_is_the_default() {
        for scheme in ["eu-eaap", "haip-vp"] {
            let link = format!("{scheme}://?client_id=a&request_uri=https%3A%2F%2Fv.example%2F1");
            let uri = AuthorizationRequestUri::parse(&link).unwrap();
            assert_eq!((uri.scheme.as_str(), uri.method), (scheme, RequestUriMethod::Get));
        }
    }

    #[test]
    fn refuses_what_leads_nowhere_safe() {
        for (from, to, code) in [
            ("openid4vp://", "https://", "invalid_request"),
            ("https%3A", "http%3A", "invalid_request"),
            ("client_id=", "client=", "invalid_request"),
            ("request_uri=", "request_url=", "invalid_request"),
            ("=post", "=put", "invalid_request_uri_method"),
            ("=post", "=post&client_id=b", "invalid_request"),
        ] {
            let link = LINK.replacen(from, to, 1);
            assert_eq!(
                AuthorizationRequestUri::parse(&link).unwrap_err().code(),
                code,
                "{link}"
            );
        }
    }
}
