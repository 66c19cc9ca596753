//! The steps of a verification in their order; the first one that refuses ends it.

use std::borrow::Cow;

use mahfada_base::{CLOCK_SKEW, Report, UnixTime};
use mahfada_crypto::Digest;
use mahfada_crypto::document::{DocumentKey, HashAlgorithm};

use super::Evidence;
use super::active_authentication;
use super::algorithm::hash_of;
use super::certificate::Certificate;
use super::country;
use super::holder::{VerifiedHolder, check_expiry, join};
use super::ldsso::LdsSecurityObject;
use super::path::CardAnchors;
use super::policy::CardPolicy;
use super::refusal::{Refusal, refusal, require};
use super::security_infos::SecurityInfos;
use super::sod::{UnverifiedSod, definite_encoding};
use super::verdict::{Accepted, LevelOfAssurance};
use crate::data_group::{DataGroupError, parse_dg1, parse_dg11, parse_dg12};
use crate::mrz::{Mrz, MrzFormat};

// Document signers made since then have no excuse for SHA-1.
const END_OF_SHA1: UnixTime = UnixTime::new(1_514_764_800);
const LEAST_RSA_BITS: usize = 2048;

/// A verification under way.
pub(super) struct Examination<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    pub(super) expected: &'a [u8; 8],
    pub(super) anchors: &'a CardAnchors,
    pub(super) policy: &'a CardPolicy,
    pub(super) now: UnixTime,
    pub(super) digest: &'a dyn Digest,
    pub(super) report: Report,
    pub(super) legacy: bool,
}

