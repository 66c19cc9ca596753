//! Why a query is none, or why it is not answered.

use mahfada_base::ClaimsPath;

/// Why a query is none, or why credentials do not answer it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DcqlError {
    /// The value is no valid query.
    #[error("not a valid query: {0}")]
    Invalid(String),
    /// The query names an element of an array by its position, which withheld elements shift.
    #[error("the claim {0} names an element of an array by its position, not all of them")]
    IndexNotAskable(ClaimsPath),
    /// The credentials do not answer the query.
    #[error("the query is not answered")]
    Unsatisfied,
}

impl DcqlError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::IndexNotAskable(_) => "dcql_index_not_askable",
            Self::Unsatisfied => "dcql_unsatisfied",
        }
    }
}
