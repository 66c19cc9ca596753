//! Puts disclosures in their place and refuses what does not fit (RFC 9901 §7.1 steps 3 to 5).

use std::collections::{HashMap, HashSet};

use mahfada_base::{PathSegment, json};
use serde_json::{Map, Value};

use crate::Disclosure;
use crate::hash::SD_ALG;

#[cfg(test)]
mod tests;

/// The member of an object that holds the digests of its hidden claims.
pub(crate) const SD: &str = "_sd";
/// The only member of an array element that stands for a hidden element.
pub(crate) const ELLIPSIS: &str = "...";

/// Why digests and disclosures do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// `_sd_alg` names no accepted hash algorithm or stands below the top level.
    #[error("the hash algorithm of the disclosures is not accepted")]
    HashAlgorithm,
    /// A digest or a disclosure occurs twice.
    #[error("a digest occurs more than once")]
    DuplicateDigest,
    /// No digest refers to a disclosure.
    #[error("a disclosure is not referred to by any digest")]
    Unreferenced,
    /// `_sd`, `_sd_alg` or `...` is used for something else than digests.
    #[error("a name reserved for digests is used for something else")]
    ReservedName,
    /// A disclosure of an array element stands in `_sd`, or one of a claim in an array.
    #[error("a disclosure has the wrong number of elements for its place")]
    Arity,
    /// A disclosed claim has the name of a claim that is there already.
    #[error("a disclosed claim would overwrite another")]
    Overwrite,
    /// A disclosure contains its own digest.
    #[error("a disclosure contains itself")]
    Cycle,
    /// Disclosures nest more deeply than JSON from outside may.
    #[error("nested deeper than allowed")]
    TooDeep,
}

impl ProcessError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HashAlgorithm => "sd_alg",
            Self::DuplicateDigest => "sd_dup_digest",
            Self::Unreferenced => "sd_unreferenced",
            Self::ReservedName => "sd_reserved_name",
            Self::Arity => "sd_arity",
            Self::Overwrite => "sd_overwrite",
            Self::Cycle => "sd_cycle",
            Self::TooDeep => "sd_too_deep",
        }
    }
}

/// The payload with the disclosed claims in place.
pub(crate) struct Processed {
    /// The claims, without `_sd`, `_sd_alg` and placeholders.
    pub(crate) claims: Value,
    /// Where each disclosure ended, in the order of the disclosures.
    pub(crate) places: Vec<Vec<PathSegment>>,
    /// How many digests have no disclosure: hidden claims and decoys, which look alike.
    pub(crate) undisclosed: usize,
}

/// Processes the payload of an issuer-signed JWT with its disclosures; `digests` holds the digest of each, in order.
pub(crate) fn process(
    payload: &Map<String, Value>,
    disclosures: &[Disclosure],
    digests: &[String],
) -> Result<Processed, ProcessError> {
    let by_digest: HashMap<&str, usize> = digests
        .iter()
        .enumerate()
        .map(|(index, digest)| (digest.as_str(), index))
        .collect();
    if by_digest.len() < digests.len() {
        return Err(ProcessError::DuplicateDigest);
    }
    let mut processor = Processor {
        disclosures,
        by_digest,
        seen: HashSet::new(),
        open: Vec::new(),
        path: Vec::new(),
        places: vec![None; disclosures.len()],
        undisclosed: 0,
    };
    let claims = Value::Object(processor.object(payload)?);
    let undisclosed = processor.undisclosed;
    let places = processor.places.into_iter().collect::<Option<_>>();
    Ok(Processed {
        claims,
        places: places.ok_or(ProcessError::Unreferenced)?,
        undisclosed,
    })
}

struct Processor<'a> {
    disclosures: &'a [Disclosure],
    by_digest: HashMap<&'a str, usize>,
    seen: HashSet<&'a str>,
    open: Vec<&'a str>,
    path: Vec<PathSegment>,
    places: Vec<Option<Vec<PathSegment>>>,
    undisclosed: usize,
}

impl<'a> Processor<'a> {
    fn value(&mut self, value: &'a Value) -> Result<Value, ProcessError> {
        match value {
            Value::Object(members) => self.object(members).map(Value::Object),
            Value::Array(elements) => self.array(elements).map(Value::Array),
            plain => Ok(plain.clone()),
        }
    }

