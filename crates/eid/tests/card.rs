//! From a tap to a verdict, with the generated card: the wallet's session, the chip, the issuer's verification.

#[cfg(test)]
mod card {
    use std::collections::BTreeMap;

    use mahfada_base::{UnixTime, base64url};
    use mahfada_crypto::Thumbprint;
    use mahfada_crypto::pure::PROVIDER;
    use mahfada_eid::testing::{CardOptions, Citizen, CurveEncoding, TestAuthority, TestCard, VirtualChip};
    use mahfada_eid::{
        CardAnchors, CardChallenge, CardError, CardEvidence, CardFile, CardFiles, CardPolicy, CardSession, CardStep,
        Evidence, LevelOfAssurance, LoadSource, Verdict, card_reference, challenge, commits_to, key_commitment, verify,
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
        verify(&evidence, &challenge.rnd_ifd, anchors, policy, now(), PROVIDER.digest)
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
            holder_factor: true,
            ..CardPolicy::default()
        };
        let verdict = verdict_on(&card, &policy);
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
        let with_factor = CardPolicy {
            holder_factor: true,
            ..CardPolicy::default()
        };
        let level = |list: &[u8], policy: &CardPolicy| with_list(&card, list, policy).0.loa();
        assert_eq!(level(&fresh, &with_factor), Some(LevelOfAssurance::Substantial));
        assert_eq!(level(&stale, &with_factor), Some(LevelOfAssurance::Low));
        assert_eq!(level(&fresh, &CardPolicy::default()), Some(LevelOfAssurance::Low));
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

    #[test]
    fn oversized_and_nested_objects_are_refused_cheaply() {
        let (card, challenge) = (card(), request("s"));
        let mut files = tap(&challenge, &mut card.chip()).unwrap();
        let anchors = anchors_of(&card);
        for (sod, code) in [
            (vec![0x77; 1024 * 1024], "sod_too_large"),
            ([0x77, 0x80].repeat(1000), "sod_malformed"),
            ([0x30, 0x80].repeat(1000), "outer_tag"),
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
        let commitment = key_commitment(digest, &wallet, &[a, b]);
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
