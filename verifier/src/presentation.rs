//! A presentation from the agency's question to its verdict.

pub(crate) mod answer;
pub(crate) mod browser;
pub(crate) mod filing;
pub(crate) mod judgement;
pub(crate) mod record;
pub(crate) mod reuse;
pub(crate) mod status;
pub(crate) mod verdict;
pub(crate) mod verify;
