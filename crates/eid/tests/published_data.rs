//! Published master lists and specimen files, which may not be copied here: read from the folder that
//! `MAHFADA_EID_DATA` names. Without it these tests prove nothing and say so.

#[cfg(test)]
mod published_data {
    use std::collections::BTreeMap;
    use std::io::Write as _;
    use std::path::PathBuf;

    use mahfada_base::{CheckStatus, UnixTime};
    use mahfada_crypto::pure::PROVIDER;
    use mahfada_eid::{
        AnchorPurpose, CardAnchors, CardPolicy, Evidence, ExpectedChallenge, LoadReport, MasterList, MasterListError,
        UnverifiedMasterList, Verdict, check_dg2, verify,
    };

    const DE: &str = "masterlists/DE_ML_2026-05-28-08-28-45.ml";
    const NL: &str = "masterlists/NL_ML_2026-07-22.ml";
    const ROOT_2023: &[u8] =
        include_bytes!("../../../tests/vectors/eid/csca_MA/csca_MA_1122e429cdced3cd9262612c96e4c0c63891.cer");

    fn now() -> UnixTime {
        UnixTime::from_rfc3339("2026-11-22T12:00:00Z").unwrap()
    }

    /// Returns the folder, or says aloud that it is missing.
    fn folder() -> Option<PathBuf> {
        let folder = std::env::var_os("MAHFADA_EID_DATA").filter(|folder| !folder.is_empty());
        if folder.is_none() {
            // Written past the test harness, which hides what passing tests print.
            writeln!(
                std::io::stderr(),
                "NOT TESTED: MAHFADA_EID_DATA names no folder with the published card data"
            )
            .unwrap();
        }
        folder.map(PathBuf::from)
    }

    fn list(name: &str) -> Option<Vec<u8>> {
        Some(std::fs::read(folder()?.join(name)).unwrap())
    }

    fn verified(cms: &[u8]) -> MasterList {
        let list = UnverifiedMasterList::parse(cms).unwrap();
        // The publisher's own authority, which a service pins by other means, is on its list.
        let publishers: Vec<_> = list.unverified_certificates().collect();
        list.verify(publishers, now(), PROVIDER.digest).unwrap()
    }

