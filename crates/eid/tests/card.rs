//! From a tap to a verdict, with the generated card: the wallet's session, the chip, the issuer's verification.

#[cfg(test)]
mod card {
    use std::collections::BTreeMap;

    use mahfada_base::{CheckStatus, UnixTime, base64url};
    use mahfada_crypto::Thumbprint;
    use mahfada_crypto::pure::PROVIDER;
    use mahfada_eid::testing::{CardOptions, Citizen, CurveEncoding, TestAuthority, TestCard, VirtualChip};
    use mahfada_eid::{
        AnchorPurpose, CardAnchors, CardChallenge, CardError, CardEvidence, CardFile, CardFiles, CardPolicy,
        CardSession, CardStep, Csca, Evidence, ExpectedChallenge, HolderFactor, LevelOfAssurance, LoadSource,
        MrzFormat, Verdict, card_reference, challenge, commits_to, committed_keys, key_commitment, parse_dg1, verify,
    };

    const DAY: i64 = 86_400;
    const KEY: &[u8] = &[0x5A; 32];
    const NONE: [&[u8]; 0] = [];

    fn now() -> UnixTime {
        UnixTime::from_rfc3339("2026-11-22T12:00:00Z").unwrap()
    }

    fn card() -> TestCard {
        TestCard::new(1, &Citizen::sample(), now())
    }

    fn unusual(options: &CardOptions) -> TestCard {
        TestCard::with_options(1, &Citizen::sample(), now(), options)
    }

    fn expected(challenge: &CardChallenge) -> ExpectedChallenge {
        let CardChallenge {
            session,
            nonce,
            commitment,
            ..
        } = challenge;
        ExpectedChallenge::derive(PROVIDER.mac, KEY, session, nonce, commitment)
    }

    fn request(session: &str) -> CardChallenge {
        let commitment = [7; 32];
        CardChallenge {
            iss: "https://pid.example.ma".to_owned(),
            aud: "wallet".to_owned(),
            exp: now().plus(120),
            iat: now(),
            session: session.to_owned(),
            nonce: "n-1".to_owned(),
            commitment,
            rnd_ifd: challenge(PROVIDER.mac, KEY, session, "n-1", &commitment),
            files: ["sod", "dg1", "dg11", "dg12", "dg14", "dg15"]
                .map(|n| CardFile::from_name(n).unwrap())
                .to_vec(),
        }
    }

    fn tap(challenge: &CardChallenge, chip: &mut VirtualChip) -> Result<CardFiles, CardError> {
        let mut session = CardSession::new(challenge);
        let mut step = session.next(None)?;
        loop {
            match step {
                CardStep::Transmit(command) => {
                    step = session.next(Some(&chip.transmit(&command)))?;
                }
                CardStep::Done(files) => return Ok(files),
            }
        }
    }

    fn anchors_of(card: &TestCard) -> CardAnchors {
        let csca = card.csca_der();
        CardAnchors::load([csca.as_slice()], NONE, NONE).unwrap().0
    }

    fn check(files: &CardFiles, challenge: &CardChallenge, anchors: &CardAnchors, policy: &CardPolicy) -> Verdict {
        let evidence = Evidence {
            sod: &files.sod,
            dgs: &files.dgs,
            aa: files.aa.as_deref(),
        };
        verify(&evidence, &expected(challenge), anchors, policy, now(), PROVIDER.digest)
    }

    fn verdict_on(card: &TestCard, policy: &CardPolicy) -> Verdict {
        let challenge = request("s");
        check(
            &tap(&challenge, &mut card.chip()).unwrap(),
            &challenge,
            &anchors_of(card),
            policy,
        )
    }

