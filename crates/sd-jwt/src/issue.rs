//! Issues an SD-JWT (RFC 9901 §4).

use std::collections::BTreeSet;
use std::fmt;

use mahfada_base::{ClaimsPath, ClaimsPathError, PathSegment, base64url};
use mahfada_crypto::{Digest, Random, RandomError, Signer};
use mahfada_jose::{JwsBuilder, SignError};
use serde_json::{Map, Value, json};

use crate::hash::SD_ALG;
use crate::present::locations;
use crate::process::{ELLIPSIS, SD};
use crate::vc::NEVER_DISCLOSABLE;
use crate::{Disclosure, HashAlgorithm, MAX_DISCLOSURES, MAX_LENGTH};

#[cfg(test)]
mod tests;

/// The bytes of a salt: 128 bits (RFC 9901 §9.3).
const SALT_LENGTH: usize = 16;

/// The claims of a credential and which of them the holder may keep back.
#[derive(Clone, Default, PartialEq)]
pub struct SdJwtIssuance {
    /// All claims, in clear.
    pub payload: Map<String, Value>,
    /// The claims and array elements that become disclosures; one may lie inside another.
    pub selectively_disclosable: Vec<ClaimsPath>,
    /// How many decoy digests each `_sd` array gets.
    pub decoys: usize,
}

/// Why an SD-JWT was not issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SdJwtIssueError {
    /// The claim must be visible in every presentation.
    #[error("the claim {0} must never be selectively disclosable")]
    ForbiddenClaim(ClaimsPath),
    /// The claims use a name that is reserved for digests.
    #[error("the claims use a name reserved for digests")]
    ReservedName,
    /// A path selects no claim.
    #[error("the path {path} selects no claim")]
    Path {
        /// The path.
        path: ClaimsPath,
        /// Why it selects nothing.
        #[source]
        source: ClaimsPathError,
    },
    /// There would be more disclosures than [`MAX_DISCLOSURES`].
    #[error("more disclosures than a recipient accepts")]
    TooManyDisclosures,
    /// The text would have more bytes than [`MAX_LENGTH`].
    #[error("longer than a recipient accepts")]
    TooLong,
    /// The random source gave no salt.
    #[error("no salt to be had")]
    Random(#[from] RandomError),
    /// The JWT could not be signed.
    #[error("the jwt could not be signed")]
    Sign(#[from] SignError),
}

impl SdJwtIssueError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ForbiddenClaim(_) => "sd_forbidden_claim",
            Self::ReservedName => "sd_reserved_name",
            Self::Path { .. } => "sd_path",
            Self::TooManyDisclosures => "sd_too_many_disclosures",
            Self::TooLong => "sd_too_long",
            Self::Random(_) => "random",
            Self::Sign(_) => "sign",
        }
    }
}

impl SdJwtIssuance {
    /// Checks, before anything is signed, that every path may be selectively disclosable; for start-up checks too.
    ///
    /// # Errors
    /// [`SdJwtIssueError::ForbiddenClaim`] for [`NEVER_DISCLOSABLE`] claims and all below them.
    pub fn check_paths(paths: &[ClaimsPath]) -> Result<(), SdJwtIssueError> {
        let forbidden = |path: &&ClaimsPath| {
            NEVER_DISCLOSABLE
                .iter()
                .any(|name| ClaimsPath::name(*name).covers(path))
        };
        match paths.iter().find(forbidden) {
            Some(path) => Err(SdJwtIssueError::ForbiddenClaim(path.clone())),
            None => Ok(()),
        }
    }

    /// Replaces the disclosable claims by salted digests, signs, and returns `jwt~disclosure~…~`.
    ///
    /// The builder carries `typ` and `x5c`. Digests are SHA-256, salts 128 bits, `_sd` is sorted by digest.
    ///
    /// # Errors
    /// [`SdJwtIssueError`] when the claims are not fit for it, or randomness or the signing key fails.
    #[expect(clippy::needless_pass_by_value, reason = "a header is spent on one token")]
    pub fn sign(
        &self,
        builder: JwsBuilder,
        signer: &dyn Signer,
        random: &dyn Random,
        digest: &dyn Digest,
    ) -> Result<String, SdJwtIssueError> {
        Self::check_paths(&self.selectively_disclosable)?;
        let claims = Value::Object(self.payload.clone());
        if uses_reserved_name(&claims) {
            return Err(SdJwtIssueError::ReservedName);
        }
        let hidden = self.hidden_places(&claims)?;
        let mut concealer = Concealer {
            salts: draw_salts(hidden.len(), random)?.into_iter(),
            hidden,
            decoys: self.decoys,
            disclosures: Vec::new(),
            random,
            digest,
        };
        let mut payload = concealer.object(&self.payload, &[])?;
        if !concealer.disclosures.is_empty() {
            payload.insert(SD_ALG.to_owned(), HashAlgorithm::Sha256.name().into());
        }
        let mut text = builder.sign(&payload, signer)?;
        for disclosure in &concealer.disclosures {
            text.push('~');
            text.push_str(disclosure.encoded());
        }
        text.push('~');
        if text.len() > MAX_LENGTH {
            Err(SdJwtIssueError::TooLong)
        } else {
            Ok(text)
        }
    }

