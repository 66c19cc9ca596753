//! RDF datasets as far as a proof needs them: quads, their canonical N-Quads, and RDFC-1.0.

mod canonical;
mod quad;

pub use canonical::WorkLimitExceeded;
pub(crate) use canonical::{HashAlgorithm, canonicalize, hex, statements};
pub(crate) use quad::{Literal, LiteralKind, Node, Object, Quad};
