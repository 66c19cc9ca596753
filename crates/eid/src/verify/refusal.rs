//! Why a step refuses: a stable code, and a sentence for people without personal data.

use crate::tlv::TlvError;

/// The code of an EF.SOD that cannot be read.
pub(super) const MALFORMED: &str = "sod_malformed";

/// The first check that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
}

pub(super) const fn refusal(code: &'static str, detail: &'static str) -> Refusal {
    Refusal { code, detail }
}

/// Holds when the condition does.
pub(super) const fn require(condition: bool, code: &'static str, detail: &'static str) -> Result<(), Refusal> {
    if condition { Ok(()) } else { Err(refusal(code, detail)) }
}

/// The structure of EF.SOD is where a reading fault has codes of its own.
impl From<TlvError> for Refusal {
    fn from(error: TlvError) -> Self {
        match error {
            TlvError::Trailing => refusal("trailing_data", "bytes follow an element of EF.SOD"),
            _ => refusal(MALFORMED, "EF.SOD is not in the strict encoding"),
        }
    }
}