    fn codes(reports: &[LoadReport]) -> BTreeMap<&'static str, usize> {
        let mut codes = BTreeMap::new();
        for report in reports {
            *codes.entry(report.code).or_default() += 1;
        }
        codes
    }

    #[test]
    fn both_master_lists_load_whole() {
        // Seven link certificates of the German list say that they are no authority.
        for (name, count, unusable) in [(DE, 588, [("not_an_authority", 7)].into()), (NL, 411, [].into())] {
            let Some(cms) = list(name) else { return };
            let list = verified(&cms);
            assert_eq!(list.len(), count);
            assert_eq!(codes(list.reports()), unusable, "{name}");
        }
    }

    #[test]
    fn listed_authorities_become_anchors_with_the_purpose_that_is_configured() {
        // The links that lead nowhere are from keys that are no longer listed.
        for (name, expected) in [(DE, (559, 22)), (NL, (411, 0))] {
            let Some(cms) = list(name) else { return };
            let list = verified(&cms);
            let authorities = list.authorities(None, AnchorPurpose::Passports);
            let (anchors, reports) = CardAnchors::load_tagged(authorities, list.links(None), []).unwrap();
            let total = anchors.authority_count() + reports.len();
            assert_eq!(total + list.reports().len(), list.len());
            let unconnected = reports.iter().filter(|report| report.code == "link_not_connected");
            assert_eq!((anchors.authority_count(), unconnected.count()), expected, "{name}");
        }
    }

    #[test]
    fn the_moroccan_authorities_are_on_both_lists() {
        for name in [DE, NL] {
            let Some(cms) = list(name) else { return };
            let list = verified(&cms);
            let moroccan: Vec<_> = list.authorities(Some("ma"), AnchorPurpose::Passports).collect();
            assert!(moroccan.iter().any(|csca| csca.der == ROOT_2023));
            assert!(moroccan.iter().all(|csca| csca.purpose == AnchorPurpose::Passports));
        }
    }

    #[test]
    fn a_list_counts_for_its_publisher_only() {
        let Some(cms) = list(DE) else { return };
        let verify = |cms: &[u8], publisher: &[u8], now| {
            let list = UnverifiedMasterList::parse(cms)?;
            list.verify([publisher], now, PROVIDER.digest).map(|_| ())
        };
        assert_eq!(verify(&cms, ROOT_2023, now()), Err(MasterListError::UntrustedSigner));
        let mut changed = cms.clone();
        changed[200_000] ^= 1;
        assert!(matches!(
            verify(&changed, ROOT_2023, now()),
            Err(MasterListError::Malformed(_) | MasterListError::Signature("message_digest_mismatch"))
        ));
        let far = UnixTime::from_rfc3339("2036-01-01T00:00:00Z").unwrap();
        assert_eq!(verify(&cms, ROOT_2023, far), Err(MasterListError::SignerValidity));
    }

    #[test]
    fn what_is_no_master_list_is_refused() {
        let sod = include_bytes!("../../../tests/vectors/eid/virtual_cnie/files/EF_SOD.bin");
        for (bytes, reason) in [
            (&sod[4..], "wrong_econtent_type"),
            (&[][..], "sod_malformed"),
            (&[0x30, 0x00], "sod_malformed"),
        ] {
            let error = UnverifiedMasterList::parse(bytes).unwrap_err();
            assert_eq!(error, MasterListError::Malformed(reason));
        }
        let long = vec![0x30; 9 * 1024 * 1024];
        assert_eq!(
            UnverifiedMasterList::parse(&long).unwrap_err().code(),
            "master_list_malformed"
        );
    }

    /// Verifies a specimen against the Moroccan authority, which signed none of them.
    fn specimen(sod: &str) -> Option<Verdict> {
        let folder = folder()?.join("lds");
        let sod = std::fs::read(folder.join(sod)).unwrap();
        let dgs = BTreeMap::new();
        let evidence = Evidence {
            sod: &sod,
            dgs: &dgs,
            aa: None,
        };
        let (anchors, _) = CardAnchors::load([ROOT_2023], [], []).unwrap();
        let expected = ExpectedChallenge::derive(PROVIDER.mac, &[1; 32], "s", "n", &[7; 32]);
        let policy = CardPolicy {
            allow_legacy: true,
            ..CardPolicy::default()
        };
        Some(verify(&evidence, &expected, &anchors, &policy, now(), PROVIDER.digest))
    }

    fn passed(verdict: &Verdict, code: &str) -> bool {
        let mut checks = verdict.checks().checks().iter();
        checks.any(|check| check.code == code && check.status == CheckStatus::Passed)
    }

    #[test]
    fn signatures_of_real_specimens_hold_up_to_the_missing_authority() {
        let mut found = Vec::new();
        for sod in [
            "loes2006/ef011D.bin",
            "bsi_tr03105_refdata/EF_SOD.bin",
            "etsi_tr103200/EF_SOD.bin",
            "misc/NZ2013_EF_SOD.BIN",
            "bsi2008/EF_SOD.bin",
        ] {
            let Some(verdict) = specimen(sod) else { return };
            found.push((sod, passed(&verdict, "sod_signature"), verdict.reason().unwrap()));
        }
        assert_eq!(
            found,
            [
                ("loes2006/ef011D.bin", true, "untrusted_issuer"),
                ("bsi_tr03105_refdata/EF_SOD.bin", true, "untrusted_issuer"),
                ("etsi_tr103200/EF_SOD.bin", true, "untrusted_issuer"),
                ("misc/NZ2013_EF_SOD.BIN", true, "untrusted_issuer"),
                // Its key is on a curve of 224 bits.
                ("bsi2008/EF_SOD.bin", false, "unsupported_curve"),
            ]
        );
    }

    #[test]
    fn faces_of_specimens_have_their_form() {
        for name in [
            "loes2006/ef0102.bin",
            "bsi2008/Datagroup2.bin",
            "misc/dg2_iso39794_silver_mandatory.bin",
        ] {
            let Some(folder) = folder() else { return };
            let file = std::fs::read(folder.join("lds").join(name)).unwrap();
            assert_eq!(check_dg2(&file), Ok(()), "{name}");
        }
    }

    #[test]
    fn damaged_objects_are_refused() {
        for (number, code) in [
            (3, "wrong_econtent_type"),
            (4, "wrong_content_type"),
            (5, "wrong_content_type"),
            (6, "signed_data_version"),
            (7, "signed_data_version"),
            (8, "signed_data_version"),
            (9, "wrong_econtent_type"),
            (10, "wrong_econtent_type"),
            (11, "wrong_econtent_type"),
            (12, "message_digest_mismatch"),
            (13, "message_digest_mismatch"),
            (14, "trailing_data"),
            (15, "message_digest_mismatch"),
            (16, "sod_signature_invalid"),
            (17, "message_digest_mismatch"),
        ] {
            let sod = format!("pymrtd_sods/sod_test_{number:02}_tv_sod.bin");
            let Some(verdict) = specimen(&sod) else { return };
            assert_eq!(verdict.reason(), Some(code), "{number}");
        }
        // The undamaged ones among them stop where the specimens do.
        for number in [1, 2, 18, 19] {
            let sod = format!("pymrtd_sods/sod_test_{number:02}_tv_sod.bin");
            let Some(verdict) = specimen(&sod) else { return };
            assert_eq!(verdict.reason(), Some("untrusted_issuer"), "{number}");
            assert!(passed(&verdict, "sod_signature"));
        }
    }
}
