//! What goes into the anchors, and what is reported about it.

use std::fmt;

/// Which documents an authority's signature counts for; configuration says so, since certificates do not.
///
/// The published master lists hold the authorities of passports. Whether a state signs its identity cards under the same
/// authority is for its authorities to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnchorPurpose {
    /// Identity cards.
    IdentityCards,
    /// Passports.
    Passports,
    /// Identity cards and passports.
    AllDocuments,
}

impl AnchorPurpose {
    pub(super) const fn covers_identity_cards(self) -> bool {
        matches!(self, Self::IdentityCards | Self::AllDocuments)
    }
}

/// The certificate of a country signing authority and what it counts for.
#[derive(Clone, Copy, Debug)]
pub struct Csca<'c> {
    /// The certificate as DER.
    pub der: &'c [u8],
    /// The documents that it counts for.
    pub purpose: AnchorPurpose,
}

/// Which collection a reported item was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadSource {
    /// The country signing authorities.
    Csca,
    /// The link certificates.
    Link,
    /// The revocation lists.
    Crl,
    /// A master list.
    MasterList,
}

/// Something that was not loaded, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadReport {
    /// The collection.
    pub source: LoadSource,
    /// The position in the collection, from 0.
    pub position: usize,
    /// The stable reason code.
    pub code: &'static str,
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}: {}", self.source, self.position, self.code)
    }
}

/// Why there are no anchors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No authority could be loaded.
    #[error("no country signing authority could be loaded")]
    NoAnchor,
}

impl LoadError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoAnchor => "no_card_anchor",
        }
    }
}
