//! The signed list (§5) and what a relying party checks of it (§8.3).

use mahfada_base::{CLOCK_SKEW, Seconds, UnixTime};
use mahfada_crypto::{CryptoProvider, PublicKey, SignatureAlgorithm, Signer};
use mahfada_jose::{Expectation, JwsBuilder, JwsError, SignError, UnverifiedJws, VerifiedJws};
use mahfada_x509::Certificate;
use serde::{Deserialize, Serialize};

use crate::{MAX_UNCOMPRESSED, Status, StatusIndexError, StatusList, StatusListFormatError};

#[cfg(test)]
mod tests;

/// The `typ` of a status list token, and its media type without `application/`.
pub const TYP: &str = "statuslist+jwt";
/// The shortest time after which a list is fetched again, in seconds.
pub const MIN_TTL: Seconds = 60;
/// The longest time after which a list is fetched again, in seconds.
pub const MAX_TTL: Seconds = 24 * 3_600;
/// The longest time between `iat` and `exp`: seven days, in seconds.
///
/// Nobody can make a relying party believe one list for longer, whoever keeps newer ones from it.
pub const MAX_LIFETIME: Seconds = 7 * 86_400;
/// The time after which a list without `ttl` is fetched again, in seconds.
pub const DEFAULT_TTL: Seconds = 3_600;

/// The algorithms that a status issuer may use (decision D11).
const ALGORITHMS: &[SignatureAlgorithm] = &[
    SignatureAlgorithm::Es256,
    SignatureAlgorithm::Es384,
    SignatureAlgorithm::EdDsa,
];

/// Makes status list tokens.
#[derive(Clone, Copy, Debug)]
pub struct StatusListToken;

/// Why a status list token was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatusListTokenError {
    /// The token could not be signed.
    #[error("the status list could not be signed")]
    Sign(#[from] SignError),
    /// The token has more bytes than a relying party reads; spread the entries over more lists.
    #[error("the status list compresses to more than a relying party reads")]
    TooLarge,
    /// The token is good for longer than [`MAX_LIFETIME`], or expires before it is made.
    #[error("the status list is good for longer than a relying party allows")]
    Lifetime,
}

impl StatusListTokenError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Sign(_) => "sign",
            Self::TooLarge => "status_too_large",
            Self::Lifetime => "status_exp",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct ListClaim {
    bits: u8,
    lst: String,
}

#[derive(Serialize)]
struct SignedClaims<'a> {
    sub: &'a str,
    iat: UnixTime,
    exp: UnixTime,
    ttl: Seconds,
    status_list: ListClaim,
}

#[derive(Deserialize)]
struct ReceivedClaims {
    sub: String,
    iat: UnixTime,
    exp: Option<UnixTime>,
    ttl: Option<Seconds>,
    status_list: ListClaim,
}

impl StatusListToken {
    /// Signs a list: `uri` is where it is published, `chain` goes into `x5c` without the anchor (HAIP 1.0 §6.1).
    ///
    /// # Errors
    /// [`StatusListTokenError`] when the key is out of reach, or no relying party would accept the token: it has too
    /// many bytes or is good for too long.
    pub fn sign(
        uri: &str,
        issued_at: UnixTime,
        expires_at: UnixTime,
        ttl: Seconds,
        list: &StatusList,
        chain: &[Certificate],
        signer: &dyn Signer,
    ) -> Result<String, StatusListTokenError> {
        if !has_allowed_lifetime(issued_at, expires_at) {
            return Err(StatusListTokenError::Lifetime);
        }
        let claims = SignedClaims {
            sub: uri,
            iat: issued_at,
            exp: expires_at,
            ttl,
            status_list: ListClaim {
                bits: list.bits(),
                lst: list.encode(),
            },
        };
        let text = JwsBuilder::new(TYP).x5c(chain).sign(&claims, signer)?;
        match UnverifiedJws::parse(&text) {
            Err(JwsError::TooLong) => Err(StatusListTokenError::TooLarge),
            _ => Ok(text),
        }
    }
}

/// Why a status list token is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatusListError {
    /// The text is no JWS, or its claims are not those of a status list.
    #[error("not a status list token")]
    Malformed(#[source] JwsError),
    /// The token has another type.
    #[error("not a status list token by its type")]
    Type(#[source] JwsError),
    /// The algorithm is not allowed.
    #[error("the algorithm of the status list is not allowed")]
    Algorithm(#[source] JwsError),
    /// The signature is not one of the status issuer's key.
    #[error("the status list is not signed by its issuer")]
    Signature(#[source] JwsError),
    /// The list is another than the one that the credential refers to.
    #[error("the status list is another one")]
    Subject,
    /// The list has expired, does not say when it does, or is good for longer than [`MAX_LIFETIME`].
    #[error("the status list has expired or is good for too long")]
    Expired,
    /// The list comes from the future.
    #[error("the status list is not valid yet")]
    NotYetValid,
    /// The list cannot be decoded.
    #[error("the status list cannot be decoded")]
    List(#[from] StatusListFormatError),
}

impl StatusListError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(JwsError::TooLong) => "status_too_large",
            Self::Malformed(_) => "status_malformed",
            Self::Type(_) => "status_typ",
            Self::Algorithm(_) => "alg_not_allowed",
            Self::Signature(_) => "status_sig",
            Self::Subject => "status_sub",
            Self::Expired => "status_exp",
            Self::NotYetValid => "status_iat",
            Self::List(error) => error.code(),
        }
    }
}

impl From<JwsError> for StatusListError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Typ => Self::Type(error),
            JwsError::AlgNotAllowed => Self::Algorithm(error),
            JwsError::Signature | JwsError::SignatureFormat => Self::Signature(error),
            _ => Self::Malformed(error),
        }
    }
}

