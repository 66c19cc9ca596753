//! The command line of Mahfada, and the demonstration that drives a credential through all four parts.
#![forbid(unsafe_code)]

pub mod demo;
