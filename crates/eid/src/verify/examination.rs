//! The steps of a verification in their order; the first one that refuses ends it.

mod chip;
mod signer;

use std::borrow::Cow;

use mahfada_base::{Report, UnixTime};
use mahfada_crypto::Digest;

use super::Evidence;
use super::certificate::Certificate;
use super::chip_authentication::ChipAuthenticationKey;
use super::expected::ExpectedChallenge;
use super::holder::{VerifiedHolder, check_expiry, join};
use super::ldsso::LdsSecurityObject;
use super::path::CardAnchors;
use super::policy::CardPolicy;
use super::refusal::{Refusal, refusal, require};
use super::sod;
use super::verdict::{Accepted, Outcome};
use crate::data_group::{DataGroupError, check_dg2, parse_dg1, parse_dg11, parse_dg12};
use crate::evidence::MAX_DATA_GROUP_BYTES;
use crate::mrz::{Mrz, MrzFormat};
use chip::ChipState;

/// A verification under way.
pub(super) struct Examination<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    pub(super) expected: &'a ExpectedChallenge,
    pub(super) anchors: &'a CardAnchors,
    pub(super) policy: &'a CardPolicy,
    pub(super) now: UnixTime,
    pub(super) digest: &'a dyn Digest,
    pub(super) report: Report,
    pub(super) legacy: bool,
    /// The key of a second round with the chip, once everything else holds.
    pub(super) chip: Option<Box<ChipAuthenticationKey>>,
}

impl Examination<'_> {
    /// Makes every check (Doc 9303-11 §5.1 and §6.1).
    pub(super) fn run(&mut self) -> Result<Outcome, Refusal> {
        let evidence = self.evidence;
        let encoding = sod::definite_encoding(evidence.sod);
        if matches!(encoding, Cow::Owned(_)) {
            self.report
                .warning("sod_encoding", "EF.SOD came with indefinite lengths");
        }
        let sod = self.step("sod_structure", sod::parse(&encoding))?;
        self.step("signed_attributes", sod.check_attributes(self.digest))?;
        let signer = self.step("document_signer", sod.signer())?;
        self.step("sod_signature", sod.check_signature(&signer))?;
        let fresh = self.signer(&sod, &signer)?;
        let lds = self.step("lds_security_object", LdsSecurityObject::parse(sod.content))?;
        let weak = self.weak_hash(lds.hash, &signer);
        self.step("lds_hash_algorithm", weak)?;
        self.step("data_group_sizes", bounded(evidence))?;
        self.step("data_group_hashes", lds.check(evidence.dgs, self.digest))?;
        self.step("data_groups_complete", complete(&lds, evidence))?;
        let complete = self.details(&lds);
        let holder = self.holder(&signer)?;
        let state = self.chip(&lds)?;
        let mut accepted = Accepted {
            holder,
            methods: vec!["pa"],
            fresh,
            complete,
        };
        Ok(match state {
            ChipState::Proved => {
                accepted.methods.push("aa");
                Outcome::Accepted(accepted)
            }
            ChipState::NotProved => Outcome::Accepted(accepted),
            ChipState::Pending => Outcome::ChipPending(accepted),
        })
    }

    fn step<T>(&mut self, name: &'static str, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        match &outcome {
            Ok(_) => self.report.passed(name),
            Err(refusal) => self.report.failed(refusal.code, refusal.detail),
        }
        outcome
    }

    /// Refuses a weakness, or notes it when policy allows old algorithms.
    fn weakness(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        if !self.policy.allow_legacy {
            return Err(refusal);
        }
        self.legacy = true;
        self.report.warning(refusal.code, refusal.detail);
        Ok(())
    }

    fn holder(&mut self, signer: &Certificate) -> Result<VerifiedHolder, Refusal> {
        let groups = self.evidence.dgs;
        let file = |number: u8| groups.get(&number).map(Vec::as_slice);
        let mrz = parse_dg1(file(1).unwrap_or_default()).map_err(data_group);
        let mrz = self.step("mrz", mrz)?;
        self.step("mrz_issuer", self.issuer(&mrz))?;
        self.step("document_type", document_type(&mrz, signer, self.policy))?;
        self.step("expiry", check_expiry(mrz.expiry_date(), self.now))?;
        let face = file(2).map(check_dg2).transpose().map_err(data_group);
        self.step("face_form", face)?;
        let details = file(11).map(parse_dg11).transpose().map_err(data_group);
        let personal = self.step("personal_details", details)?.unwrap_or_default();
        let details = file(12).map(parse_dg12).transpose().map_err(data_group);
        let document = self.step("document_details", details)?.unwrap_or_default();
        self.compare_issue_date(document.issue_date, signer);
        self.step("cross_field_agreement", join(&mrz, personal, &document, self.now))
    }

    // Doc 9303-12 §7.1: a signer's key is used for months only. Cards bear dates from before their signing, so this
    // warns; the key usage period never limits verification.
    fn compare_issue_date(&mut self, issued: Option<(i64, u8, u8)>, signer: &Certificate) {
        let (start, end) = signer.extensions.private_key_usage.unwrap_or_default();
        let outside = issued.is_some_and(|issued| {
            start.is_some_and(|start| issued < start.date()) || end.is_some_and(|end| end.date() < issued)
        });
        if outside {
            self.report.warning(
                "issue_date_outside_key_usage",
                "the date of issue is outside the signer's key usage",
            );
        }
    }

    fn issuer(&self, mrz: &Mrz) -> Result<(), Refusal> {
        let code = if self.policy.country == "MAR" {
            "mrz_issuer_not_MAR"
        } else {
            "country_mismatch"
        };
        require(
            mrz.issuer() == self.policy.country,
            code,
            "another state issued the card",
        )
    }

    /// Notes what EF.SOD lists about the holder and was withheld: DG1 is then compared with less.
    fn details(&mut self, lds: &LdsSecurityObject<'_>) -> bool {
        let groups = self.evidence.dgs;
        let withheld = |number: u8| lds.lists(number) && !groups.contains_key(&number);
        for (number, code) in [(11, "dg11_withheld"), (12, "dg12_withheld")] {
            if withheld(number) {
                self.report
                    .warning(code, "EF.SOD lists the data group and it was not handed in");
            }
        }
        !withheld(11) && !withheld(12)
    }
}

