//! The second round with the chip: the server's challenge, the wallet that relays, the chip, the verdict.

#[cfg(test)]
mod chip_authentication {
    use mahfada_base::UnixTime;
    use mahfada_crypto::document::{Curve, MessagingCipher};
    use mahfada_crypto::pure::PROVIDER;
    use mahfada_eid::testing::{CardOptions, ChipAuthenticationOptions, Citizen, TestCard, VirtualChip};
    use mahfada_eid::{
        CardAnchors, CardError, CardPolicy, ChipAuthenticationChallenge, ChipAuthenticationCommands,
        ChipAuthenticationError, ChipAuthenticationSession, ChipStep, Evidence, ExpectedChallenge, HolderFactor,
        LevelOfAssurance, UnverifiedChipResponse, Verdict, verify,
    };

    const SELECT: &[u8] = &[0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
    const SECRET: &[u8] = &[0x5A; 32];

    fn now() -> UnixTime {
        UnixTime::from_rfc3339("2026-11-22T12:00:00Z").unwrap()
    }

    fn expected() -> ExpectedChallenge {
        ExpectedChallenge::derive(PROVIDER.mac, SECRET, "s", "n", &[7; 32])
    }

    fn options(curve: Curve, cipher: MessagingCipher) -> CardOptions {
        CardOptions {
            chip_key: false,
            chip_authentication: Some(ChipAuthenticationOptions {
                curve,
                cipher,
                key_id: Some(1),
            }),
            ..CardOptions::default()
        }
    }

    fn card(seed: u64) -> TestCard {
        let options = options(Curve::BrainpoolP384r1, MessagingCipher::Aes256);
        TestCard::with_options(seed, &Citizen::sample(), now(), &options)
    }

    fn first_round(card: &TestCard, policy: &CardPolicy) -> Verdict {
        first_round_with(card, policy, None)
    }

    fn first_round_with(card: &TestCard, policy: &CardPolicy, aa: Option<&[u8]>) -> Verdict {
        let (csca, list) = (
            card.csca_der(),
            card.authority().revocation_list(&[], now(), now().plus(86_400)),
        );
        let (anchors, _) = CardAnchors::load([csca.as_slice()], [], [list.as_slice()]).unwrap();
        let expected = expected();
        let evidence = Evidence {
            sod: card.sod(),
            dgs: card.data_groups(),
            aa,
        };
        verify(&evidence, &expected, &anchors, policy, now(), PROVIDER.digest)
    }

    fn challenge(verdict: &Verdict, session: &str) -> ChipAuthenticationChallenge {
        let chip = verdict.chip_authentication().unwrap();
        ChipAuthenticationChallenge::derive(chip, PROVIDER.mac, SECRET, session, "n", &[7; 32]).unwrap()
    }

    fn relay(
        commands: &ChipAuthenticationCommands,
        chip: &mut VirtualChip,
    ) -> Result<UnverifiedChipResponse, CardError> {
        chip.transmit(SELECT);
        let mut session = ChipAuthenticationSession::new(commands)?;
        let mut step = session.next(None)?;
        loop {
            match step {
                ChipStep::Transmit(command) | ChipStep::TransmitUnchanged(command) => {
                    step = session.next(Some(&chip.transmit(&command)))?;
                }
                ChipStep::Done(response) => return Ok(response),
            }
        }
    }

    #[test]
    fn a_chip_proves_itself_on_every_curve_and_with_every_cipher() {
        for (curve, cipher) in [
            (Curve::BrainpoolP256r1, MessagingCipher::Aes256),
            (Curve::BrainpoolP384r1, MessagingCipher::Aes256),
            (Curve::BrainpoolP512r1, MessagingCipher::Aes256),
            (Curve::P256, MessagingCipher::Aes128),
            (Curve::P384, MessagingCipher::Aes192),
            (Curve::P521, MessagingCipher::Aes256),
        ] {
            let card = TestCard::with_options(1, &Citizen::sample(), now(), &options(curve, cipher));
            let verdict = first_round(&card, &CardPolicy::default());
            assert_eq!(verdict.reason(), Some("chip_authentication_needed"));
            assert_eq!((verdict.holder(), verdict.loa()), (None, None));
            let challenge = challenge(&verdict, "s");
            let response = relay(challenge.commands(), &mut card.chip()).unwrap();
            let verdict = verdict.with_chip_authentication(challenge.verify(&response));
            assert_eq!(verdict.accepted().unwrap().family_name(), "EL FASSI");
            assert_eq!(
                (verdict.methods(), verdict.loa()),
                (&["pa", "ca"][..], Some(LevelOfAssurance::Low))
            );
            assert!(verdict.checks().accepts());
            let verdict = verdict.with_holder_factor(HolderFactor::NationalLogin);
            assert_eq!(verdict.loa(), Some(LevelOfAssurance::Substantial));
        }
    }

    #[test]
    fn triple_des_needs_the_legacy_flag_and_counts_as_legacy() {
        let options = options(Curve::P256, MessagingCipher::TripleDes);
        let card = TestCard::with_options(1, &Citizen::sample(), now(), &options);
        let refused = first_round(&card, &CardPolicy::default());
        assert_eq!(refused.reason(), Some("weak_cipher"));
        assert!(refused.chip_authentication().is_none());
        let policy = CardPolicy {
            allow_legacy: true,
            ..CardPolicy::default()
        };
        let verdict = first_round(&card, &policy);
        let challenge = challenge(&verdict, "s");
        let response = relay(challenge.commands(), &mut card.chip()).unwrap();
        let verdict = verdict
            .with_chip_authentication(challenge.verify(&response))
            .with_holder_factor(HolderFactor::PinAssertion);
        assert!(verdict.legacy());
        assert_eq!((verdict.reason(), verdict.loa()), (None, Some(LevelOfAssurance::Low)));
    }

    #[test]
    fn a_copied_chip_does_not_prove_itself() {
        let card = card(1);
        let verdict = first_round(&card, &CardPolicy::default());
        let challenge = challenge(&verdict, "s");
        let response = relay(challenge.commands(), &mut card.copied_chip()).unwrap();
        let verdict = verdict.with_chip_authentication(challenge.verify(&response));
        assert_eq!(verdict.reason(), Some("ca_mac_invalid"));
        assert_eq!(verdict.checks().first_failure().unwrap().code, "ca_mac_invalid");
    }

    #[test]
    fn a_response_counts_for_its_session_and_chip_only() {
        let card = card(1);
        let verdict = first_round(&card, &CardPolicy::default());
        let earlier = relay(challenge(&verdict, "earlier").commands(), &mut card.chip()).unwrap();
        let other_chip = relay(challenge(&verdict, "s").commands(), &mut self::card(2).chip()).unwrap();
        for (response, expected) in [
            (earlier, ChipAuthenticationError::MacInvalid),
            // The other chip does not even answer.
            (other_chip, ChipAuthenticationError::MacMissing),
        ] {
            assert_eq!(challenge(&verdict, "s").verify(&response), Err(expected));
        }
    }

    #[test]
    fn a_chip_with_another_dg1_is_refused() {
        let card = card(1);
        let verdict = first_round(&card, &CardPolicy::default());
        let challenge = challenge(&verdict, "s");
        let mut other = card.data_groups()[&1].clone();
        *other.last_mut().unwrap() = b'A';
        let mut chip = card.chip().with_file(0x0101, other);
        let response = relay(challenge.commands(), &mut chip).unwrap();
        assert_eq!(challenge.verify(&response).unwrap_err().code(), "ca_dg1_mismatch");
    }

    #[test]
    fn the_proof_of_one_card_does_not_accept_another() {
        let proof = {
            let card = card(2);
            let challenge = challenge(&first_round(&card, &CardPolicy::default()), "s");
            let response = relay(challenge.commands(), &mut card.chip()).unwrap();
            challenge.verify(&response)
        };
        let verdict = first_round(&card(1), &CardPolicy::default()).with_chip_authentication(proof);
        assert_eq!(verdict.reason(), Some("ca_other_card"));
    }

    #[test]
    fn a_refused_card_has_no_second_round() {
        let citizen = Citizen {
            expiry: "2020-01-01".to_owned(),
            ..Citizen::sample()
        };
        let options = options(Curve::P256, MessagingCipher::Aes128);
        let expired = TestCard::with_options(1, &citizen, now(), &options);
        let verdict = first_round(&expired, &CardPolicy::default());
        assert!(verdict.chip_authentication().is_none());
        let proof = {
            let card = card(1);
            let challenge = challenge(&first_round(&card, &CardPolicy::default()), "s");
            let response = relay(challenge.commands(), &mut card.chip()).unwrap();
            challenge.verify(&response)
        };
        assert_eq!(
            verdict.with_chip_authentication(proof).reason(),
            Some("document_expired")
        );
    }

    #[test]
    fn a_chip_that_signs_proves_itself_both_ways() {
        let options = CardOptions {
            chip_key: true,
            ..options(Curve::BrainpoolP256r1, MessagingCipher::Aes256)
        };
        let card = TestCard::with_options(1, &Citizen::sample(), now(), &options);
        let verdict = first_round(&card, &CardPolicy::default());
        // The chip has a key to sign with, so the second round does not stand in for it.
        assert_eq!(verdict.reason(), Some("aa_missing"));
        assert!(verdict.chip_authentication().is_none());
        let mut chip = card.chip();
        chip.transmit(SELECT);
        let command = [&[0x00, 0x88, 0x00, 0x00, 0x08], &expected().rnd_ifd()[..], &[0x00]].concat();
        let answer = chip.transmit(&command);
        let verdict = first_round_with(&card, &CardPolicy::default(), Some(&answer[..64]));
        assert_eq!((verdict.reason(), verdict.methods()), (None, &["pa", "aa"][..]));
        let challenge = challenge(&verdict, "s");
        let response = relay(challenge.commands(), &mut chip).unwrap();
        let proved = verdict.clone().with_chip_authentication(challenge.verify(&response));
        assert_eq!(proved.methods(), ["pa", "aa", "ca"]);
        let failed = verdict.with_chip_authentication(Err(ChipAuthenticationError::MacMissing));
        assert_eq!(failed.reason(), Some("ca_mac_missing"));
    }

    #[test]
    fn without_a_demand_for_a_proof_the_card_is_accepted_without() {
        let policy = CardPolicy {
            require_chip_proof: false,
            ..CardPolicy::default()
        };
        let verdict = first_round(&card(1), &policy);
        assert_eq!((verdict.reason(), verdict.methods()), (None, &["pa"][..]));
        assert!(verdict.chip_authentication().is_some());
    }

    #[test]
    fn a_chip_key_off_its_curve_is_refused() {
        let genuine = card(1).data_groups()[&14].clone();
        let mut off_curve = genuine;
        // The key is the last entry but its identifier of three bytes.
        let last = off_curve.len() - 4;
        off_curve[last] ^= 1;
        let options = CardOptions {
            signed_instead: [(14, off_curve)].into(),
            ..options(Curve::BrainpoolP384r1, MessagingCipher::Aes256)
        };
        let card = TestCard::with_options(1, &Citizen::sample(), now(), &options);
        assert_eq!(
            first_round(&card, &CardPolicy::default()).reason(),
            Some("unsupported_key")
        );
    }
}
