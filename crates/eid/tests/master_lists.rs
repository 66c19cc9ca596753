//! Master lists of the generator: what makes one trusted, and what becomes of its certificates.

#[cfg(test)]
mod master_lists {
    use mahfada_base::UnixTime;
    use mahfada_crypto::pure::PROVIDER;
    use mahfada_eid::testing::{ListSigner, TestAuthority};
    use mahfada_eid::{
        AnchorPurpose, CardAnchors, LoadReport, LoadSource, MasterList, MasterListError, UnverifiedMasterList,
    };

    fn now() -> UnixTime {
        UnixTime::from_rfc3339("2026-11-22T12:00:00Z").unwrap()
    }

    fn authority(seed: u64, country: &str) -> TestAuthority {
        TestAuthority::new(seed, country, now())
    }

    fn contents() -> Vec<Vec<u8>> {
        let (old, next) = (authority(0, "MA"), authority(1, "MA"));
        vec![
            old.certificate(),
            old.link_to(&next),
            next.certificate(),
            authority(2, "FR").certificate(),
            vec![0x30, 0x00],
        ]
    }

    fn publisher() -> TestAuthority {
        authority(9, "DE")
    }

    fn verify(list: &[u8], publisher: &TestAuthority, now: UnixTime) -> Result<MasterList, MasterListError> {
        let certificate = publisher.certificate();
        UnverifiedMasterList::parse(list)?.verify([certificate.as_slice()], now, PROVIDER.digest)
    }

    fn genuine() -> Vec<u8> {
        publisher().master_list(&contents(), ListSigner::MasterList, now())
    }

    #[test]
    fn a_list_gives_authorities_links_and_what_is_odd() {
        let list = verify(&genuine(), &publisher(), now()).unwrap();
        assert_eq!((list.len(), list.is_empty()), (5, false));
        let odd = LoadReport {
            source: LoadSource::MasterList,
            position: 4,
            code: "certificate_malformed",
        };
        assert_eq!(list.reports(), [odd]);
        let count = |country| list.authorities(country, AnchorPurpose::Passports).count();
        assert_eq!((count(None), count(Some("ma")), count(Some("FR"))), (3, 2, 1));
        assert_eq!((list.links(Some("MA")).count(), list.links(Some("FR")).count()), (1, 0));
        let authorities = list.authorities(Some("MA"), AnchorPurpose::AllDocuments);
        let (anchors, reports) = CardAnchors::load_tagged(authorities, list.links(Some("MA")), []).unwrap();
        assert_eq!((anchors.authority_count(), reports), (3, vec![]));
    }

    #[test]
    fn a_list_counts_for_a_trusted_publisher_only() {
        for other in [authority(8, "DE"), authority(9, "FR")] {
            let error = verify(&genuine(), &other, now()).unwrap_err();
            assert_eq!(error, MasterListError::UntrustedSigner);
        }
    }

    #[test]
    fn a_document_signer_signs_no_list() {
        let list = publisher().master_list(&contents(), ListSigner::Document, now());
        let error = verify(&list, &publisher(), now()).unwrap_err();
        assert_eq!(error.code(), "master_list_signer_profile");
    }

    #[test]
    fn the_signer_is_valid_now() {
        for other in [now().minus(86_400), now().plus(366 * 86_400)] {
            let error = verify(&genuine(), &publisher(), other).unwrap_err();
            assert_eq!(error.code(), "master_list_signer_not_valid");
        }
    }

    #[test]
    fn no_flipped_bit_of_a_list_is_accepted() {
        let mut list = genuine();
        for bit in (0..list.len() * 8).step_by(7) {
            list[bit / 8] ^= 1 << (bit % 8);
            assert!(verify(&list, &publisher(), now()).is_err(), "bit {bit}");
            list[bit / 8] ^= 1 << (bit % 8);
        }
        verify(&list, &publisher(), now()).unwrap();
    }
}
