//! Term definitions (JSON-LD 1.1 API §4.2).

use std::sync::Arc;

use serde_json::Value;

/// What a term stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TermDefinition {
    pub(super) meaning: Meaning,
    pub(super) coercion: Coercion,
    pub(super) container: Container,
    /// The context that applies below the term.
    pub(super) context: Option<Arc<Value>>,
    pub(super) language: OwnLanguage,
    pub(super) prefix: bool,
    pub(super) protected: bool,
}

impl TermDefinition {
    /// Tells whether two definitions say the same, protection aside (JSON-LD 1.1 API §4.2.2 step 27).
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let plain = |definition: &Self| Self {
            protected: false,
            ..definition.clone()
        };
        plain(self) == plain(other)
    }
}

/// The language of a term's strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OwnLanguage {
    /// The default language of the context.
    Default,
    /// None, whatever the context says.
    Nothing,
    Tag(Arc<str>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Iri(Arc<str>),
    Keyword(Keyword),
    /// The term is taken out of use.
    Nothing,
}

/// The keywords that a document may use, by name or by alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Context,
    Direction,
    Id,
    Language,
    List,
    Type,
    Value,
}

impl Keyword {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "@context" => Self::Context,
            "@direction" => Self::Direction,
            "@id" => Self::Id,
            "@language" => Self::Language,
            "@list" => Self::List,
            "@type" => Self::Type,
            "@value" => Self::Value,
            _ => return None,
        })
    }
}

/// How plain strings of a term are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Coercion {
    None,
    /// `@none`: the value stays as it is, without default language.
    Untouched,
    Id,
    Vocab,
    Json,
    Datatype(Arc<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// None or `@set`, which are the same to RDF.
    Set,
    List,
    Graph,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ltr,
    Rtl,
}

impl Direction {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "ltr" => Some(Self::Ltr),
            "rtl" => Some(Self::Rtl),
            _ => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}
