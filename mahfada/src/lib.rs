//! The command line of Mahfada, and the demonstration that drives a credential through all four parts.
#![forbid(unsafe_code)]

pub mod card_folder;
pub mod demo;
pub mod eid_check;
pub mod inspect;
mod output;
pub mod phone;
mod private_file;
mod source;
pub mod verify_sd_jwt;
pub mod wallet;

pub use source::SourceError;
