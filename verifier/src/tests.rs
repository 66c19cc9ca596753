//! Tests of the service: a small country, and the endpoints over HTTP.

pub(crate) mod fixture;

mod endpoints;
mod running;
mod same_device;
mod scene;
