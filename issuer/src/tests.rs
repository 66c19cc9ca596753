//! The service through its routes, by subject.

mod access;
mod card;
mod concurrency;
mod kill;
mod metadata;
mod privacy;
mod proofs;
mod startup;
mod status;
mod token;
mod way_a;
mod way_b;
