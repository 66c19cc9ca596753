//! ecdsa-sd-2023: a signature per statement, so that the holder can leave statements out (ECDSA §3.4 to §3.6).

mod derive;
mod issue;
mod proof_value;
mod statements;
mod verify;

pub use derive::derive;
pub use issue::sign_selective;

pub(crate) use verify::{verify_base, verify_derived};

#[cfg(test)]
pub(crate) use proof_value::{BaseProof, DerivedProof};
#[cfg(test)]
pub(crate) use statements::{Statements, group, split};
