//! One file per endpoint.

pub(crate) mod entities;
pub(crate) mod lists;
pub(crate) mod registrations;
pub(crate) mod root;

mod document;
