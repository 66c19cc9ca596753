//! One handler per endpoint.

pub(crate) mod complete;
pub(crate) mod events;
pub(crate) mod presentations;
pub(crate) mod request_object;
pub(crate) mod response;
pub(crate) mod saved_queries;
pub(crate) mod start;
