//! Bytes from anywhere end in an error or a refusal, never in a panic.

#[cfg(test)]
mod robustness {
    use mahfada_base::UnixTime;
    use mahfada_crypto::document::{Curve, MessagingCipher};
    use mahfada_crypto::pure::PROVIDER;
    use mahfada_eid::testing::{CardOptions, ChipAuthenticationOptions, Citizen, TestCard};
    use mahfada_eid::{
        CardAnchors, CardEvidence, CardPolicy, ChipAuthenticationChallenge, Evidence, ExpectedChallenge,
        UnverifiedChipResponse, UnverifiedMasterList, Verdict, parse_dg1, parse_dg11, parse_dg12, verify,
    };
    use proptest::prelude::*;

    fn now() -> UnixTime {
        UnixTime::new(1_795_348_800)
    }

    fn card(options: &CardOptions) -> TestCard {
        TestCard::with_options(1, &Citizen::sample(), now(), options)
    }

    fn judge(card: &TestCard, sod: &[u8], aa: Option<&[u8]>) -> Verdict {
        let csca = card.csca_der();
        let anchors = CardAnchors::load([csca.as_slice()], [], []).unwrap().0;
        let expected = ExpectedChallenge::derive(PROVIDER.mac, &[0x5A; 32], "s", "n-1", &[7; 32]);
        let evidence = Evidence {
            sod,
            dgs: card.data_groups(),
            aa,
        };
        verify(
            &evidence,
            &expected,
            &anchors,
            &CardPolicy::default(),
            now(),
            PROVIDER.digest,
        )
    }

    fn chip_authentication() -> CardOptions {
        CardOptions {
            chip_key: false,
            chip_authentication: Some(ChipAuthenticationOptions {
                curve: Curve::P256,
                cipher: MessagingCipher::Aes128,
                key_id: None,
            }),
            ..CardOptions::default()
        }
    }

    proptest! {
        #[test]
        fn parsers_survive_anything(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = UnverifiedMasterList::parse(&bytes).is_ok();
            let _ = (CardEvidence::parse(&bytes).is_ok(), CardAnchors::load([bytes.as_slice()], [], []).is_ok());
            for tag in [0x61, 0x6B, 0x6C] {
                if let Some(first) = bytes.first_mut() {
                    *first = tag;
                }
                let _ = (parse_dg1(&bytes).is_ok(), parse_dg11(&bytes).is_ok(), parse_dg12(&bytes).is_ok());
            }
        }

        #[test]
        fn signed_groups_survive_anything(
            number in 1_u8..=16,
            content in proptest::collection::vec(any::<u8>(), 0..120),
        ) {
            let genuine = card(&CardOptions::default());
            let tag = genuine.data_groups().get(&number).and_then(|file| file.first()).copied().unwrap_or(0x60);
            let file = [&[tag, u8::try_from(content.len()).unwrap()], &content[..]].concat();
            let card = card(&CardOptions { signed_instead: [(number, file)].into(), ..CardOptions::default() });
            prop_assert!(judge(&card, card.sod(), Some(&content)).accepted().is_err());
        }

        #[test]
        fn no_invented_response_proves_a_chip(
            bytes in proptest::collection::vec(any::<u8>(), 0..120),
            shaped: bool,
        ) {
            let end = b"\x99\x02\x90\x00\x8E\x08\0\0\0\0\0\0\0\0\x90\x00";
            let response = if shaped {
                [&[0x87, u8::try_from(bytes.len()).unwrap()], &bytes[..], end].concat()
            } else {
                bytes
            };
            let card = card(&chip_authentication());
            let verdict = judge(&card, card.sod(), None);
            let chip = verdict.chip_authentication().unwrap();
            let challenge = ChipAuthenticationChallenge::derive(chip, PROVIDER.mac, &[1; 32], "s", "n", &[7; 32]);
            let proof = challenge.unwrap().verify(&UnverifiedChipResponse::new(response));
            prop_assert!(verdict.with_chip_authentication(proof).accepted().is_err());
        }

        #[test]
        fn a_card_with_changed_bytes_is_refused(
            place in any::<prop::sample::Index>(),
            bytes in proptest::collection::vec(any::<u8>(), 1..5),
        ) {
            let card = card(&CardOptions::default());
            let mut sod = card.sod().to_vec();
            let start = place.index(sod.len() - bytes.len());
            let unchanged = sod[start..start + bytes.len()] == bytes;
            sod.splice(start..start + bytes.len(), bytes);
            prop_assert_eq!(judge(&card, &sod, None).reason() == Some("aa_missing"), unchanged);
        }
    }
}
