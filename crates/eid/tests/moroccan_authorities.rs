//! The certificates of the Moroccan country signing authority, as the master lists publish them.

#[cfg(test)]
mod moroccan_authorities {
    use mahfada_eid::{CardAnchors, LoadError, LoadReport, LoadSource};

    macro_rules! certificate {
        ($serial:literal) => {
            include_bytes!(concat!(
                "../../../tests/vectors/eid/csca_MA/csca_MA_",
                $serial,
                ".cer"
            ))
        };
    }

    const ROOT_2018: &[u8] = certificate!("1121091b565ce32275e628d106daacc0315e");
    const ROOT_2021: &[u8] = certificate!("112056d467931d3819d4f1342a60a74ac2d1");
    const ROOT_2023: &[u8] = certificate!("1122e429cdced3cd9262612c96e4c0c63891");
    const LINK_TO_2018: &[u8] = certificate!("11219cd22c0a9eb194c1da150d5034a5c09c");
    const LINK_TO_2021: &[u8] = certificate!("112032edb845e4ef371e2ae56495e4e05870");
    const LINK_TO_2023: &[u8] = certificate!("1122955026dd19c3144dd282c48672fdc679");
    const NONE: [&[u8]; 0] = [];

    fn report(source: LoadSource, position: usize, code: &'static str) -> LoadReport {
        LoadReport { source, position, code }
    }

    #[test]
    fn three_generations_of_one_name_load() {
        let (anchors, reports) = CardAnchors::load([ROOT_2018, ROOT_2021, ROOT_2023], NONE, NONE).unwrap();
        assert_eq!((anchors.authority_count(), reports), (3, vec![]));
        assert!(!anchors.contains_test_csca());
    }

    #[test]
    fn trust_in_2018_reaches_2023_over_the_links_in_any_order() {
        let links = [LINK_TO_2023, LINK_TO_2018, LINK_TO_2021];
        let (anchors, reports) = CardAnchors::load([ROOT_2018], links, NONE).unwrap();
        assert_eq!(anchors.authority_count(), 3);
        assert_eq!(reports, [report(LoadSource::Link, 1, "link_not_connected")]);
    }

    #[test]
    fn a_missing_link_leaves_the_later_ones_out() {
        let (anchors, reports) = CardAnchors::load([ROOT_2018], [LINK_TO_2023], NONE).unwrap();
        assert_eq!(anchors.authority_count(), 1);
        assert_eq!(reports, [report(LoadSource::Link, 0, "link_not_connected")]);
    }

    #[test]
    fn links_do_not_lead_back() {
        let (anchors, _) = CardAnchors::load([ROOT_2023], [LINK_TO_2021, LINK_TO_2018], NONE).unwrap();
        assert_eq!(anchors.authority_count(), 1);
    }

    #[test]
    fn a_link_is_no_anchor() {
        let (anchors, reports) = CardAnchors::load([ROOT_2021, LINK_TO_2021], NONE, NONE).unwrap();
        assert_eq!(anchors.authority_count(), 1);
        assert_eq!(reports, [report(LoadSource::Csca, 1, "csca_not_self_signed")]);
        assert_eq!(
            CardAnchors::load([LINK_TO_2021], NONE, NONE).unwrap_err(),
            LoadError::NoAnchor
        );
    }

    #[test]
    fn a_changed_root_is_left_out() {
        let mut changed = ROOT_2021.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        let (_, reports) = CardAnchors::load([ROOT_2018, &changed, b"\x30\x00"], NONE, NONE).unwrap();
        let expected = [
            report(LoadSource::Csca, 1, "csca_signature_invalid"),
            report(LoadSource::Csca, 2, "certificate_malformed"),
        ];
        assert_eq!(reports, expected);
    }
}
