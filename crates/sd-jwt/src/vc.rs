//! SD-JWT-based verifiable credentials (SD-JWT VC §2).

use std::fmt;

use mahfada_base::{CLOCK_SKEW, ClaimsPath, PathSegment, UnixTime};
use mahfada_crypto::{CryptoProvider, PublicKey, SignatureAlgorithm};
use mahfada_jose::{Expectation, Jwk, JwkError};
use serde_json::{Map, Value};

use crate::process::{ELLIPSIS, SD};
use crate::{
    KeyBindingError, KeyBindingExpectation, PresentError, SdJwtError, SdJwtPresentation, UnverifiedSdJwt,
    VerifiedKeyBinding, VerifiedSdJwt,
};

#[cfg(test)]
mod tests;

/// The `typ` of a credential, and the media type without `application/`.
pub const TYP: &str = "dc+sd-jwt";
/// The `typ` that drafts before -06 used; accepted, never issued.
pub const LEGACY_TYP: &str = "vc+sd-jwt";

/// The claims that every verifier must see, with all below them (SD-JWT VC §2.2.2).
pub const NEVER_DISCLOSABLE: &[&str] = &["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"];

/// The algorithms that an issuer may use (decision D11).
const ALGORITHMS: &[SignatureAlgorithm] = &[
    SignatureAlgorithm::Es256,
    SignatureAlgorithm::Es384,
    SignatureAlgorithm::EdDsa,
];

/// Why a credential is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SdJwtVcError {
    /// The SD-JWT is refused.
    #[error("the sd-jwt is refused")]
    SdJwt(#[from] SdJwtError),
    /// The credential has no type.
    #[error("the credential has no vct")]
    Vct,
    /// A claim that every verifier must see is hidden or was disclosed selectively.
    #[error("a claim that must be visible is selectively disclosable")]
    ForbiddenClaim,
    /// A registered claim has the wrong type.
    #[error("the claim {0} has the wrong type")]
    Claim(&'static str),
    /// `cnf.jwk` is no usable public key.
    #[error("the holder key cannot be used")]
    Confirmation(#[source] JwkError),
    /// The credential is not valid yet.
    #[error("the credential is not valid yet")]
    NotYetValid,
    /// The credential has expired.
    #[error("the credential has expired")]
    Expired,
}

impl SdJwtVcError {
    /// Returns the stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SdJwt(error) => error.code(),
            Self::Vct => "vct",
            Self::ForbiddenClaim => "sd_forbidden_claim",
            Self::Claim(_) => "invalid_claim",
            Self::Confirmation(_) => "cnf",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
        }
    }
}

/// A credential of which nothing has been checked but the form.
pub struct UnverifiedSdJwtVc {
    sd_jwt: UnverifiedSdJwt,
    /// What the payload of `sd_jwt` says, as long as nobody vouches for it.
    payload: Map<String, Value>,
}

/// A credential whose signature, disclosures, type and times hold.
///
/// That the issuer may issue this type, its status and its key binding are checked elsewhere.
#[derive(Clone)]
pub struct VerifiedSdJwtVc {
    sd_jwt: VerifiedSdJwt,
    vct: String,
    holder_key: Option<Jwk>,
    issued_at: Option<UnixTime>,
    expires_at: Option<UnixTime>,
}

impl UnverifiedSdJwtVc {
    /// Parses the compact serialization, with or without key binding; it checks nothing but the form.
    ///
    /// # Errors
    /// [`SdJwtError`] as [`UnverifiedSdJwt::parse`].
    pub fn parse(text: &str) -> Result<Self, SdJwtError> {
        let sd_jwt = UnverifiedSdJwt::parse(text)?;
        let payload = sd_jwt.unverified_payload()?;
        Ok(Self { sd_jwt, payload })
    }

    /// Returns the certificate chain that the header names, unverified.
    #[must_use]
    pub fn x5c(&self) -> Option<&[String]> {
        self.sd_jwt.x5c()
    }

    /// Returns the type that the credential claims to have: enough to ask who may issue it, and for nothing else.
    #[must_use]
    pub fn unverified_vct(&self) -> Option<&str> {
        self.payload.get("vct").and_then(Value::as_str)
    }

    /// Returns the key binding JWT, unverified, if the text ends with one.
    #[must_use]
    pub fn key_binding(&self) -> Option<&str> {
        self.sd_jwt.key_binding()
    }

    /// Refuses a key binding: a holder takes an issued credential only without (RFC 9901 §7.2).
    ///
    /// # Errors
    /// [`SdJwtError::UnexpectedKeyBinding`] when there is one.
    pub const fn refuse_key_binding(&self) -> Result<(), SdJwtError> {
        self.sd_jwt.refuse_key_binding()
    }

