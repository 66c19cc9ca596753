//! Why a context or a document was refused.

/// Why a JSON-LD context cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The URL is not in the pinned table; nothing is fetched.
    #[error("the context {0} is not pinned")]
    NotPinned(String),
    /// The bytes of a context do not have the pinned hash.
    #[error("the context {0} does not have its pinned hash")]
    Hash(String),
    /// A context in the document itself, where only pinned ones are allowed.
    #[error("a context inside the document")]
    Inline,
    /// The context is no JSON-LD context, or uses a feature that secured documents do not need.
    #[error("the context defines {0} in a way that is not supported")]
    Unsupported(String),
    /// A context redefines or removes a protected term (JSON-LD 1.1 §4.1.11).
    #[error("the context changes the protected term {0}")]
    ProtectedTerm(String),
    /// The contexts nest too deeply.
    #[error("the contexts nest too deeply")]
    TooDeep,
}

/// Why a document cannot be turned into statements without losing something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpansionError {
    /// A context was refused.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// No context defines the member or the type.
    #[error("no context defines {0}")]
    UndefinedTerm(String),
    /// A reference that is no absolute IRI.
    #[error("the value of {0} is no absolute IRI")]
    RelativeReference(String),
    /// A value that makes no statement: null, an empty array, an array in an array.
    #[error("the value of {0} makes no statement")]
    NoStatement(String),
    /// A JSON-LD keyword, or a use of one, that secured documents do not need.
    #[error("the keyword {0} is not supported here")]
    Keyword(String),
    /// The document is no JSON object, or one that says nothing.
    #[error("not a document that says anything")]
    NotADocument,
    /// More statements than an honest document has.
    #[error("more statements than allowed")]
    TooManyStatements,
}

impl ExpansionError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Context(ContextError::NotPinned(_)) => "vc_context_not_pinned",
            Self::Context(ContextError::ProtectedTerm(_)) => "vc_protected_term",
            Self::Context(_) => "vc_context",
            Self::UndefinedTerm(_) => "vc_undefined_term",
            Self::RelativeReference(_) => "vc_relative_reference",
            Self::NoStatement(_) => "vc_no_statement",
            Self::Keyword(_) => "vc_keyword",
            Self::NotADocument => "vc_document",
            Self::TooManyStatements => "vc_too_large",
        }
    }
}
