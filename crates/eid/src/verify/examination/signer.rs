//! The document signer: the profile of its certificate, its path, country, validity, revocation and algorithms.

use mahfada_base::{CLOCK_SKEW, UnixTime};
use mahfada_crypto::document::{DocumentKey, HashAlgorithm};

use super::Examination;
use crate::verify::algorithm::hash_of;
use crate::verify::certificate::Certificate;
use crate::verify::country;
use crate::verify::refusal::{Refusal, refusal, require};
use crate::verify::signed_data::UnverifiedSignedData;

// Document signers made since then have no excuse for SHA-1.
const END_OF_SHA1: UnixTime = UnixTime::new(1_514_764_800);
const LEAST_RSA_BITS: usize = 2048;

impl Examination<'_> {
    /// Judges the document signer's certificate; returns whether fresh revocation data speak for it.
    pub(super) fn signer(&mut self, sod: &UnverifiedSignedData<'_>, signer: &Certificate) -> Result<bool, Refusal> {
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

    fn algorithms(&mut self, sod: &UnverifiedSignedData<'_>, signer: &Certificate) -> Result<(), Refusal> {
        let certificate_hash = signer.algorithm.as_ref().and_then(hash_of);
        for hash in [Some(sod.digest()), certificate_hash].into_iter().flatten() {
            self.weak_hash(hash, signer)?;
        }
        match &signer.key {
            Ok(DocumentKey::Rsa(key)) if key.bits() < LEAST_RSA_BITS => {
                self.weakness(refusal("weak_key", "the document signer's key is too short"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn weak_hash(&mut self, hash: HashAlgorithm, signer: &Certificate) -> Result<(), Refusal> {
        let refusal = refusal("weak_hash", "SHA-1 protects what was signed");
        match hash {
            HashAlgorithm::Sha1 if signer.not_before >= END_OF_SHA1 => Err(refusal),
            HashAlgorithm::Sha1 => self.weakness(refusal),
            _ => Ok(()),
        }
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
