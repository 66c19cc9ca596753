//! The `DPoP` and `Authorization` headers of a request (RFC 9449, RFC 6750).

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use mahfada_base::UnixTime;
use mahfada_crypto::CryptoProvider;
use mahfada_oauth2::{DpopError, DpopExpectation, ErrorCode, OAuthError, UnspentDpop, UnverifiedDpop};

/// The text of the one `DPoP` header; nothing of it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DpopHeader(String);

/// Why a DPoP proof was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DpopRefusal {
    /// There is no `DPoP` header.
    #[error("no DPoP proof")]
    Missing,
    /// There are several `DPoP` headers, or the one is no text (RFC 9449 §4.3, 1).
    #[error("not exactly one DPoP proof")]
    NotOne,
    /// The proof does not hold.
    #[error("the DPoP proof does not hold")]
    Proof(#[from] DpopError),
}

impl DpopRefusal {
    /// Returns the stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "dpop_missing",
            Self::NotOne => "dpop_repeated",
            Self::Proof(error) => error.code(),
        }
    }
}

impl From<DpopRefusal> for OAuthError {
    fn from(_: DpopRefusal) -> Self {
        Self::new(ErrorCode::InvalidDpopProof)
    }
}

impl DpopHeader {
    /// Takes the one `DPoP` header of a request (TI-20).
    ///
    /// # Errors
    /// [`DpopRefusal`] when there is none or more than one.
    pub fn from_request(request: &HttpRequest) -> Result<Self, DpopRefusal> {
        let mut headers = request.headers().get_all("dpop");
        let first = headers.next().ok_or(DpopRefusal::Missing)?;
        if headers.next().is_some() {
            return Err(DpopRefusal::NotOne);
        }
        first
            .to_str()
            .map(|text| Self(text.to_owned()))
            .map_err(|_| DpopRefusal::NotOne)
    }

    /// Returns the compact JWS.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Verifies the DPoP proof of a request to the endpoint at `public_url_of_endpoint`.
///
/// With an access token the proof must carry its hash. The result still has to be spent in the unit of work, and its
/// thumbprint compared with the key that the token or code is bound to.
///
/// # Errors
/// [`DpopRefusal`]; it becomes `invalid_dpop_proof` on the wire.
pub fn verify_dpop(
    request: &HttpRequest,
    public_url_of_endpoint: &str,
    access_token: Option<&str>,
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<UnspentDpop, DpopRefusal> {
    let header = DpopHeader::from_request(request)?;
    let expectation = DpopExpectation {
        method: request.method().as_str(),
        url: public_url_of_endpoint,
        access_token,
    };
    Ok(UnverifiedDpop::parse(header.as_str())?.verify(&expectation, now, provider)?)
}

/// The scheme that an access token came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Bound to a key that the request proves (RFC 9449 §7.1).
    Dpop,
    /// Bound to nothing (RFC 6750).
    Bearer,
}

impl Scheme {
    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "dpop" => Some(Self::Dpop),
            "bearer" => Some(Self::Bearer),
            _ => None,
        }
    }

    /// Returns the scheme of the access token that the first `Authorization` header of a request has, if it has one; for
    /// choosing the challenge of a refusal. It checks nothing.
    #[must_use]
    pub fn sent_with(request: &HttpRequest) -> Option<Self> {
        let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
        Self::named(header.split(' ').next().unwrap_or_default())
    }
}

/// Why a request has no usable access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// There is no `Authorization` header.
    #[error("no access token")]
    Missing,
    /// The `Authorization` header is of a scheme that carries no access token (RFC 6750 §3.1).
    #[error("an authorization of another scheme")]
    OtherScheme,
    /// There are several headers, or no token text.
    #[error("not exactly one access token")]
    Malformed,
    /// The query string has an access token, where logs would keep it (TI-21).
    #[error("an access token in the query string")]
    TokenInQuery,
}

impl AuthorizationError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::OtherScheme => "token_scheme",
            Self::Malformed => "token_malformed",
            Self::TokenInQuery => "token_in_query",
        }
    }
}

impl From<AuthorizationError> for OAuthError {
    fn from(error: AuthorizationError) -> Self {
        Self::new(match error {
            AuthorizationError::Missing | AuthorizationError::OtherScheme => ErrorCode::InvalidToken,
            AuthorizationError::Malformed | AuthorizationError::TokenInQuery => ErrorCode::InvalidRequest,
        })
    }
}

/// Takes the access token and its scheme from the one `Authorization` header; it does not check the token.
///
/// # Errors
/// [`AuthorizationError`]; a token in the query string is refused first, even beside a good header.
pub fn authorization(request: &HttpRequest) -> Result<(Scheme, &str), AuthorizationError> {
    let query = url::form_urlencoded::parse(request.query_string().as_bytes());
    if query
        .into_iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("access_token"))
    {
        return Err(AuthorizationError::TokenInQuery);
    }
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let first = headers.next().ok_or(AuthorizationError::Missing)?;
    if headers.next().is_some() {
        return Err(AuthorizationError::Malformed);
    }
    let text = first.to_str().map_err(|_| AuthorizationError::Malformed)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let scheme = Scheme::named(scheme).ok_or(AuthorizationError::OtherScheme)?;
    if token.is_empty() || !token.bytes().all(is_token68) {
        return Err(AuthorizationError::Malformed);
    }
    Ok((scheme, token))
}

