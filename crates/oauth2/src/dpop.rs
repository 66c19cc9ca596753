//! Proofs of possession of the key that a token is bound to (RFC 9449).

use mahfada_base::{CLOCK_SKEW, Seconds, UnixTime, base64url};
use mahfada_crypto::{CryptoProvider, Digest, SignatureAlgorithm, Thumbprint};
use mahfada_jose::{Expectation, Jwk, JwsBuilder, JwsError, SignError, SigningInput, UnverifiedJws};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;
use url::Url;

pub use error::DpopError;

mod error;
#[cfg(test)]
mod tests;

/// The media type of a DPoP proof (RFC 9449 §4.2).
pub const DPOP_TYP: &str = "dpop+jwt";
/// How old a proof may be, in seconds, before the clock skew is added.
pub const DPOP_MAX_AGE: Seconds = 300;

const MAX_BYTES: usize = 8 * 1024;
const MAX_JTI_BYTES: usize = 256;

/// Writes what the key signs to prove itself for one request (RFC 9449 §4.2).
///
/// `htu` loses its query and fragment. The `jti` must be fresh: 128 random bits or more.
///
/// # Errors
/// [`SignError`] when the claims cannot be written.
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per claim; a struct would name the same eight things"
)]
pub fn dpop_signing_input(
    jwk: &Jwk,
    htm: &str,
    htu: &str,
    jti: &str,
    iat: UnixTime,
    access_token: Option<&str>,
    nonce: Option<&str>,
    digest: &dyn Digest,
) -> Result<SigningInput, SignError> {
    let htu = htu.split(['?', '#']).next().unwrap_or(htu);
    let mut claims = Map::new();
    claims.insert("jti".to_owned(), jti.into());
    claims.insert("htm".to_owned(), htm.into());
    claims.insert("htu".to_owned(), htu.into());
    claims.insert("iat".to_owned(), iat.seconds().into());
    if let Some(token) = access_token {
        claims.insert(
            "ath".to_owned(),
            base64url::encode(digest.sha256(token.as_bytes())).into(),
        );
    }
    if let Some(nonce) = nonce {
        claims.insert("nonce".to_owned(), nonce.into());
    }
    JwsBuilder::new(DPOP_TYP)
        .jwk(jwk)
        .signing_input(SignatureAlgorithm::Es256, &claims)
}

/// The request that a proof must be for.
#[derive(Clone, Copy, Debug)]
pub struct DpopExpectation<'a> {
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// The public URL of the endpoint; a query or fragment is not compared.
    pub url: &'a str,
    /// The access token of the request, at resources.
    pub access_token: Option<&'a str>,
}

/// A DPoP proof as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct UnverifiedDpop {
    jws: UnverifiedJws,
    jwk: Jwk,
}

/// A DPoP proof that verified and is still to be spent: the caller stores [`UnspentDpop::jti_hash`] in the same unit
/// of work as the effect of the request, and refuses the request when it is there already.
#[derive(Clone, Debug)]
#[must_use = "a proof that is not spent can be replayed"]
pub struct UnspentDpop {
    jwk: Jwk,
    thumbprint: Thumbprint,
    jti_hash: [u8; 32],
    nonce: Option<String>,
    expires_at: UnixTime,
}

impl UnverifiedDpop {
    /// Takes the proof from the values of all `DPoP` headers of a request; exactly one is allowed.
    ///
    /// # Errors
    /// [`DpopError::Missing`], [`DpopError::Repeated`], or as [`UnverifiedDpop::parse`].
    pub fn from_headers(values: &[&str]) -> Result<Self, DpopError> {
        match values {
            [] => Err(DpopError::Missing),
            [value] => Self::parse(value),
            _ => Err(DpopError::Repeated),
        }
    }

    /// Parses a proof and takes the public key from its header.
    ///
    /// # Errors
    /// [`DpopError::Jws`] or [`DpopError::KeyMissing`].
    pub fn parse(text: &str) -> Result<Self, DpopError> {
        if text.len() > MAX_BYTES {
            return Err(JwsError::TooLong.into());
        }
        let jws = UnverifiedJws::parse(text)?;
        let jwk = jws.header().jwk.clone().ok_or(DpopError::KeyMissing)?;
        Ok(Self { jws, jwk })
    }

