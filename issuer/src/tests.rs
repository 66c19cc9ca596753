//! The service through its routes, by subject.

mod access;
mod back_office;
mod card;
mod concurrency;
mod description;
mod details;
mod kill;
mod limits;
mod metadata;
mod privacy;
mod proofs;
mod startup;
mod status;
mod stream;
mod token;
mod way_a;
mod way_b;
