//! The chip: its signature over the challenge, and whether it can prove itself in a second round.

use super::Examination;
use crate::verify::active_authentication;
use crate::verify::chip_authentication::ChipAuthenticationKey;
use crate::verify::ldsso::LdsSecurityObject;
use crate::verify::refusal::{Refusal, refusal};
use crate::verify::security_infos::{ChipAuthenticationChoice, SecurityInfos};

/// What the first round says about the chip.
pub(super) enum ChipState {
    Proved,
    /// The policy waits for the second round.
    Pending,
    NotProved,
}

impl Examination<'_> {
    pub(super) fn chip(&mut self, lds: &LdsSecurityObject<'_>) -> Result<ChipState, Refusal> {
        let file = |number: u8| self.evidence.dgs.get(&number).map(Vec::as_slice);
        let (dg14, dg15) = (file(14), file(15));
        let infos = dg14.map(SecurityInfos::parse).transpose();
        let infos = self.step("security_infos", infos)?.unwrap_or_default();
        let second_round = infos.chip_authentication(self.policy.allow_legacy);
        let state = match dg15.filter(|_| lds.lists(15)) {
            Some(dg15) => self.active_authentication(dg15, dg14)?,
            None => self.chip_without_signature(second_round.as_ref())?,
        };
        if let (Some(Ok(choice)), Some(dg1)) = (second_round, file(1)) {
            self.chip = Some(Box::new(ChipAuthenticationKey {
                key: choice.key,
                cipher: choice.cipher,
                protocol: choice.protocol,
                key_id: choice.key_id,
                dg1: dg1.to_vec(),
                sod_sha256: self.digest.sha256(self.evidence.sod),
            }));
        }
        Ok(state)
    }

    fn active_authentication(&mut self, dg15: &[u8], dg14: Option<&[u8]>) -> Result<ChipState, Refusal> {
        let challenge = self.expected.rnd_ifd();
        let proof = self
            .evidence
            .aa
            .ok_or_else(|| refusal("aa_missing", "the chip has a key and did not sign"))
            .and_then(|answer| active_authentication::verify(dg15, dg14, challenge, answer, self.digest));
        let proof = self.step("active_authentication", proof)?;
        if let Some(weakness) = proof.weakness {
            let outcome = self.weakness(weakness);
            self.step("active_authentication_algorithm", outcome)?;
        }
        Ok(ChipState::Proved)
    }

    fn chip_without_signature(
        &mut self,
        second_round: Option<&Result<ChipAuthenticationChoice, Refusal>>,
    ) -> Result<ChipState, Refusal> {
        let required = self.policy.require_chip_proof;
        let missing = match second_round {
            Some(Ok(_)) => {
                self.report.not_checked(
                    "active_authentication",
                    "the chip proves itself by chip authentication only",
                );
                return Ok(if required {
                    ChipState::Pending
                } else {
                    ChipState::NotProved
                });
            }
            Some(Err(unusable)) => *unusable,
            None => refusal("no_clone_protection", "the chip has no key, so a copy looks the same"),
        };
        if required {
            return self.step("active_authentication", Err(missing));
        }
        self.report.not_checked("active_authentication", missing.detail);
        Ok(ChipState::NotProved)
    }
}
