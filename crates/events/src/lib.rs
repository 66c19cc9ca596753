//! What an agency is told: a stream of server-sent events on the management port, and signed webhooks.
//!
//! An event says what happened to which object and how it ended: ids and codes, never a claim. The unit of work that
//! changes the object records the event with one delivery per endpoint of the tenant ([`Events::record`]), so neither
//! happens without the other. After the commit [`Events::notify_tenant`] wakes the tenant's streams and the sender.
//! Streams and measures read beside the units of work, so however many there are, they hold up nobody's work.
//!
//! Webhooks follow the Standard Webhooks specification. Delivery is at least once: the receiver tells repetitions by
//! `webhook-id`, which stays the same over all attempts, and does not rely on the order of arrival.
//!
//! Every process of a service may deliver at the same time: a delivery is claimed in the store before it is sent.
#![forbid(unsafe_code)]

mod config;
mod delivery;
mod handle;
mod kind;
mod payload;
mod schedule;
mod signature;
mod slot;
mod stream;

#[cfg(test)]
mod fixture;

pub use config::{EventsConfigError, WebhookConfig};
pub use handle::Events;
pub use kind::EventKind;
pub use schedule::{MAX_ATTEMPTS, retry_after};
pub use signature::SecretFormError;
pub use slot::MAX_STREAMS_PER_TENANT;