impl Examination<'_> {
    /// Makes every check (Doc 9303-11 §5.1 and §6.1).
    pub(super) fn run(&mut self) -> Result<Accepted, Refusal> {
        let evidence = self.evidence;
        let encoding = definite_encoding(evidence.sod);
        if matches!(encoding, Cow::Owned(_)) {
            self.report
                .warning("sod_encoding", "EF.SOD came with indefinite lengths");
        }
        let sod = self.step("sod_structure", UnverifiedSod::parse(&encoding))?;
        self.step("signed_attributes", sod.check_attributes(self.digest))?;
        let signer = self.step("document_signer", sod.document_signer())?;
        self.step("sod_signature", sod.check_signature(&signer))?;
        let fresh = self.signer(&sod, &signer)?;
        let lds = self.step("lds_security_object", LdsSecurityObject::parse(sod.content))?;
        let weak = self.weak_hash(lds.hash, &signer);
        self.step("lds_hash_algorithm", weak)?;
        self.step("data_group_hashes", lds.check(evidence.dgs, self.digest))?;
        self.step("data_groups_complete", complete(&lds, evidence))?;
        let holder = self.holder(&signer)?;
        let chip_proved = self.chip(&lds)?;
        Ok(self.accepted(holder, chip_proved, fresh))
    }

    fn step<T>(&mut self, name: &'static str, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        match &outcome {
            Ok(_) => self.report.passed(name),
            Err(refusal) => self.report.failed(refusal.code, refusal.detail),
        }
        outcome
    }

    /// Judges the document signer's certificate; returns whether fresh revocation data speak for it.
    fn signer(&mut self, sod: &UnverifiedSod<'_>, signer: &Certificate) -> Result<bool, Refusal> {
        self.step("dsc_profile", profile(signer))?;
        let anchors = self.anchors;
        let authority = self.step("dsc_path", anchors.issuer_of(signer))?;
        self.step("country", self.country(signer, authority))?;
        self.step("dsc_validity", self.validity(signer, authority))?;
        self.compare_periods(signer, authority);
        let fresh = self.revocation(signer)?;
        let algorithms = self.algorithms(sod, signer);
        self.step("algorithms", algorithms)?;
        Ok(fresh)
    }

    fn country(&self, signer: &Certificate, authority: &Certificate) -> Result<(), Refusal> {
        let expected = country::alpha2(&self.policy.country);
        let is_expected = |found: Option<&str>| {
            expected
                .zip(found)
                .is_some_and(|(expected, found)| expected.eq_ignore_ascii_case(found))
        };
        let both = is_expected(signer.subject.country()) && is_expected(authority.subject.country());
        require(
            both,
            "country_mismatch",
            "signer or authority belong to another country",
        )
    }

    // Doc 9303-12 §7.1, the shell model reversed: the authority counts at the time when it issued the certificate.
    fn validity(&self, signer: &Certificate, authority: &Certificate) -> Result<(), Refusal> {
        require(
            self.now.plus(CLOCK_SKEW) >= signer.not_before,
            "dsc_not_yet_valid",
            "the document signer's certificate is not valid yet",
        )?;
        require(
            self.now.minus(CLOCK_SKEW) <= signer.not_after,
            "dsc_not_valid_at",
            "the document signer's certificate is no longer valid",
        )?;
        require(
            authority.is_valid_at(signer.not_before),
            "csca_not_valid_at_issuance",
            "the authority was not valid when it issued the certificate",
        )
    }

    fn compare_periods(&mut self, signer: &Certificate, authority: &Certificate) {
        let (start, end) = authority.extensions.private_key_usage.unwrap_or_default();
        let issued = signer.not_before;
        if start.is_some_and(|start| issued < start) || end.is_some_and(|end| end < issued) {
            self.report.warning(
                "csca_key_usage_period",
                "the authority's key was out of its usage period",
            );
        }
        if signer.not_after > authority.not_after {
            self.report.warning(
                "dsc_outlives_csca",
                "the certificate is valid longer than its authority",
            );
        }
    }

    fn revocation(&mut self, signer: &Certificate) -> Result<bool, Refusal> {
        let anchors = self.anchors;
        let lists = || anchors.lists_for(signer);
        let revoked = lists().any(|list| list.revokes(signer));
        self.step(
            "dsc_not_revoked",
            require(!revoked, "dsc_revoked", "the document signer was revoked"),
        )?;
        if lists().any(|list| list.is_fresh_at(self.now)) {
            self.report.passed("revocation_fresh");
            return Ok(true);
        }
        let (code, detail) = match lists().next() {
            Some(_) => ("status_stale", "the revocation list is too old"),
            None => (
                "status_unavailable",
                "no revocation list speaks for the document signer",
            ),
        };
        if self.policy.require_crl {
            return self.step("revocation_fresh", Err(refusal(code, detail)));
        }
        self.report.warning(code, detail);
        Ok(false)
    }

    fn algorithms(&mut self, sod: &UnverifiedSod<'_>, signer: &Certificate) -> Result<(), Refusal> {
        let certificate_hash = signer.algorithm.as_ref().and_then(hash_of);
        for hash in [Some(sod.digest()), certificate_hash].into_iter().flatten() {
            self.weak_hash(hash, signer)?;
        }
        match &signer.key {
            Some(DocumentKey::Rsa(key)) if key.bits() < LEAST_RSA_BITS => {
                self.weakness(refusal("weak_key", "the document signer's key is too short"))
            }
            _ => Ok(()),
        }
    }

    fn weak_hash(&mut self, hash: HashAlgorithm, signer: &Certificate) -> Result<(), Refusal> {
        let refusal = refusal("weak_hash", "SHA-1 protects what was signed");
        match hash {
            HashAlgorithm::Sha1 if signer.not_before >= END_OF_SHA1 => Err(refusal),
            HashAlgorithm::Sha1 => self.weakness(refusal),
            _ => Ok(()),
        }
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

    fn chip(&mut self, lds: &LdsSecurityObject<'_>) -> Result<bool, Refusal> {
        let file = |number: u8| self.evidence.dgs.get(&number).map(Vec::as_slice);
        let (dg14, dg15) = (file(14), file(15));
        let Some(dg15) = dg15.filter(|_| lds.lists(15)) else {
            return self.chip_without_key(dg14);
        };
        let proof = self
            .evidence
            .aa
            .ok_or_else(|| refusal("aa_missing", "the chip has a key and did not sign"))
            .and_then(|answer| active_authentication::verify(dg15, dg14, *self.expected, answer, self.digest));
        let proof = self.step("active_authentication", proof)?;
        if let Some(weakness) = proof.weakness {
            let outcome = self.weakness(weakness);
            self.step("active_authentication_algorithm", outcome)?;
        }
        Ok(true)
    }

    fn chip_without_key(&mut self, dg14: Option<&[u8]>) -> Result<bool, Refusal> {
        let infos = dg14.map(SecurityInfos::parse).transpose();
        let infos = self.step("security_infos", infos)?.unwrap_or_default();
        let (code, detail) = match infos.chip_authentication_key {
            Some(_) => (
                "chip_authentication_needed",
                "the chip proves itself by chip authentication only",
            ),
            None => ("no_clone_protection", "the chip has no key, so a copy looks the same"),
        };
        if self.policy.require_chip_proof {
            return self.step("active_authentication", Err(refusal(code, detail)));
        }
        self.report.not_checked("active_authentication", detail);
        Ok(false)
    }

    fn accepted(&mut self, holder: VerifiedHolder, chip_proved: bool, fresh: bool) -> Accepted {
        let substantial = chip_proved && self.policy.holder_factor && fresh && !self.legacy;
        let loa = if substantial {
            LevelOfAssurance::Substantial
        } else {
            LevelOfAssurance::Low
        };
        let methods = if chip_proved { vec!["pa", "aa"] } else { vec!["pa"] };
        Accepted { holder, loa, methods }
    }
}

// Doc 9303-12 §7.1.1: the profile of document signer certificates.
fn profile(signer: &Certificate) -> Result<(), Refusal> {
    let extensions = &signer.extensions;
    require(
        extensions.authority != Some(true),
        "signer_is_ca",
        "the signer of EF.SOD is an authority",
    )?;
    require(
        !extensions.extended_key_usage,
        "dsc_eku",
        "the certificate is for another use",
    )?;
    let usage = extensions
        .key_usage
        .is_some_and(|usage| usage.critical && usage.is_digital_signature_only());
    require(
        usage,
        "dsc_key_usage",
        "the key usage is not, critically, digital signature alone",
    )?;
    require(
        signer.version == 2,
        "dsc_version",
        "the certificate is not of version 3",
    )?;
    require(
        !extensions.unknown_critical,
        "dsc_critical_extension",
        "a critical extension is unknown",
    )
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
