//! The outcome of a card verification.

use std::fmt;

use mahfada_base::Report;
use serde::{Deserialize, Serialize};

use super::holder::VerifiedHolder;

/// How sure an issuer can be of the holder of a card session (decision D13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LevelOfAssurance {
    /// The card's data are authentic; the checks say whether the chip proved itself.
    Low,
    /// The chip proved itself, the holder did, and revocation data are fresh.
    Substantial,
    /// What this crate alone never gives: chip authentication by the server and a PIN checked by the card.
    High,
}

impl LevelOfAssurance {
    /// Returns the name that credentials carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }
}

impl fmt::Display for LevelOfAssurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a verification found: a line per check, and the holder when every check holds.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub(super) checks: Report,
    pub(super) outcome: Result<Accepted, &'static str>,
    pub(super) legacy: bool,
    pub(super) sod_sha256: [u8; 32],
}

#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) holder: VerifiedHolder,
    pub(super) loa: LevelOfAssurance,
    pub(super) methods: Vec<&'static str>,
}

impl Verdict {
    /// Returns the holder of an accepted card.
    ///
    /// # Errors
    /// The stable code of the first check that does not hold.
    pub fn accepted(&self) -> Result<&VerifiedHolder, &'static str> {
        self.outcome
            .as_ref()
            .map(|accepted| &accepted.holder)
            .map_err(|code| *code)
    }

    /// Returns the holder, unless the card was refused.
    #[must_use]
    pub fn holder(&self) -> Option<&VerifiedHolder> {
        self.accepted().ok()
    }

    /// Returns the stable code of the first check that does not hold, unless the card was accepted.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.outcome.as_ref().err().copied()
    }

    /// Returns the checks in the order in which they were made, the failed one last; no personal data.
    #[must_use]
    pub const fn checks(&self) -> &Report {
        &self.checks
    }

    /// Returns the level of an accepted card.
    #[must_use]
    pub fn loa(&self) -> Option<LevelOfAssurance> {
        self.outcome.as_ref().ok().map(|accepted| accepted.loa)
    }

    /// Tells whether a check holds only because policy allows an algorithm of older cards.
    #[must_use]
    pub const fn legacy(&self) -> bool {
        self.legacy
    }

    /// Returns how an accepted card was proved: `pa`, and `aa` when the chip signed the challenge.
    #[must_use]
    pub fn methods(&self) -> &[&'static str] {
        self.outcome
            .as_ref()
            .map(|accepted| accepted.methods.as_slice())
            .unwrap_or_default()
    }

    /// Returns the SHA-256 of EF.SOD, which an audit trail keeps instead of the files.
    #[must_use]
    pub const fn sod_sha256(&self) -> &[u8; 32] {
        &self.sod_sha256
    }
}