    /// Verifies type, signature, disclosures, visibility of claims and times (RFC 9901 §7.1, SD-JWT VC §2.5).
    ///
    /// It does not check that the key may sign this type, the status, or the key binding.
    ///
    /// # Errors
    /// [`SdJwtVcError`] with the first rule that is broken.
    pub fn verify(
        self,
        issuer_key: &PublicKey,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedSdJwtVc, SdJwtVcError> {
        let expectation = Expectation {
            typ: &[TYP, LEGACY_TYP],
            algorithms: ALGORITHMS,
        };
        let sd_jwt = self
            .sd_jwt
            .verify_parsed(Ok(self.payload), issuer_key, &expectation, provider)?;
        check_visible(&sd_jwt)?;
        let payload = sd_jwt.signed_payload();
        let vct = payload.get("vct").and_then(Value::as_str).filter(|vct| !vct.is_empty());
        let vct = vct.ok_or(SdJwtVcError::Vct)?.to_owned();
        let holder_key = holder_key(payload)?;
        let expires_at = time(payload, "exp")?;
        if time(payload, "nbf")?.is_some_and(|nbf| now < nbf.minus(CLOCK_SKEW)) {
            return Err(SdJwtVcError::NotYetValid);
        }
        if expires_at.is_some_and(|exp| now >= exp.plus(CLOCK_SKEW)) {
            return Err(SdJwtVcError::Expired);
        }
        // Unlike the times above, `iat` may be disclosed selectively.
        let issued_at = sd_jwt
            .claims()
            .as_object()
            .map(|claims| time(claims, "iat"))
            .transpose()?;
        Ok(VerifiedSdJwtVc {
            vct,
            holder_key,
            issued_at: issued_at.flatten(),
            expires_at,
            sd_jwt,
        })
    }
}

impl VerifiedSdJwtVc {
    /// Returns the type of the credential.
    #[must_use]
    pub fn vct(&self) -> &str {
        &self.vct
    }

    /// Returns the claims: the processed payload with the disclosed claims in place and no digests.
    #[must_use]
    pub const fn claims(&self) -> &Value {
        self.sd_jwt.claims()
    }

    /// Returns the key that the credential is bound to (`cnf.jwk`).
    #[must_use]
    pub const fn holder_key(&self) -> Option<&Jwk> {
        self.holder_key.as_ref()
    }

    /// Returns the `status` claim as it stands.
    #[must_use]
    pub fn status_claim(&self) -> Option<&Value> {
        self.claims().get("status")
    }

    /// Returns `iat`, if it is there and disclosed.
    #[must_use]
    pub const fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// Returns `exp`.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// Returns how many digests came without a disclosure: hidden claims and decoys, which look alike.
    #[must_use]
    pub const fn undisclosed_digests(&self) -> usize {
        self.sd_jwt.undisclosed_digests()
    }

    /// Returns where the disclosures stand in the claims.
    #[must_use]
    pub fn disclosed_paths(&self) -> Vec<ClaimsPath> {
        self.sd_jwt.disclosed_paths()
    }

    /// Returns the credential with its disclosures and without a key binding.
    #[must_use]
    pub fn as_issued(&self) -> &str {
        self.sd_jwt.as_issued()
    }

    /// Selects the disclosures at the paths with those above and below, as [`VerifiedSdJwt::present`] does.
    ///
    /// More than the paths may become visible; [`VerifiedSdJwtVc::revealed`] says what.
    ///
    /// # Errors
    /// [`PresentError::Path`] when a path selects no claim.
    pub fn present(&self, paths: &[ClaimsPath]) -> Result<SdJwtPresentation, PresentError> {
        self.sd_jwt.present(paths)
    }

    /// Returns every leaf that presenting the paths makes visible, as [`VerifiedSdJwt::revealed`] does.
    #[must_use]
    pub fn revealed(&self, paths: &[ClaimsPath]) -> Vec<ClaimsPath> {
        self.sd_jwt.revealed(paths)
    }

    /// Verifies that the holder of the key in `cnf` made this presentation, for this verifier, now (RFC 9901 §7.3).
    ///
    /// # Errors
    /// [`KeyBindingError`] with the first rule that is broken; a missing key binding is one.
    pub fn verify_key_binding(
        &self,
        expectation: &KeyBindingExpectation<'_>,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedKeyBinding, KeyBindingError> {
        let holder = self.holder_key.as_ref().ok_or(KeyBindingError::Confirmation)?;
        self.sd_jwt.verify_key_binding(holder, expectation, now, provider)
    }
}

impl fmt::Debug for UnverifiedSdJwtVc {
    /// Shows the type, lengths and counts: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedSdJwtVc")
            .field("vct", &self.unverified_vct())
            .field("sd_jwt", &self.sd_jwt)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VerifiedSdJwtVc {
    /// Shows the type, times, lengths and counts: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedSdJwtVc")
            .field("vct", &self.vct)
            .field("bound", &self.holder_key.is_some())
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .field("sd_jwt", &self.sd_jwt)
            .finish()
    }
}

/// Refuses a claim of [`NEVER_DISCLOSABLE`] that was disclosed or has digests below it.
fn check_visible(sd_jwt: &VerifiedSdJwt) -> Result<(), SdJwtVcError> {
    let never = |name: &str| NEVER_DISCLOSABLE.contains(&name);
    let disclosed = sd_jwt
        .disclosures()
        .iter()
        .any(|(_, place)| matches!(place.first(), Some(PathSegment::Name(name)) if never(name)));
    let hiding = sd_jwt
        .signed_payload()
        .iter()
        .any(|(name, value)| never(name) && hides(value));
    if disclosed || hiding {
        Err(SdJwtVcError::ForbiddenClaim)
    } else {
        Ok(())
    }
}

fn hides(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.contains_key(SD) || members.contains_key(ELLIPSIS) || members.values().any(hides)
        }
        Value::Array(elements) => elements.iter().any(hides),
        _ => false,
    }
}

fn holder_key(payload: &Map<String, Value>) -> Result<Option<Jwk>, SdJwtVcError> {
    let jwk = payload.get("cnf").and_then(|cnf| cnf.get("jwk"));
    jwk.map(Jwk::parse).transpose().map_err(SdJwtVcError::Confirmation)
}

fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<UnixTime>, SdJwtVcError> {
    let seconds = |value: &Value| value.as_i64().ok_or(SdJwtVcError::Claim(name));
    Ok(claims.get(name).map(seconds).transpose()?.map(UnixTime::new))
}
