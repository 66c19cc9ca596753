//! Presents chosen claims with as little else as the disclosures allow (RFC 9901 §7.2).

use std::fmt;

use mahfada_base::{ClaimsPath, ClaimsPathError, PathSegment, UnixTime, base64url};
use mahfada_crypto::{Digest, Signature, SignatureAlgorithm};
use serde_json::{Value, json};

use crate::key_binding::KB_TYP;
use crate::{HashAlgorithm, VerifiedSdJwt};

#[cfg(test)]
mod tests;

/// Why nothing can be presented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// A path selects no claim of the credential.
    #[error("the path {path} selects no claim")]
    Path {
        /// The path.
        path: ClaimsPath,
        /// Why it selects nothing.
        #[source]
        source: ClaimsPathError,
    },
    /// The text has no issuer-signed JWT.
    #[error("not of the form of an sd-jwt")]
    Malformed,
}

impl PresentError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Path { .. } => "sd_path",
            Self::Malformed => "sd_malformed",
        }
    }
}

/// An SD-JWT with the chosen disclosures, to be sent as it is or with a key binding.
#[derive(Clone, PartialEq, Eq)]
pub struct SdJwtPresentation {
    text: String,
    hash: HashAlgorithm,
}

/// A key binding JWT that lacks only the holder's signature.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyBindingInput {
    sd_jwt: String,
    input: String,
}

impl VerifiedSdJwt {
    /// Selects exactly the disclosures at the paths, those above that they need, and those below.
    ///
    /// A path to an object selects all of it. Siblings that are disclosures of their own stay hidden; those in clear
    /// inside a disclosure that is needed go along with it, as [`VerifiedSdJwt::revealed`] tells. Paths refer to
    /// [`VerifiedSdJwt::claims`].
    ///
    /// # Errors
    /// [`PresentError::Path`] when a path selects no claim that this SD-JWT discloses.
    pub fn present(&self, paths: &[ClaimsPath]) -> Result<SdJwtPresentation, PresentError> {
        let mut chosen = Vec::new();
        for path in paths {
            let found = locations(self.claims(), path).map_err(|source| PresentError::Path {
                path: path.clone(),
                source,
            })?;
            chosen.extend(found);
        }
        let jwt = self.as_issued().split('~').next().ok_or(PresentError::Malformed)?;
        let mut text = format!("{jwt}~");
        for (disclosure, place) in self.disclosures() {
            if is_needed(place, &chosen) {
                text.push_str(disclosure.encoded());
                text.push('~');
            }
        }
        Ok(SdJwtPresentation {
            text,
            hash: self.hash_algorithm(),
        })
    }
}

impl SdJwtPresentation {
    /// Returns the SD-JWT without key binding, ending with a tilde.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Makes the key binding JWT that the holder's key signs (RFC 9901 §4.3).
    #[must_use]
    pub fn key_binding_input(
        &self,
        audience: &str,
        nonce: &str,
        issued_at: UnixTime,
        algorithm: SignatureAlgorithm,
        digest: &dyn Digest,
    ) -> KeyBindingInput {
        let claims = json!({
            "aud": audience,
            "nonce": nonce,
            "iat": issued_at,
            "sd_hash": self.hash.digest(&self.text, digest),
        });
        let header = json!({"alg": algorithm.name(), "typ": KB_TYP});
        let [header, claims] = [header, claims].map(|part| base64url::encode(part.to_string()));
        KeyBindingInput {
            sd_jwt: self.text.clone(),
            input: format!("{header}.{claims}"),
        }
    }
}

impl KeyBindingInput {
    /// Returns the bytes to be signed with the key in `cnf`.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.input.as_bytes()
    }

    /// Joins the SD-JWT, the key binding and its signature to the whole presentation.
    #[must_use]
    pub fn with_signature(&self, signature: &Signature) -> String {
        let Self { sd_jwt, input } = self;
        format!("{sd_jwt}{input}.{}", base64url::encode(&signature.0))
    }
}

impl fmt::Debug for SdJwtPresentation {
    /// Shows the length: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SdJwtPresentation({}, {} bytes)", self.hash.name(), self.text.len())
    }
}

impl fmt::Debug for KeyBindingInput {
    /// Shows lengths: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (presentation, input) = (self.sd_jwt.len(), self.input.len());
        write!(f, "KeyBindingInput({presentation} bytes, {input} bytes)")
    }
}

/// Tells whether the disclosure that stands at `place` is sent when the places chosen are: above, at or below one.
pub(crate) fn is_needed(place: &[PathSegment], chosen: &[Vec<PathSegment>]) -> bool {
    chosen.iter().any(|at| at.starts_with(place) || place.starts_with(at))
}

/// Returns every place that the path selects; the same steps as [`ClaimsPath::select`], which returns values.
pub(crate) fn locations(root: &Value, path: &ClaimsPath) -> Result<Vec<Vec<PathSegment>>, ClaimsPathError> {
    let mut selected = vec![(Vec::new(), root)];
    for segment in path.segments() {
        let mut next = Vec::new();
        for (place, element) in selected {
            match (segment, element) {
                (PathSegment::Name(name), Value::Object(members)) => {
                    next.extend(members.get(name).map(|value| (step(&place, segment), value)));
                }
                (PathSegment::Index(index), Value::Array(elements)) => {
                    let value = usize::try_from(*index).ok().and_then(|index| elements.get(index));
                    next.extend(value.map(|value| (step(&place, segment), value)));
                }
                (PathSegment::All, Value::Array(elements)) => {
                    next.extend(
                        (0..)
                            .zip(elements)
                            .map(|(index, value)| (step(&place, &PathSegment::Index(index)), value)),
                    );
                }
                _ => return Err(ClaimsPathError::WrongKind),
            }
        }
        selected = next;
    }
    if selected.is_empty() {
        return Err(ClaimsPathError::NoMatch);
    }
    Ok(selected.into_iter().map(|(place, _)| place).collect())
}

fn step(place: &[PathSegment], segment: &PathSegment) -> Vec<PathSegment> {
    place.iter().chain([segment]).cloned().collect()
}
