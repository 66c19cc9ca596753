//! How the issuer learns who it deals with. The card is the first way; a national login and a holder factor come beside it.

mod card;

pub use card::CardConfigError;
pub(crate) use card::{CardProofing, ProvenCard};
