//! Tests of the service: a small country, and the endpoints over HTTP.

pub(crate) mod fixture;

mod asking;
mod endpoints;
mod reused;
mod running;
mod same_device;
pub(crate) mod scene;
mod telling;
mod tenants;
mod waking;