/// `token68` of RFC 9110 §11.2.
const fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use mahfada_crypto::aws_lc::PROVIDER;
    use mahfada_jose::Jwk;
    use mahfada_oauth2::dpop_signing_input;

    use super::*;
    use crate::fixture::key;

    const NOW: UnixTime = UnixTime::new(1_795_348_800);
    const URL: &str = "https://issuer.example/pid/token";

    fn proof(access_token: Option<&str>) -> String {
        let signer = key().signer;
        let jwk = Jwk::from_public_key(signer.public_key());
        let input = dpop_signing_input(
            &jwk,
            "POST",
            URL,
            "jti-of-this-proof",
            NOW,
            access_token,
            None,
            PROVIDER.digest,
        )
        .unwrap();
        input.with_signature(&signer.sign(input.as_bytes()).unwrap())
    }

    fn post(proofs: &[&str]) -> HttpRequest {
        proofs
            .iter()
            .fold(TestRequest::post(), |request, proof| {
                request.append_header(("dpop", *proof))
            })
            .to_http_request()
    }

    fn verdict(proofs: &[&str], url: &str, token: Option<&str>) -> Result<UnspentDpop, &'static str> {
        verify_dpop(&post(proofs), url, token, NOW, &PROVIDER).map_err(|refusal| refusal.code())
    }

    #[test]
    fn takes_one_proof_for_this_endpoint() {
        for token in [None, Some("token")] {
            let proof = verdict(&[&proof(token)], URL, token).unwrap();
            assert!(proof.expires_at() > NOW);
        }
    }

    #[test]
    fn refuses_no_proof_and_two() {
        let proof = proof(None);
        assert_eq!(verdict(&[], URL, None).unwrap_err(), "dpop_missing");
        assert_eq!(verdict(&[&proof, &proof], URL, None).unwrap_err(), "dpop_repeated");
    }

    #[test]
    fn refuses_a_proof_for_another_endpoint_method_or_token() {
        let proof = proof(None);
        assert_eq!(
            verdict(&[&proof], "https://issuer.example/cnss/token", None).unwrap_err(),
            "dpop_htu"
        );
        assert_eq!(verdict(&[&proof], URL, Some("token")).unwrap_err(), "dpop_ath");
        let get = TestRequest::get().insert_header(("dpop", proof)).to_http_request();
        let refusal = verify_dpop(&get, URL, None, NOW, &PROVIDER).unwrap_err();
        assert_eq!(OAuthError::from(refusal).error, ErrorCode::InvalidDpopProof);
    }

    fn authorized(uri: &str, headers: &[&str]) -> Result<(Scheme, String), &'static str> {
        let request = headers
            .iter()
            .fold(TestRequest::with_uri(uri), |request, value| {
                request.append_header(("authorization", *value))
            })
            .to_http_request();
        authorization(&request)
            .map(|(scheme, token)| (scheme, token.to_owned()))
            .map_err(AuthorizationError::code)
    }

    #[test]
    fn reads_scheme_and_token() {
        assert_eq!(authorized("/", &["DPoP abc"]), Ok((Scheme::Dpop, "abc".to_owned())));
        assert_eq!(
            authorized("/", &["bearer a-_.~+/="]),
            Ok((Scheme::Bearer, "a-_.~+/=".to_owned()))
        );
    }

    #[test]
    fn the_scheme_that_was_sent_is_told_without_a_token_too() {
        let sent = |value: &str| {
            let request = TestRequest::default().insert_header(("authorization", value));
            Scheme::sent_with(&request.to_http_request())
        };
        assert_eq!(sent("DPoP abc"), Some(Scheme::Dpop));
        assert_eq!(sent("bearer"), Some(Scheme::Bearer));
        assert_eq!(sent("Basic abc"), None);
        assert_eq!(Scheme::sent_with(&TestRequest::default().to_http_request()), None);
    }

    #[test]
    fn who_sent_no_token_is_unauthenticated_and_not_malformed() {
        for error in [AuthorizationError::Missing, AuthorizationError::OtherScheme] {
            assert_eq!(OAuthError::from(error).error, ErrorCode::InvalidToken);
        }
        for error in [AuthorizationError::Malformed, AuthorizationError::TokenInQuery] {
            assert_eq!(OAuthError::from(error).error, ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn refuses_a_token_in_the_query_even_beside_a_good_header() {
        for uri in [
            "/?access_token=abc",
            "/?a=1&access%5Ftoken=abc",
            "/?ACCESS_TOKEN=abc",
            "/?access_token",
        ] {
            assert_eq!(authorized(uri, &["DPoP abc"]), Err("token_in_query"), "{uri}");
        }
        authorized("/?token=access_token", &["DPoP abc"]).unwrap();
    }

    #[test]
    fn refuses_anything_but_one_token() {
        assert_eq!(authorized("/", &[]), Err("token_missing"));
        for other in ["Basic abc", "Basic", "abc"] {
            assert_eq!(authorized("/", &[other]), Err("token_scheme"), "{other}");
        }
        for headers in [
            &["DPoP abc", "DPoP abc"][..],
            &["DPoP"],
            &["DPoP "],
            &["DPoP a b"],
            &["DPoP a\"b"],
        ] {
            assert_eq!(authorized("/", headers), Err("token_malformed"), "{headers:?}");
        }
    }
}
