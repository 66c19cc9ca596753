//! What proves a card: EF.SOD, the chip's answer, the evidence around them, the talk with the chip, the anchors.

use std::sync::LazyLock;

use mahfada_eid::{CardAnchors, CardChallenge, CardEvidence, CardFile, CardSession, CardStep, VerifiedHolder};

use crate::Reached;
use crate::card::{CARDS, Card, card, test_chip};
use crate::country::NOW;

static AUTHORITY: LazyLock<Vec<u8>> = LazyLock::new(|| test_chip().csca_der());

/// Takes EF.SOD and judges each of the cards by it.
pub fn sod(data: &[u8]) -> Reached {
    let mut best = Reached::Refused;
    for card in CARDS.iter() {
        let verdict = card.verify(data, &card.groups, Some(&card.answer));
        let Err(reason) = verdict.accepted() else {
            let genuine = card.verify(&card.sod, &card.groups, Some(&card.answer));
            assert_eq!(
                verdict.accepted().map(VerifiedHolder::personal_number),
                genuine.accepted().map(VerifiedHolder::personal_number)
            );
            return Reached::Verified;
        };
        if reason.starts_with("sod_") || reason == "outer_tag" {
            return best;
        }
        best = Reached::Parsed;
    }
    best
}

/// Takes a byte for the card and its chip's answer to the challenge.
pub fn aa(data: &[u8]) -> Reached {
    let Some((number, answer)) = data.split_first() else {
        return Reached::Refused;
    };
    let Some(card) = CARDS.get(usize::from(*number)) else {
        return Reached::Refused;
    };
    let verdict = card.verify(&card.sod, &card.groups, Some(answer));
    if verdict.accepted().is_err() {
        return Reached::Parsed;
    }
    assert!(verdict.methods().contains(&"aa"));
    assert!(is_answer(card, answer), "a chip's answer that the chip never gave");
    Reached::Verified
}

/// Anybody can compute one more answer from the genuine one: for RSA `n - s`, for ECDSA the same `r` with another `s`.
fn is_answer(card: &Card, answer: &[u8]) -> bool {
    let (genuine, key) = (&card.answer, card.groups.get(&15));
    if answer.len() == 64 {
        return answer.get(..32) == genuine.get(..32);
    }
    let modulus = sum(genuine, answer);
    genuine == answer || key.is_some_and(|key| key.windows(modulus.len()).any(|bytes| bytes == modulus))
}

/// Adds two big-endian numbers of one length, of which the sum has that length too.
fn sum(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let digits = one.iter().zip(other).rev().map(|(one, other)| {
        let [high, low] = (u16::from(*one) + u16::from(*other) + carry).to_be_bytes();
        carry = high.into();
        low
    });
    let mut digits: Vec<u8> = digits.collect();
    digits.reverse();
    digits
}

/// Takes the payload of card evidence and verifies the card in it.
pub fn evidence(data: &[u8]) -> Reached {
    let Ok(evidence) = CardEvidence::parse(data) else {
        return Reached::Refused;
    };
    let written = serde_json::to_vec(&evidence).unwrap();
    assert_eq!(
        CardEvidence::parse(&written).ok().as_ref(),
        Some(&evidence),
        "evidence reads as it writes"
    );
    let verdict = card().verify(&evidence.sod, &evidence.dgs, evidence.aa.as_deref());
    if verdict.accepted().is_err() {
        return Reached::Parsed;
    }
    for (number, file) in &evidence.dgs {
        assert_eq!(card().groups.get(number), Some(file), "a file that nobody signed");
    }
    Reached::Verified
}

fn challenge() -> CardChallenge {
    CardChallenge {
        iss: "https://issuer.example".to_owned(),
        aud: "wallet".to_owned(),
        exp: NOW.plus(300),
        iat: NOW,
        session: "s".to_owned(),
        nonce: "n".to_owned(),
        commitment: [1; 32],
        rnd_ifd: card().challenge.rnd_ifd(),
        files: [1, 2, 11, 12, 14, 15]
            .map(CardFile::DataGroup)
            .into_iter()
            .chain([CardFile::Sod])
            .collect(),
    }
}