    fn reason(card: &TestCard) -> Option<&'static str> {
        verdict_on(card, &CardPolicy::default()).reason()
    }

    #[test]
    fn a_genuine_card_is_accepted_and_its_holder_reported() {
        let verdict = verdict_on(&card(), &CardPolicy::default());
        let holder = verdict.accepted().unwrap();
        assert_eq!(
            (holder.family_name(), holder.family_name_ar()),
            ("EL FASSI", Some("الفاسي"))
        );
        assert_eq!(
            (holder.birthdate(), holder.personal_number()),
            ("1990-02-14", "BK123456")
        );
        assert_eq!(
            (verdict.loa(), verdict.methods()),
            (Some(LevelOfAssurance::Low), &["pa", "aa"][..])
        );
        assert!(!verdict.legacy());
    }

    #[test]
    fn a_copied_card_is_refused() {
        let (card, challenge) = (card(), request("s"));
        let files = tap(&challenge, &mut card.copied_chip()).unwrap();
        assert_eq!(files.sod, card.sod());
        let verdict = check(&files, &challenge, &anchors_of(&card), &CardPolicy::default());
        assert_eq!(verdict.accepted(), Err("aa_signature_invalid"));
        assert_eq!((verdict.loa(), verdict.methods().len()), (None, 0));
    }

    #[test]
    fn an_answer_to_another_session_is_refused() {
        let (card, challenge) = (card(), request("s"));
        let files = tap(&request("another"), &mut card.chip()).unwrap();
        let verdict = check(&files, &challenge, &anchors_of(&card), &CardPolicy::default());
        assert_eq!(verdict.reason(), Some("aa_signature_invalid"));
    }

    #[test]
    fn the_session_reads_what_the_challenge_names_and_nothing_else() {
        let files = tap(&request("s"), &mut card().chip()).unwrap();
        assert_eq!(files.dgs.keys().copied().collect::<Vec<_>>(), [1, 11, 12, 14, 15]);
        assert_eq!(
            files.dgs,
            card()
                .data_groups()
                .clone()
                .into_iter()
                .filter(|(n, _)| *n != 2)
                .collect()
        );
        let mut photo = request("s");
        photo.files = vec![CardFile::Sod, CardFile::DataGroup(2), CardFile::DataGroup(3)];
        let files = tap(&photo, &mut card().chip()).unwrap();
        assert_eq!(files.dgs.keys().copied().collect::<Vec<_>>(), [2]);
        assert_eq!(files.aa, None);
    }

    #[test]
    fn the_session_names_what_is_wrong_with_a_card() {
        let mut session = CardSession::new(&request("s"));
        assert_eq!(session.next(Some(&[0x90, 0x00])), Err(CardError::OutOfOrder));
        for (response, error) in [
            (&[0x6A, 0x82][..], CardError::NoApplication),
            (&[0x69, 0x82], CardError::AccessDenied),
            (&[0x90], CardError::NoStatus),
        ] {
            let mut session = CardSession::new(&request("s"));
            session.next(None).unwrap();
            assert_eq!(session.next(Some(response)), Err(error));
        }
        let mut empty = VirtualChip::genuine(BTreeMap::new(), None);
        assert_eq!(tap(&request("s"), &mut empty), Err(CardError::NoSecurityObject));
    }

    #[test]
    fn evidence_travels_as_json() {
        let challenge = request("s");
        let evidence = tap(&challenge, &mut card().chip())
            .unwrap()
            .into_evidence(&challenge, now());
        let payload = serde_json::to_vec(&evidence).unwrap();
        assert_eq!(CardEvidence::parse(&payload).unwrap(), evidence);
    }

    #[test]
    fn the_same_seed_makes_the_same_card() {
        assert_eq!(card().sod(), card().sod());
        assert_eq!(card().csca_der(), card().csca_der());
        let other = TestCard::new(2, &Citizen::sample(), now());
        assert_ne!(other.data_groups()[&15], card().data_groups()[&15]);
        assert_eq!(other.csca_der(), card().csca_der());
    }

    #[test]
    fn a_test_authority_is_always_recognised() {
        assert!(anchors_of(&card()).contains_test_csca());
    }

    #[test]
    fn another_authority_of_the_same_name_is_not_trusted() {
        let rogue = unusual(&CardOptions {
            authority_seed: 666,
            ..CardOptions::default()
        });
        let challenge = request("s");
        let files = tap(&challenge, &mut rogue.chip()).unwrap();
        let verdict = check(&files, &challenge, &anchors_of(&card()), &CardPolicy::default());
        assert_eq!(verdict.reason(), Some("untrusted_issuer"));
    }

    #[test]
    fn explicit_parameters_count_only_when_they_are_those_of_the_curve() {
        let with = |curve_encoding| {
            reason(&unusual(&CardOptions {
                curve_encoding,
                ..CardOptions::default()
            }))
        };
        assert_eq!(with(CurveEncoding::Explicit), None);
        assert_eq!(with(CurveEncoding::AlteredGenerator), Some("unsupported_key"));
        assert_eq!(with(CurveEncoding::AlteredCofactor), Some("unsupported_key"));
    }

    #[test]
    fn a_signer_without_authority_key_identifier_is_found_by_name_and_signature() {
        let options = CardOptions {
            authority_key_identifier: false,
            ..CardOptions::default()
        };
        assert_eq!(reason(&unusual(&options)), None);
        let rogue = unusual(&CardOptions {
            authority_seed: 666,
            ..options
        });
        let challenge = request("s");
        let files = tap(&challenge, &mut rogue.chip()).unwrap();
        let verdict = check(&files, &challenge, &anchors_of(&card()), &CardPolicy::default());
        assert_eq!(verdict.reason(), Some("untrusted_issuer"));
    }

    #[test]
    fn country_codes_of_certificates_may_be_in_lower_case() {
        let with = |country: &str| {
            reason(&unusual(&CardOptions {
                country: country.to_owned(),
                ..CardOptions::default()
            }))
        };
        assert_eq!(with("ma"), None);
        assert_eq!(with("FR"), Some("country_mismatch"));
    }

    #[test]
    fn a_chip_without_key_needs_a_policy_that_says_so() {
        let card = unusual(&CardOptions {
            chip_key: false,
            ..CardOptions::default()
        });
        assert_eq!(reason(&card), Some("no_clone_protection"));
        let policy = CardPolicy {
            require_chip_proof: false,
            ..CardPolicy::default()
        };
        let verdict = verdict_on(&card, &policy).with_holder_factor(HolderFactor::NationalLogin);
        assert_eq!(
            (verdict.loa(), verdict.methods()),
            (Some(LevelOfAssurance::Low), &["pa"][..])
        );
    }

    #[test]
    fn another_document_of_the_same_state_is_no_identity_card() {
        let only = |code: &str| CardPolicy {
            document_codes: vec![code.to_owned()],
            ..CardPolicy::default()
        };
        let verdict = |policy: &CardPolicy| verdict_on(&card(), policy).reason();
        assert_eq!(verdict(&only("I")), None);
        for other in ["P", "AR", "ID"] {
            assert_eq!(verdict(&only(other)), Some("document_type"), "{other}");
        }
    }

    #[test]
    fn text_that_could_disguise_itself_is_refused() {
        for name in ["الفاسي\u{202E}", "الف\u{2067}اسي", "الفا\u{0000}سي"] {
            let citizen = Citizen {
                family_name_ar: name.to_owned(),
                ..Citizen::sample()
            };
            assert_eq!(reason(&TestCard::new(1, &citizen, now())), Some("dg_text"));
        }
    }

    #[test]
    fn the_day_of_expiry_still_counts() {
        let expiring = |expiry: &str| {
            let citizen = Citizen {
                expiry: expiry.to_owned(),
                ..Citizen::sample()
            };
            reason(&TestCard::new(1, &citizen, now()))
        };
        assert_eq!(expiring("2026-11-22"), None);
        assert_eq!(expiring("2026-11-21"), Some("document_expired"));
    }

    fn with_list(card: &TestCard, list: &[u8], policy: &CardPolicy) -> (Verdict, Vec<&'static str>) {
        let (csca, challenge) = (card.csca_der(), request("s"));
        let (anchors, reports) = CardAnchors::load([csca.as_slice()], NONE, [list]).unwrap();
        let files = tap(&challenge, &mut card.chip()).unwrap();
        let codes = reports.iter().map(|report| report.code).collect();
        (check(&files, &challenge, &anchors, policy), codes)
    }

    fn list_of(authority: &TestAuthority, serials: &[&[u8]], age: i64) -> Vec<u8> {
        let issued = now().minus(age);
        authority.revocation_list(serials, issued, issued.plus(30 * DAY))
    }

    #[test]
    fn a_revoked_signer_is_refused_even_by_an_old_list() {
        let card = card();
        for age in [DAY, 300 * DAY] {
            let list = list_of(card.authority(), &[card.signer_serial()], age);
            assert_eq!(
                with_list(&card, &list, &CardPolicy::default()).0.reason(),
                Some("dsc_revoked")
            );
        }
    }

    #[test]
    fn only_a_fresh_list_and_a_holder_factor_make_the_level_substantial() {
        let card = card();
        let (fresh, stale) = (
            list_of(card.authority(), &[], DAY),
            list_of(card.authority(), &[], 31 * DAY),
        );
        let verdict = |list: &[u8]| with_list(&card, list, &CardPolicy::default()).0;
        let with_factor = |list: &[u8]| verdict(list).with_holder_factor(HolderFactor::NationalLogin).loa();
        assert_eq!(with_factor(&fresh), Some(LevelOfAssurance::Substantial));
        assert_eq!(with_factor(&stale), Some(LevelOfAssurance::Low));
        assert_eq!(verdict(&fresh).loa(), Some(LevelOfAssurance::Low));
    }

    #[test]
    fn a_policy_can_demand_a_fresh_list() {
        let card = card();
        let policy = CardPolicy {
            require_crl: true,
            ..CardPolicy::default()
        };
        assert_eq!(verdict_on(&card, &policy).reason(), Some("status_unavailable"));
        let stale = list_of(card.authority(), &[], 31 * DAY);
        assert_eq!(with_list(&card, &stale, &policy).0.reason(), Some("status_stale"));
        let fresh = list_of(card.authority(), &[b"\x05"], DAY);
        assert_eq!(with_list(&card, &fresh, &policy).0.reason(), None);
    }

    #[test]
    fn lists_of_strangers_and_changed_lists_are_not_loaded() {
        let card = card();
        let rogue = TestAuthority::new(666, "MA", now());
        let foreign = TestAuthority::new(0, "FR", now());
        let mut changed = list_of(card.authority(), &[card.signer_serial()], DAY);
        *changed.last_mut().unwrap() ^= 1;
        for list in [list_of(&rogue, &[], DAY), list_of(&foreign, &[], DAY), changed] {
            let (verdict, codes) = with_list(&card, &list, &CardPolicy::default());
            assert_eq!((verdict.reason(), codes), (None, vec!["crl_signature_invalid"]));
        }
    }

    #[test]
    fn a_link_carries_trust_to_the_next_key_and_a_rogue_one_does_not() {
        let (old, next) = (TestAuthority::new(0, "MA", now()), TestAuthority::new(1, "MA", now()));
        let card = unusual(&CardOptions {
            authority_seed: 1,
            ..CardOptions::default()
        });
        let rogue = TestAuthority::new(666, "MA", now());
        let challenge = request("s");
        let files = tap(&challenge, &mut card.chip()).unwrap();
        for (link, expected) in [
            (old.link_to(&next), None),
            (rogue.link_to(&next), Some("untrusted_issuer")),
        ] {
            let csca = old.certificate();
            let (anchors, reports) = CardAnchors::load([csca.as_slice()], [link.as_slice()], NONE).unwrap();
            assert_eq!(
                check(&files, &challenge, &anchors, &CardPolicy::default()).reason(),
                expected
            );
            assert_eq!(
                reports.iter().any(|report| report.source == LoadSource::Link),
                expected.is_some()
            );
        }
    }

    /// Nests sequences of definite length in tag 77.
    fn nested(depth: usize) -> Vec<u8> {
        (0..depth).fold(Vec::new(), |inner, level| {
            let tag = if level + 1 == depth { 0x77 } else { 0x30 };
            let [high, low] = u16::try_from(inner.len()).unwrap().to_be_bytes();
            let header = match inner.len() {
                0..0x80 => vec![tag, low],
                0x80..0x100 => vec![tag, 0x81, low],
                _ => vec![tag, 0x82, high, low],
            };
            [header, inner].concat()
        })
    }

    #[test]
    fn fingers_and_irises_are_never_read() {
        let card = unusual(&CardOptions {
            signed_instead: [(3, vec![0x63, 0x00]), (4, vec![0x76, 0x00])].into(),
            ..CardOptions::default()
        });
        let mut curious = request("s");
        curious.files = ["sod", "dg1", "dg3", "dg4"]
            .map(|name| CardFile::from_name(name).unwrap())
            .to_vec();
        let files = tap(&curious, &mut card.chip()).unwrap();
        assert_eq!(files.dgs.keys().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn oversized_and_nested_objects_are_refused_cheaply() {
        let (card, challenge) = (card(), request("s"));
        let mut files = tap(&challenge, &mut card.chip()).unwrap();
        let anchors = anchors_of(&card);
        for (sod, code) in [
            (vec![0x77; 1024 * 1024], "sod_too_large"),
            ([0x77, 0x80].repeat(1000), "sod_malformed"),
            ([0x30, 0x80].repeat(1000), "outer_tag"),
            (nested(1000), "sod_malformed"),
            (
                [&[0x77, 0x80][..], &[0x30, 0x80, 0, 0].repeat(16_000)].concat(),
                "sod_malformed",
            ),
            (
                [
                    &[0x77, 0x80][..],
                    &[0x24, 0x80].repeat(14),
                    &[0x04, 0x00].repeat(30_000),
                ]
                .concat(),
                "sod_malformed",
            ),
            (Vec::new(), "outer_tag"),
        ] {
            files.sod = sod;
            assert_eq!(
                check(&files, &challenge, &anchors, &CardPolicy::default()).reason(),
                Some(code)
            );
        }
    }

    #[test]
    fn more_than_a_signer_signs_or_embeds_is_refused() {
        let with = |more_attributes, embedded_certificates| {
            reason(&unusual(&CardOptions {
                more_attributes,
                embedded_certificates,
                ..CardOptions::default()
            }))
        };
        assert_eq!(with(14, 8), None);
        assert_eq!(with(15, 1), Some("signed_attributes"));
        assert_eq!(with(0, 9), Some("sod_certificates"));
        assert_eq!(with(0, 0), Some("dsc_missing"));
    }

    #[test]
    fn withheld_details_are_noticed_and_keep_the_level_low() {
        let (card, challenge) = (card(), request("s"));
        let list = list_of(card.authority(), &[], DAY);
        let csca = card.csca_der();
        let (anchors, _) = CardAnchors::load([csca.as_slice()], NONE, [list.as_slice()]).unwrap();
        let verdict = |withheld: Option<u8>| {
            let mut files = tap(&challenge, &mut card.chip()).unwrap();
            files.dgs.retain(|number, _| Some(*number) != withheld);
            check(&files, &challenge, &anchors, &CardPolicy::default()).with_holder_factor(HolderFactor::FaceMatch)
        };
        assert_eq!(verdict(None).loa(), Some(LevelOfAssurance::Substantial));
        for (number, code) in [(11, "dg11_withheld"), (12, "dg12_withheld")] {
            let verdict = verdict(Some(number));
            assert_eq!(verdict.loa(), Some(LevelOfAssurance::Low));
            let noticed = verdict.checks().checks().iter().find(|check| check.code == code);
            assert_eq!(noticed.unwrap().status, CheckStatus::Warning);
        }
    }

    #[test]
    fn an_authority_of_passports_does_not_count_for_identity_cards() {
        let (card, challenge) = (card(), request("s"));
        let files = tap(&challenge, &mut card.chip()).unwrap();
        let csca = card.csca_der();
        let with = |purpose| {
            let cscas = [Csca { der: &csca, purpose }];
            let (anchors, _) = CardAnchors::load_tagged(cscas, NONE, NONE).unwrap();
            check(&files, &challenge, &anchors, &CardPolicy::default()).reason()
        };
        assert_eq!(with(AnchorPurpose::Passports), Some("anchor_purpose"));
        assert_eq!(with(AnchorPurpose::AllDocuments), None);
    }

    #[test]
    fn a_link_carries_the_purpose_of_the_old_key() {
        let (old, next) = (TestAuthority::new(0, "MA", now()), TestAuthority::new(1, "MA", now()));
        let card = unusual(&CardOptions {
            authority_seed: 1,
            ..CardOptions::default()
        });
        let challenge = request("s");
        let files = tap(&challenge, &mut card.chip()).unwrap();
        let (csca, link) = (old.certificate(), old.link_to(&next));
        let cscas = [Csca {
            der: &csca,
            purpose: AnchorPurpose::Passports,
        }];
        let (anchors, reports) = CardAnchors::load_tagged(cscas, [link.as_slice()], NONE).unwrap();
        assert_eq!((anchors.authority_count(), reports), (2, vec![]));
        let verdict = check(&files, &challenge, &anchors, &CardPolicy::default());
        assert_eq!(verdict.reason(), Some("anchor_purpose"));
    }

    fn signed_instead(number: u8, file: &[u8]) -> Option<&'static str> {
        let card = unusual(&CardOptions {
            signed_instead: [(number, file.to_vec())].into(),
            ..CardOptions::default()
        });
        let mut challenge = request("s");
        challenge.files.push(CardFile::DataGroup(2));
        let files = tap(&challenge, &mut card.chip()).unwrap();
        check(&files, &challenge, &anchors_of(&card), &CardPolicy::default()).reason()
    }

    fn zone(zone: &str) -> Vec<u8> {
        let length = u8::try_from(zone.len()).unwrap();
        [&[0x61, length + 3, 0x5F, 0x1F, length], zone.as_bytes()].concat()
    }

    #[test]
    fn a_passport_is_no_identity_card_even_when_it_is_signed_as_one() {
        // Line 2 of the specimen of Doc 9303-4 appendix B with the issuing state MAR and a later date of expiry.
        let line1 = format!("{:<<44}", "I<MARERIKSSON<<ANNA<MARIA");
        let line2 = format!("L898902C36MAR7408122F320415{}ZE184226B<<<<<1", check_digit("320415"));
        let composite = check_digit(&format!("{}{}{}", &line2[..10], &line2[13..20], &line2[21..43]));
        let file = zone(&format!("{line1}{line2}{composite}"));
        assert_eq!(parse_dg1(&file).unwrap().format(), MrzFormat::Td3);
        assert_eq!(signed_instead(1, &file), Some("document_type"));
    }

    fn check_digit(field: &str) -> u32 {
        let weights = [7, 3, 1].into_iter().cycle();
        let value = |c: char| c.to_digit(36).unwrap_or(0);
        field
            .chars()
            .zip(weights)
            .map(|(c, weight)| value(c) * weight)
            .sum::<u32>()
            % 10
    }

    #[test]
    fn a_document_number_that_overflows_is_read_whole() {
        let number = "BE1234567890";
        let line1 = format!("{:<<30}", format!("I<MARBE1234567<890{}", check_digit(number)));
        let (birth, expiry) = ("9002144", "3301317");
        let composite = check_digit(&format!("{}{birth}{expiry}{:<<11}", &line1[5..], ""));
        let file = zone(&format!(
            "{line1}{birth}F{expiry}MAR{:<<11}{composite}{:<<30}",
            "", "EL<FASSI<<SALMA"
        ));
        let card = unusual(&CardOptions {
            signed_instead: [(1, file)].into(),
            ..CardOptions::default()
        });
        let verdict = verdict_on(&card, &CardPolicy::default());
        let holder = verdict.accepted().unwrap();
        assert_eq!(
            (holder.document_number(), holder.personal_number()),
            (number, "BK123456")
        );
    }

    #[test]
    fn signed_groups_that_cannot_be_read_are_refused() {
        let dg11 = |name: &[u8]| {
            let length = u8::try_from(name.len()).unwrap();
            [&[0x6B, length + 3, 0x5F, 0x0E, length], name].concat()
        };
        let rsa_with_exponent = |exponent: u8| {
            let modulus = [&[0x02, 0x81, 0x81, 0x00, 0xC1][..], &[0x5B; 126], &[0x5B]].concat();
            let key = [&[0x30, 0x81, 0x87], &modulus[..], &[0x02, 0x01, exponent]].concat();
            let bits = [&[0x03, 0x81, 0x8B, 0x00], &key[..]].concat();
            let algorithm = b"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00";
            let spki = [&[0x30, 0x81, 0x9D], &algorithm[..], &bits].concat();
            [&[0x6F, 0x81, 0xA0], &spki[..]].concat()
        };
        for (number, file, code) in [
            (1, vec![0x61, 0x00], "dg_malformed"),
            (1, zone("I<MAR"), "mrz_format"),
            (2, vec![0x75, 0x00], "dg_malformed"),
            (11, dg11(b"\xFF\xFE"), "dg_text"),
            (11, dg11("\u{2066}الفاسي".as_bytes()), "dg_text"),
            (11, vec![0x6B, 0x05, 0x5F, 0x2B, 0x02, 0x19, 0x90], "dg_malformed"),
            (12, vec![0x6C, 0x04, 0x5F, 0x26, 0x01, 0x00], "dg_malformed"),
            (14, vec![0x6E, 0x00], "dg14_malformed"),
            (14, vec![0x6E, 0x02, 0x31, 0x00], "aa_algorithm"),
            (15, vec![0x6F, 0x02, 0x30, 0x00], "aa_key"),
            (15, rsa_with_exponent(1), "aa_key"),
            (15, rsa_with_exponent(3), "aa_length"),
        ] {
            assert_eq!(signed_instead(number, &file), Some(code), "DG{number}");
        }
    }

    #[test]
    fn a_data_group_over_its_limit_is_refused_before_it_is_hashed() {
        let (card, challenge) = (card(), request("s"));
        let mut files = tap(&challenge, &mut card.chip()).unwrap();
        files.dgs.insert(16, vec![0; 256 * 1024 + 1]);
        let verdict = check(&files, &challenge, &anchors_of(&card), &CardPolicy::default());
        assert_eq!(verdict.reason(), Some("dg_too_large"));
    }

    #[test]
    fn debug_of_a_session_shows_no_file() {
        let mut session = CardSession::new(&request("s"));
        let (card, mut chip) = (card(), card().chip());
        let mut step = session.next(None).unwrap();
        while let CardStep::Transmit(command) = step {
            step = session.next(Some(&chip.transmit(&command))).unwrap();
            let shown = format!("{session:?}{step:?}");
            assert!(!shown.contains("sod") && !shown.contains("[97, 93"), "{shown}");
        }
        let verdict = verdict_on(&card, &CardPolicy::default());
        assert!(!format!("{verdict:?}").contains("FASSI"));
    }

    #[test]
    fn the_reference_of_a_card_follows_its_keys() {
        let (one, two) = (card(), TestCard::new(2, &Citizen::sample(), now()));
        let reference = |key: &[u8], version, card: &TestCard| {
            let groups = card.data_groups();
            card_reference(
                PROVIDER.mac,
                key,
                version,
                groups.get(&15).map(Vec::as_slice),
                groups.get(&14).map(Vec::as_slice),
            )
        };
        assert_eq!(reference(KEY, 1, &one), reference(KEY, 1, &card()));
        assert!(reference(KEY, 1, &one).is_some());
        for other in [
            reference(KEY, 2, &one),
            reference(&[1; 32], 1, &one),
            reference(KEY, 1, &two),
        ] {
            assert_ne!(other, reference(KEY, 1, &one));
        }
        assert_eq!(card_reference(PROVIDER.mac, KEY, 1, None, None), None);
        assert_eq!(
            card_reference(
                PROVIDER.mac,
                KEY,
                1,
                None,
                one.data_groups().get(&14).map(Vec::as_slice)
            ),
            None
        );
        let chip_authentication = include_bytes!("../../../tests/vectors/eid/virtual_cnie/files/DG14.bin");
        assert!(card_reference(PROVIDER.mac, KEY, 1, None, Some(chip_authentication)).is_some());
    }

    #[test]
    fn a_commitment_is_over_wallet_key_and_set_of_keys() {
        let [wallet, a, b] = [Thumbprint([1; 32]), Thumbprint([2; 32]), Thumbprint([3; 32])];
        let digest = PROVIDER.digest;
        assert_eq!(
            committed_keys(digest, &[b, a, b]),
            digest.sha256(&[[2; 32], [3; 32]].concat())
        );
        let commitment = key_commitment(digest, &wallet, &committed_keys(digest, &[a, b]));
        let inner = digest.sha256(&[[2; 32], [3; 32]].concat());
        assert_eq!(commitment, digest.sha256(&[[1; 32], inner].concat()));
        assert!(commits_to(digest, &commitment, &wallet, &[b, a]));
        for (jkt, keys) in [
            (wallet, &[a][..]),
            (wallet, &[a, b, wallet]),
            (a, &[a, b]),
            (wallet, &[]),
        ] {
            assert!(!commits_to(digest, &commitment, &jkt, keys));
        }
    }

    #[test]
    fn session_nonce_and_commitment_each_change_the_challenge() {
        let of = |session, nonce, commitment| challenge(PROVIDER.mac, KEY, session, nonce, &[commitment; 32]);
        let genuine = of("ab", "c", 0);
        for other in [of("a", "bc", 0), of("ab", "d", 0), of("ab", "c", 1)] {
            assert_ne!(other, genuine);
        }
        assert_eq!(base64url::encode(genuine).len(), 11);
    }

    // The first six levels of EF.SOD: tag 77, ContentInfo, [0], SignedData.
    fn with_indefinite_lengths(sod: &[u8]) -> Vec<u8> {
        let content = |bytes: &[u8]| match bytes[1] {
            0x82 => bytes[4..].to_vec(),
            0x81 => bytes[3..].to_vec(),
            _ => bytes[2..].to_vec(),
        };
        let content_info = content(sod);
        let fields = content(&content_info);
        let (kind, explicit) = fields.split_at(11);
        let signed_data = content(&content(explicit));
        let end = [0; 2];
        [
            &[0x77, 0x80, 0x30, 0x80],
            kind,
            &[0xA0, 0x80, 0x30, 0x80],
            &signed_data[..],
            &end,
            &end,
            &end,
            &end,
        ]
        .concat()
    }

    #[test]
    fn an_object_with_indefinite_lengths_is_accepted_with_a_warning() {
        let (card, challenge) = (card(), request("s"));
        let mut files = tap(&challenge, &mut card.chip()).unwrap();
        files.sod = with_indefinite_lengths(&files.sod);
        let verdict = check(&files, &challenge, &anchors_of(&card), &CardPolicy::default());
        assert_eq!(verdict.reason(), None);
        assert_eq!(verdict.checks().checks()[0].code, "sod_encoding");
        files.sod.truncate(files.sod.len() - 2);
        let verdict = check(&files, &challenge, &anchors_of(&card), &CardPolicy::default());
        assert_eq!(verdict.reason(), Some("sod_malformed"));
    }
}