/// A status list token of which nothing has been checked but the form.
#[derive(Debug)]
pub struct UnverifiedStatusListToken(UnverifiedJws);

/// A list that the key given signed for the address expected, and that had not expired when it was verified.
///
/// It may be older than another one seen for the same address: [`Self::is_older_than`] is the caller's to ask.
#[derive(Clone, Debug)]
pub struct VerifiedStatusList {
    list: StatusList,
    issued_at: UnixTime,
    expires_at: UnixTime,
    ttl: Seconds,
}

impl UnverifiedStatusListToken {
    /// Parses the token; it checks nothing but the form and reads no list yet.
    ///
    /// # Errors
    /// [`StatusListError`] when it is no compact JWS or too long.
    pub fn parse(text: &str) -> Result<Self, StatusListError> {
        Ok(Self(UnverifiedJws::parse(text)?))
    }

    /// Returns the certificate chain that the header names, unverified.
    #[must_use]
    pub fn x5c(&self) -> Option<&[String]> {
        self.0.header().x5c.as_deref()
    }

    /// Verifies type, signature, address and times, and only then decompresses the list (§8.3).
    ///
    /// It does not check that the key may sign status lists for the issuer of the credential, nor that no newer list
    /// has been seen.
    ///
    /// # Errors
    /// [`StatusListError`] with the first rule that is broken; a list without `exp`, or with one more
    /// than [`MAX_LIFETIME`] after `iat`, counts as expired.
    pub fn verify(
        self,
        key: &PublicKey,
        expected_uri: &str,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedStatusList, StatusListError> {
        let expectation = Expectation {
            typ: &[TYP],
            algorithms: ALGORITHMS,
        };
        let jws: VerifiedJws = self.0.verify(key, &expectation, provider)?;
        let claims: ReceivedClaims = jws.claims()?;
        if claims.sub != expected_uri {
            return Err(StatusListError::Subject);
        }
        if claims.iat > now.plus(CLOCK_SKEW) {
            return Err(StatusListError::NotYetValid);
        }
        // Decision D10: `exp` is the limit of trust, so a list without one is trusted at no time.
        let expires_at = claims.exp.ok_or(StatusListError::Expired)?;
        if now >= expires_at.plus(CLOCK_SKEW) || !has_allowed_lifetime(claims.iat, expires_at) {
            return Err(StatusListError::Expired);
        }
        let ListClaim { bits, lst } = claims.status_list;
        Ok(VerifiedStatusList {
            list: StatusList::decode(bits, &lst, MAX_UNCOMPRESSED)?,
            issued_at: claims.iat,
            expires_at,
            ttl: claims.ttl.unwrap_or(DEFAULT_TTL).clamp(MIN_TTL, MAX_TTL),
        })
    }
}

impl VerifiedStatusList {
    /// Returns the status at an index, at a cost that does not depend on the size of the list.
    ///
    /// # Errors
    /// [`StatusIndexError::OutOfRange`]: the credential is then refused, not taken for valid.
    pub fn status(&self, index: u64) -> Result<Status, StatusIndexError> {
        self.list.get(index).map(Status::from_value)
    }

    /// Returns when the list was made.
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// Returns `exp`; [`Self::is_current`] allows the clock skew on top of it.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// Tells whether this list was made before the other one: whoever has seen `other` for the address refuses this
    /// one, or a revocation would be undone by an old list that has not expired.
    ///
    /// That both are for the same address is not checked.
    #[must_use]
    pub const fn is_older_than(&self, other: &Self) -> bool {
        self.issued_at.seconds() < other.issued_at.seconds()
    }

    /// Tells whether a kept list may still be believed; the same limit as at verification.
    #[must_use]
    pub const fn is_current(&self, now: UnixTime) -> bool {
        now.seconds() < self.expires_at.plus(CLOCK_SKEW).seconds()
    }

    /// Returns after how many seconds to fetch again: `ttl`, at least 60 s and at most 24 h.
    #[must_use]
    pub const fn ttl(&self) -> Seconds {
        self.ttl
    }
}

fn has_allowed_lifetime(issued_at: UnixTime, expires_at: UnixTime) -> bool {
    (0..=MAX_LIFETIME).contains(&expires_at.since(issued_at))
}
