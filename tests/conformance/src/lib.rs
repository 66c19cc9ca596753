//! Which requirement of which specification which test proves.
//!
//! The rows of `requirements/*.toml` name tests; the scan finds the tests that the workspace really has. A row whose test
//! is gone, renamed or ignored fails the suite, so that `docs/conformance.md` cannot claim more than is tested.
#![forbid(unsafe_code)]

mod document;
mod requirements;
mod scan;
mod suite;
mod workspace;

pub use document::render;
pub use requirements::{Gap, Requirement, RequirementsError, Specification, faults, read_all};
pub use scan::{ScanError, Tests, scan};
pub use workspace::{WorkspaceError, workspace_root};

#[cfg(test)]
mod tests;
