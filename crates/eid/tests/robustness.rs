//! Bytes from anywhere end in an error or a refusal, never in a panic.

#[cfg(test)]
mod robustness {
    use std::collections::BTreeMap;

    use mahfada_base::UnixTime;
    use mahfada_crypto::pure::PROVIDER;
    use mahfada_eid::testing::{Citizen, TestCard};
    use mahfada_eid::{CardAnchors, CardEvidence, CardPolicy, Evidence, parse_dg1, parse_dg11, parse_dg12, verify};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parsers_survive_anything(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (CardEvidence::parse(&bytes).is_ok(), CardAnchors::load([bytes.as_slice()], [], []).is_ok());
            for tag in [0x61, 0x6B, 0x6C] {
                if let Some(first) = bytes.first_mut() {
                    *first = tag;
                }
                let _ = (parse_dg1(&bytes).is_ok(), parse_dg11(&bytes).is_ok(), parse_dg12(&bytes).is_ok());
            }
        }

        #[test]
        fn a_card_with_changed_bytes_is_refused(
            place in any::<prop::sample::Index>(),
            bytes in proptest::collection::vec(any::<u8>(), 1..5),
        ) {
            let now = UnixTime::new(1_795_348_800);
            let card = TestCard::new(1, &Citizen::sample(), now);
            let (mut sod, csca) = (card.sod().to_vec(), card.csca_der());
            let start = place.index(sod.len() - bytes.len());
            let unchanged = sod[start..start + bytes.len()] == bytes;
            sod.splice(start..start + bytes.len(), bytes);
            let anchors = CardAnchors::load([csca.as_slice()], [], []).unwrap().0;
            let dgs: &BTreeMap<_, _> = card.data_groups();
            let evidence = Evidence { sod: &sod, dgs, aa: None };
            let verdict = verify(&evidence, &[0; 8], &anchors, &CardPolicy::default(), now, PROVIDER.digest);
            prop_assert_eq!(verdict.reason() == Some("aa_missing"), unchanged);
        }
    }
}