/// Takes what a chip answers, each response behind two bytes of length, and verifies the card that was read.
pub fn card_session(data: &[u8]) -> Reached {
    let mut session = CardSession::new(&challenge());
    let mut step = session.next(None);
    let mut rest = data;
    let mut best = Reached::Refused;
    loop {
        match step {
            Err(_) => return best,
            Ok(CardStep::Done(files)) => {
                let verdict = card().verify(&files.sod, &files.dgs, files.aa.as_deref());
                let _ = files.into_evidence(&challenge(), NOW);
                return if verdict.accepted().is_ok() {
                    Reached::Verified
                } else {
                    Reached::Parsed
                };
            }
            Ok(CardStep::Transmit(command)) => {
                assert!((4..=261).contains(&command.len()), "a short command");
                best = Reached::Parsed;
                let Some((length, more)) = rest.split_first_chunk::<2>() else {
                    return best;
                };
                let Some((response, more)) = more.split_at_checked(u16::from_be_bytes(*length).into()) else {
                    return best;
                };
                rest = more;
                step = session.next(Some(response));
            }
        }
    }
}

/// Takes a certificate or a revocation list of a country authority.
pub fn card_anchors(data: &[u8]) -> Reached {
    let anchor = &*AUTHORITY;
    let with = |links: &[&[u8]], lists: &[&[u8]]| {
        let loaded = CardAnchors::load([&anchor[..]], links.iter().copied(), lists.iter().copied());
        loaded.is_ok_and(|(_, reports)| reports.is_empty())
    };
    let accepted = [with(&[data], &[]), with(&[], &[data])];
    let alone = CardAnchors::load([data], [], []).is_ok_and(|(anchors, _)| anchors.authority_count() == 1);
    if alone || accepted.contains(&true) {
        Reached::Parsed
    } else {
        Reached::Refused
    }
}

pub(crate) mod seeds {
    use mahfada_eid::testing::TestAuthority;
    use serde_json::json;

    use super::{CARDS, CardEvidence, CardSession, CardStep, NOW, card, challenge, test_chip};
    use crate::Seed;

    const NAMES: [&str; 5] = ["test-card", "p01", "p02", "p03", "p05"];

    pub(crate) fn sod() -> Vec<Seed> {
        CARDS
            .iter()
            .zip(NAMES)
            .map(|(card, name)| Seed::new(name, card.sod.clone()))
            .collect()
    }

    pub(crate) fn aa() -> Vec<Seed> {
        let cards = (0_u8..).zip(CARDS.iter()).zip(NAMES);
        cards
            .map(|((number, card), name)| Seed::new(name, [&[number], &card.answer[..]].concat()))
            .collect()
    }

    pub(crate) fn evidence() -> Vec<Seed> {
        let evidence = CardEvidence {
            session: "s".to_owned(),
            nonce: "n".to_owned(),
            iat: NOW,
            sod: card().sod.clone(),
            dgs: card().groups.clone(),
            aa: Some(card().answer.clone()),
        };
        vec![Seed::new("test-card", json!(evidence).to_string())]
    }

    pub(crate) fn card_session() -> Vec<Seed> {
        let mut chip = test_chip().chip();
        let mut session = CardSession::new(&challenge());
        let mut spoken = Vec::new();
        let mut response = None;
        while let Ok(CardStep::Transmit(command)) = session.next(response.as_deref()) {
            let answer = chip.transmit(&command);
            spoken.extend_from_slice(&u16::try_from(answer.len()).unwrap().to_be_bytes());
            spoken.extend_from_slice(&answer);
            response = Some(answer);
        }
        vec![Seed::new("test-card", spoken)]
    }

    pub(crate) fn card_anchors() -> Vec<Seed> {
        let card = test_chip();
        let authority = card.authority();
        let list = authority.revocation_list(&[card.signer_serial()], NOW, NOW.plus(86_400));
        vec![
            Seed::new("authority", card.csca_der()),
            Seed::new("link", authority.link_to(&TestAuthority::new(9, "MA", NOW))),
            Seed::new("revocation-list", list),
        ]
    }
}
