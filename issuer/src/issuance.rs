//! The domain of the service, without HTTP: subjects, offers, status indexes, and credentials as they are built.

pub(crate) mod build;
pub(crate) mod identifier;
pub(crate) mod offer;
pub(crate) mod status;
pub(crate) mod subject;
