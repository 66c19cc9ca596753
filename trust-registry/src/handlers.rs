//! One file per endpoint.

pub(crate) mod entities;
pub(crate) mod entity_status;
pub(crate) mod lists;
pub(crate) mod registrations;
pub(crate) mod root;

mod document;