    fn hidden_places(&self, claims: &Value) -> Result<BTreeSet<Vec<PathSegment>>, SdJwtIssueError> {
        let mut places = BTreeSet::new();
        for path in &self.selectively_disclosable {
            let found = locations(claims, path).map_err(|source| SdJwtIssueError::Path {
                path: path.clone(),
                source,
            })?;
            places.extend(found);
        }
        if places.len() > MAX_DISCLOSURES {
            return Err(SdJwtIssueError::TooManyDisclosures);
        }
        Ok(places)
    }
}

impl fmt::Debug for SdJwtIssuance {
    /// Shows counts and paths, no claim: claims are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdJwtIssuance")
            .field("claims", &self.payload.len())
            .field("selectively_disclosable", &self.selectively_disclosable)
            .field("decoys", &self.decoys)
            .finish_non_exhaustive()
    }
}

/// Draws a salt for each disclosure, all in one go: the source is asked once.
fn draw_salts(count: usize, random: &dyn Random) -> Result<Vec<[u8; SALT_LENGTH]>, RandomError> {
    let mut salts = vec![[0; SALT_LENGTH]; count];
    random.fill(salts.as_flattened_mut())?;
    Ok(salts)
}

struct Concealer<'a> {
    salts: std::vec::IntoIter<[u8; SALT_LENGTH]>,
    hidden: BTreeSet<Vec<PathSegment>>,
    decoys: usize,
    disclosures: Vec<Disclosure>,
    random: &'a dyn Random,
    digest: &'a dyn Digest,
}

impl Concealer<'_> {
    fn value(&mut self, value: &Value, place: &[PathSegment]) -> Result<Value, SdJwtIssueError> {
        match value {
            Value::Object(members) => self.object(members, place).map(Value::Object),
            Value::Array(elements) => self.array(elements, place),
            plain => Ok(plain.clone()),
        }
    }

    fn object(
        &mut self,
        members: &Map<String, Value>,
        place: &[PathSegment],
    ) -> Result<Map<String, Value>, SdJwtIssueError> {
        let (mut output, mut digests) = (Map::new(), Vec::new());
        for (name, value) in members {
            let below = [place, &[PathSegment::Name(name.clone())]].concat();
            let value = self.value(value, &below)?;
            if self.hidden.contains(&below) {
                digests.push(self.conceal(Some(name), value)?);
            } else {
                output.insert(name.clone(), value);
            }
        }
        if !digests.is_empty() {
            for _ in 0..self.decoys {
                digests.push(self.decoy()?);
            }
            // The order must not tell which claims there are nor which digests are decoys (RFC 9901 §4.2.4.1).
            digests.sort_unstable();
            output.insert(SD.to_owned(), digests.into());
        }
        Ok(output)
    }

    fn array(&mut self, elements: &[Value], place: &[PathSegment]) -> Result<Value, SdJwtIssueError> {
        let mut output = Vec::with_capacity(elements.len());
        for (index, element) in (0..).zip(elements) {
            let below = [place, &[PathSegment::Index(index)]].concat();
            let value = self.value(element, &below)?;
            output.push(if self.hidden.contains(&below) {
                json!({ ELLIPSIS: self.conceal(None, value)? })
            } else {
                value
            });
        }
        Ok(Value::Array(output))
    }

    fn conceal(&mut self, name: Option<&str>, value: Value) -> Result<String, SdJwtIssueError> {
        let salt = self.salts.next().ok_or(RandomError)?;
        let disclosure = Disclosure::new(&base64url::encode(salt), name, value);
        let digest = HashAlgorithm::Sha256.digest(disclosure.encoded(), self.digest);
        self.disclosures.push(disclosure);
        Ok(digest)
    }

    /// Makes a digest of random bytes, which nobody can tell from one of a claim (RFC 9901 §4.2.5).
    fn decoy(&self) -> Result<String, SdJwtIssueError> {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes)?;
        Ok(base64url::encode(self.digest.sha256(&bytes)))
    }
}

fn uses_reserved_name(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| [SD, SD_ALG, ELLIPSIS].contains(&name.as_str()) || uses_reserved_name(value)),
        Value::Array(elements) => elements.iter().any(uses_reserved_name),
        _ => false,
    }
}
