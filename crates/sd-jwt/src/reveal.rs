//! What a presentation makes visible, which can be more than was chosen.

use std::collections::BTreeMap;

use mahfada_base::{ClaimsPath, PathSegment};
use serde_json::Value;

use crate::VerifiedSdJwt;
use crate::present::{is_needed, locations};

#[cfg(test)]
mod tests;

impl VerifiedSdJwt {
    /// Returns every leaf that [`VerifiedSdJwt::present`] makes visible with these paths and would not without any.
    ///
    /// A disclosure is sent whole, so what the issuer left in clear inside it is revealed with the claim that was chosen.
    /// An object or array of which nothing inside is shown counts as a leaf. A path that selects nothing reveals nothing.
    /// Consent and registration are to be held against these leaves and not against the paths alone.
    #[must_use]
    pub fn revealed(&self, paths: &[ClaimsPath]) -> Vec<ClaimsPath> {
        let chosen: Vec<Vec<PathSegment>> = paths
            .iter()
            .filter_map(|path| locations(self.claims(), path).ok())
            .flatten()
            .collect();
        let mut reveal = Reveal {
            sent: self
                .disclosures()
                .iter()
                .map(|(_, place)| (place.as_slice(), is_needed(place, &chosen)))
                .collect(),
            place: Vec::new(),
            leaves: Vec::new(),
        };
        reveal.value(self.claims(), false);
        reveal.leaves
    }
}

struct Reveal<'a> {
    /// Where the disclosures stand, and whether each is sent.
    sent: BTreeMap<&'a [PathSegment], bool>,
    place: Vec<PathSegment>,
    leaves: Vec<ClaimsPath>,
}

impl Reveal<'_> {
    /// Collects the leaves of the value at the present place, which is visible; `inside` a disclosure it is revealed.
    fn value(&mut self, value: &Value, inside: bool) {
        let mut hollow = true;
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    hollow &= !self.below(PathSegment::Name(name.clone()), member, inside);
                }
            }
            Value::Array(elements) => {
                for (index, element) in (0..).zip(elements) {
                    hollow &= !self.below(PathSegment::Index(index), element, inside);
                }
            }
            _ => {}
        }
        if hollow && inside {
            self.leaves.extend(ClaimsPath::try_from(self.place.clone()));
        }
    }

    /// Goes one step down and tells whether anything is visible there.
    fn below(&mut self, segment: PathSegment, value: &Value, inside: bool) -> bool {
        self.place.push(segment);
        let sent = self.sent.get(self.place.as_slice()).copied();
        let visible = sent != Some(false);
        if visible {
            self.value(value, inside || sent.is_some());
        }
        self.place.pop();
        visible
    }
}