    /// Checks the proof against the request (RFC 9449 §4.3, all but the replay and the server's nonce).
    ///
    /// It does not check that the token is bound to this key: see [`UnspentDpop::require_key`].
    ///
    /// # Errors
    /// [`DpopError`] naming the first fault.
    pub fn verify(
        self,
        expect: &DpopExpectation<'_>,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<UnspentDpop, DpopError> {
        // The algorithm is judged before the key is touched (RFC 8725 §3.1).
        if self.jws.header().alg != SignatureAlgorithm::Es256 {
            return Err(JwsError::AlgNotAllowed.into());
        }
        let key = self.jwk.to_verification_key(provider)?;
        let jws = self.jws.verify(&key, &Expectation::es256(&[DPOP_TYP]), provider)?;
        let claims: Map<String, Value> = jws.claims()?;
        let jti = text(&claims, "jti")
            .filter(|jti| (1..=MAX_JTI_BYTES).contains(&jti.len()))
            .ok_or(DpopError::Jti)?;
        check_target(&claims, expect)?;
        let issued_at = check_times(&claims, now)?;
        check_token(&claims, expect.access_token, provider.digest)?;
        let thumbprint = self.jwk.thumbprint(provider.digest);
        Ok(UnspentDpop {
            jti_hash: provider.digest.sha256(&[&thumbprint.0, jti.as_bytes()].concat()),
            nonce: text(&claims, "nonce").map(str::to_owned),
            expires_at: issued_at.plus(DPOP_MAX_AGE).plus(CLOCK_SKEW),
            jwk: self.jwk,
            thumbprint,
        })
    }
}

impl UnspentDpop {
    /// Returns the key that made the proof.
    #[must_use]
    pub const fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Returns the thumbprint of the key, to which tokens are bound (`jkt`).
    #[must_use]
    pub const fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// Returns SHA-256 over thumbprint and `jti`: the record to spend.
    #[must_use]
    pub const fn jti_hash(&self) -> [u8; 32] {
        self.jti_hash
    }

    /// Returns the server nonce that the proof carries, unchecked (RFC 9449 §8).
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// Returns until when the spent record must be kept; later the proof is refused by its age.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// Requires that the proof was made by the key that a token is bound to (RFC 9449 §4.3, check 12b).
    ///
    /// # Errors
    /// [`DpopError::Key`] for any other key.
    pub fn require_key(&self, bound: &Thumbprint) -> Result<(), DpopError> {
        if self.thumbprint == *bound {
            Ok(())
        } else {
            Err(DpopError::Key)
        }
    }
}

fn check_target(claims: &Map<String, Value>, expect: &DpopExpectation<'_>) -> Result<(), DpopError> {
    if text(claims, "htm") != Some(expect.method) {
        return Err(DpopError::Htm);
    }
    let target = text(claims, "htu").and_then(normalised);
    if target.is_none() || target != normalised(expect.url) {
        return Err(DpopError::Htu);
    }
    Ok(())
}

fn check_times(claims: &Map<String, Value>, now: UnixTime) -> Result<UnixTime, DpopError> {
    let issued_at = claims
        .get("iat")
        .and_then(Value::as_i64)
        .map(UnixTime::new)
        .ok_or(DpopError::Iat)?;
    let age = now.since(issued_at);
    if age > DPOP_MAX_AGE.saturating_add(CLOCK_SKEW) || age < -CLOCK_SKEW {
        return Err(DpopError::Iat);
    }
    // `exp` and `nbf` are not part of DPoP, but who states them means them (RFC 7519 §4.1.4, §4.1.5).
    let holds = |name, inside: fn(UnixTime, UnixTime) -> bool| {
        claims.get(name).is_none_or(|value| {
            value
                .as_i64()
                .is_some_and(|seconds| inside(UnixTime::new(seconds), now))
        })
    };
    if holds("exp", |exp, now| now < exp.plus(CLOCK_SKEW)) && holds("nbf", |nbf, now| now >= nbf.minus(CLOCK_SKEW)) {
        Ok(issued_at)
    } else {
        Err(DpopError::Lifetime)
    }
}

fn check_token(claims: &Map<String, Value>, token: Option<&str>, digest: &dyn Digest) -> Result<(), DpopError> {
    let Some(token) = token else { return Ok(()) };
    let hash = text(claims, "ath")
        .and_then(|ath| base64url::decode(ath).ok())
        .ok_or(DpopError::Ath)?;
    if bool::from(hash.ct_eq(&digest.sha256(token.as_bytes()))) {
        Ok(())
    } else {
        Err(DpopError::Ath)
    }
}

fn text<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c str> {
    claims.get(name).and_then(Value::as_str)
}

/// Normalises scheme, host, port and dot segments and drops query and fragment (RFC 9449 §4.3).
fn normalised(url: &str) -> Option<Url> {
    let mut url = Url::parse(url).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    (url.scheme() == "https" && url.username().is_empty() && url.password().is_none()).then_some(url)
}