    /// Processes the value that stands at `segment` below the present place.
    fn below(&mut self, segment: impl FnOnce() -> PathSegment, value: &'a Value) -> Result<Value, ProcessError> {
        // Disclosures nest documents into documents, so the parser's bound alone does not hold here.
        if self.path.len() >= json::MAX_DEPTH {
            return Err(ProcessError::TooDeep);
        }
        // Nothing below a plain value asks where it stands.
        if !value.is_object() && !value.is_array() {
            return Ok(value.clone());
        }
        self.path.push(segment());
        let processed = self.value(value);
        self.path.pop();
        processed
    }

    fn object(&mut self, members: &'a Map<String, Value>) -> Result<Map<String, Value>, ProcessError> {
        if members.contains_key(ELLIPSIS) {
            return Err(ProcessError::ReservedName);
        }
        if members.contains_key(SD_ALG) && !self.path.is_empty() {
            return Err(ProcessError::HashAlgorithm);
        }
        let mut output = Map::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != SD && *name != SD_ALG) {
            let processed = self.below(|| PathSegment::Name(name.clone()), value)?;
            output.insert(name.clone(), processed);
        }
        let digests = match members.get(SD) {
            Some(Value::Array(digests)) => digests.as_slice(),
            Some(_) => return Err(ProcessError::ReservedName),
            None => &[],
        };
        for digest in digests {
            if let Some(index) = self.note(digest)? {
                self.insert_claim(index, &mut output)?;
            }
        }
        Ok(output)
    }

    fn insert_claim(&mut self, index: usize, output: &mut Map<String, Value>) -> Result<(), ProcessError> {
        let disclosure = self.disclosures.get(index).ok_or(ProcessError::Unreferenced)?;
        let name = disclosure.name().ok_or(ProcessError::Arity)?;
        if [SD, SD_ALG, ELLIPSIS].contains(&name) {
            return Err(ProcessError::ReservedName);
        }
        if output.contains_key(name) {
            return Err(ProcessError::Overwrite);
        }
        let value = self.disclose(index, PathSegment::Name(name.to_owned()), disclosure)?;
        output.insert(name.to_owned(), value);
        Ok(())
    }

    fn array(&mut self, elements: &'a [Value]) -> Result<Vec<Value>, ProcessError> {
        let mut output = Vec::with_capacity(elements.len());
        for element in elements {
            let segment = PathSegment::Index(output.len() as u64);
            let Some(digest) = element.get(ELLIPSIS) else {
                output.push(self.below(|| segment, element)?);
                continue;
            };
            if element.as_object().is_none_or(|members| members.len() != 1) {
                return Err(ProcessError::ReservedName);
            }
            if let Some(index) = self.note(digest)? {
                let disclosure = self.disclosures.get(index).ok_or(ProcessError::Unreferenced)?;
                if disclosure.name().is_some() {
                    return Err(ProcessError::Arity);
                }
                output.push(self.disclose(index, segment, disclosure)?);
            }
        }
        Ok(output)
    }

    /// Takes note of an embedded digest and returns the disclosure it refers to, if that was given.
    fn note(&mut self, digest: &'a Value) -> Result<Option<usize>, ProcessError> {
        let digest = digest.as_str().ok_or(ProcessError::ReservedName)?;
        if self.open.contains(&digest) {
            return Err(ProcessError::Cycle);
        }
        if !self.seen.insert(digest) {
            return Err(ProcessError::DuplicateDigest);
        }
        let found = self.by_digest.get_key_value(digest).map(|(key, index)| (*key, *index));
        if let Some((key, index)) = found {
            self.open.push(key);
            return Ok(Some(index));
        }
        self.undisclosed = self.undisclosed.saturating_add(1);
        Ok(None)
    }

    /// Processes the disclosed value in its place; the digest was opened by `note`.
    fn disclose(
        &mut self,
        index: usize,
        segment: PathSegment,
        disclosure: &'a Disclosure,
    ) -> Result<Value, ProcessError> {
        let mut place = self.path.clone();
        place.push(segment.clone());
        if let Some(entry) = self.places.get_mut(index) {
            *entry = Some(place);
        }
        let value = self.below(|| segment, disclosure.value())?;
        self.open.pop();
        Ok(value)
    }
}