fn document_type(mrz: &Mrz, signer: &Certificate, policy: &CardPolicy) -> Result<(), Refusal> {
    let code = mrz.document_code();
    // A passport or a residence permit of the same state, under the same authority, is no identity card.
    require(
        mrz.format() == MrzFormat::Td1 && policy.document_codes.iter().any(|accepted| accepted == code),
        "document_type",
        "the document is no identity card",
    )?;
    let allowed = signer.extensions.document_types.as_ref().is_none_or(|types| {
        types
            .iter()
            .any(|allowed| allowed == code || code.get(..1) == Some(allowed.as_str()))
    });
    require(
        allowed,
        "dsc_document_type",
        "the document signer may not sign this type of document",
    )
}

fn bounded(evidence: &Evidence<'_>) -> Result<(), Refusal> {
    let fits = evidence.dgs.values().all(|file| file.len() <= MAX_DATA_GROUP_BYTES);
    require(fits, "dg_too_large", "a data group exceeds 256 KiB")
}

/// Requires the groups without which a copy or a downgrade would go unnoticed.
fn complete(lds: &LdsSecurityObject<'_>, evidence: &Evidence<'_>) -> Result<(), Refusal> {
    require(
        lds.lists(1) && lds.lists(2),
        "dg_missing",
        "EF.SOD does not list DG1 and DG2",
    )?;
    let withheld = |number| lds.lists(number) && !evidence.dgs.contains_key(&number);
    require(!withheld(1), "dg_missing", "DG1 was not handed in")?;
    require(
        !withheld(14),
        "ca_downgrade",
        "EF.SOD lists DG14 and it was not handed in",
    )?;
    require(
        !withheld(15),
        "aa_downgrade",
        "EF.SOD lists DG15 and it was not handed in",
    )
}

fn data_group(error: DataGroupError) -> Refusal {
    let detail = match error {
        DataGroupError::Malformed => "a data group is malformed",
        DataGroupError::Text => "a text of a data group holds characters that are not allowed",
        DataGroupError::Mrz(_) => "the machine readable zone is wrong",
    };
    refusal(error.code(), detail)
}
