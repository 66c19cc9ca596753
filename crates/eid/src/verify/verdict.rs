//! The outcome of a card verification.

use std::fmt;

use mahfada_base::Report;
use serde::{Deserialize, Serialize};

use super::chip_authentication::{ChipAuthenticationError, ChipAuthenticationKey, VerifiedChipResponse};
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

/// How the issuer knows that the person with the card is its holder, apart from the card (decision D13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HolderFactor {
    /// A national login that was matched with the card's identity.
    NationalLogin,
    /// An assertion that the card checked the holder's PIN.
    PinAssertion,
    /// A match of the holder's face by an authorised processor.
    FaceMatch,
}

/// What a verification found: a line per check, and the holder when every check holds.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub(super) checks: Report,
    pub(super) outcome: Outcome,
    pub(super) legacy: bool,
    pub(super) sod_sha256: [u8; 32],
    pub(super) chip: Option<Box<ChipAuthenticationKey>>,
    pub(super) holder_factor: Option<HolderFactor>,
}

/// Whether a card is accepted.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Accepted(Accepted),
    /// Everything holds, and the policy waits for chip authentication.
    ChipPending(Accepted),
    Refused(&'static str),
}

#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) holder: VerifiedHolder,
    pub(super) methods: Vec<&'static str>,
    /// Whether fresh revocation data speak for the document signer.
    pub(super) fresh: bool,
    /// Whether every file with which DG1 is compared was handed in.
    pub(super) complete: bool,
}

impl Accepted {
    fn chip_proved(&self) -> bool {
        self.methods.iter().any(|method| matches!(*method, "aa" | "ca"))
    }
}

impl Verdict {
    /// Returns the holder of an accepted card.
    ///
    /// # Errors
    /// The stable code of the first check that does not hold; `chip_authentication_needed` when only the second round
    /// with the chip is missing.
    pub const fn accepted(&self) -> Result<&VerifiedHolder, &'static str> {
        match &self.outcome {
            Outcome::Accepted(accepted) => Ok(&accepted.holder),
            Outcome::ChipPending(_) => Err("chip_authentication_needed"),
            Outcome::Refused(code) => Err(*code),
        }
    }

    /// Returns the holder, unless the card was refused.
    #[must_use]
    pub fn holder(&self) -> Option<&VerifiedHolder> {
        self.accepted().ok()
    }

    /// Returns the stable code of the first check that does not hold, unless the card was accepted.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.accepted().err()
    }

    /// Returns the key with which the chip can prove itself in a second round; `None` when the card was refused, or when
    /// its chip authenticates itself in no way that is supported and allowed.
    #[must_use]
    pub fn chip_authentication(&self) -> Option<&ChipAuthenticationKey> {
        self.chip.as_deref()
    }

    /// Takes in the outcome of the second round with the chip.
    ///
    /// A proof for another card, and a failed second round, refuse the card, whatever else was proved: a genuine chip
    /// that has the key answers.
    #[must_use]
    pub fn with_chip_authentication(mut self, response: Result<VerifiedChipResponse, ChipAuthenticationError>) -> Self {
        const CHECK: &str = "chip_authentication";
        if let Outcome::Refused(_) = self.outcome {
            return self;
        }
        let code = match response {
            Ok(proof) if proof.sod_sha256 == self.sod_sha256 => {
                self.checks.passed(CHECK);
                self.legacy |= proof.legacy;
                self.outcome = self.outcome.with_chip();
                return self;
            }
            Ok(_) => "ca_other_card",
            Err(error) => error.code(),
        };
        self.checks.failed(code, "the chip did not prove itself to the server");
        self.outcome = Outcome::Refused(code);
        self
    }

    /// Notes that the issuer established the holder by another factor in this session, after an identity match.
    #[must_use]
    pub const fn with_holder_factor(mut self, factor: HolderFactor) -> Self {
        self.holder_factor = Some(factor);
        self
    }

    /// Returns the checks in the order in which they were made, the failed one last; no personal data.
    #[must_use]
    pub const fn checks(&self) -> &Report {
        &self.checks
    }

    /// Returns the level of an accepted card.
    ///
    /// `substantial` takes a proved chip, a holder factor, fresh revocation data, no algorithm of older cards, and
    /// every file that EF.SOD lists for the holder's details (decision D13).
    #[must_use]
    pub fn loa(&self) -> Option<LevelOfAssurance> {
        let Outcome::Accepted(accepted) = &self.outcome else {
            return None;
        };
        let substantial = accepted.chip_proved()
            && self.holder_factor.is_some()
            && accepted.fresh
            && accepted.complete
            && !self.legacy;
        Some(if substantial {
            LevelOfAssurance::Substantial
        } else {
            LevelOfAssurance::Low
        })
    }

    /// Tells whether a check holds only because policy allows an algorithm of older cards.
    #[must_use]
    pub const fn legacy(&self) -> bool {
        self.legacy
    }

    /// Returns how an accepted card was proved: `pa`, `aa` when the chip signed the challenge, `ca` when it proved itself in
    /// the second round.
    #[must_use]
    pub fn methods(&self) -> &[&'static str] {
        match &self.outcome {
            Outcome::Accepted(accepted) => &accepted.methods,
            _ => &[],
        }
    }

    /// Returns the SHA-256 of EF.SOD, which an audit trail keeps instead of the files.
    #[must_use]
    pub const fn sod_sha256(&self) -> &[u8; 32] {
        &self.sod_sha256
    }
}

impl Outcome {
    fn with_chip(self) -> Self {
        match self {
            Self::Accepted(mut accepted) | Self::ChipPending(mut accepted) => {
                accepted.methods.push("ca");
                Self::Accepted(accepted)
            }
            refused @ Self::Refused(_) => refused,
        }
    }
}
