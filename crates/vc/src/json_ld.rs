//! JSON-LD 1.1 as far as secured documents need it: pinned contexts in, RDF quads out, and nothing dropped on the way.
//!
//! What a general processor drops silently is refused here, because what is dropped is not signed
//! (Data Integrity §2.4.3): undefined terms, relative references, nulls, empty arrays, `@index` and the like.

mod active;
mod definition;
mod error;
mod iri;
mod literal;
mod pinned;
mod selection;
mod to_rdf;

pub use error::{ContextError, ExpansionError};
pub use pinned::Contexts;

pub(crate) use iri::is_absolute;
pub(crate) use selection::{Selection, SelectionError, select};
pub(crate) use to_rdf::{BlankLabels, to_rdf};
