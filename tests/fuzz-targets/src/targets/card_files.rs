//! The files of a card: each is parsed alone, and then judged in a card whose EF.SOD is signed anew for it.

use mahfada_base::UnixTime;
use mahfada_crypto::pure::PROVIDER;
use mahfada_eid::{Verdict, card_reference, parse_dg1, parse_dg11, parse_dg12};

use crate::Reached;
use crate::card::{CARDS, card, sign_groups, verify_with};

fn reached(verdict: &Verdict, parsed: bool) -> Reached {
    match (verdict.accepted(), parsed) {
        (Ok(holder), _) => {
            for date in [holder.birthdate(), holder.date_of_expiry()] {
                let time = UnixTime::from_rfc3339(&format!("{date}T00:00:00Z"));
                assert!(time.is_some(), "{date} is no date");
            }
            assert!(!holder.personal_number().is_empty() && !holder.document_number().is_empty());
            Reached::Verified
        }
        (Err(_), true) => Reached::Parsed,
        (Err(_), false) => Reached::Refused,
    }
}

/// Takes any element of the LDS and hands it to every public reader that begins with one.
pub fn tlv(data: &[u8]) -> Reached {
    let read = [
        parse_dg1(data).is_ok(),
        parse_dg11(data).is_ok(),
        parse_dg12(data).is_ok(),
        card_reference(PROVIDER.mac, &[7; 32], 1, None, Some(data)).is_some(),
    ];
    if read.contains(&true) {
        Reached::Parsed
    } else {
        Reached::Refused
    }
}

/// Takes DG1.
pub fn dg1(data: &[u8]) -> Reached {
    let Ok(mrz) = parse_dg1(data) else {
        return Reached::Refused;
    };
    for field in [
        mrz.document_number(),
        mrz.optional_data(),
        mrz.family_name(),
        mrz.given_name(),
        mrz.nationality(),
    ] {
        assert!(!field.contains(char::is_control), "a control character in the zone");
    }
    let _ = (
        mrz.format(),
        mrz.document_code(),
        mrz.issuer(),
        mrz.sex(),
        mrz.birth_date(),
        mrz.expiry_date(),
    );
    reached(&verify_with(1, data), true)
}

/// Takes DG11.
pub fn dg11(data: &[u8]) -> Reached {
    match parse_dg11(data) {
        Ok(details) => {
            let _ = format!("{details:?}");
            reached(&verify_with(11, data), true)
        }
        Err(_) => Reached::Refused,
    }
}

/// Takes DG12.
pub fn dg12(data: &[u8]) -> Reached {
    match parse_dg12(data) {
        Ok(details) => {
            let _ = format!("{details:?}");
            reached(&verify_with(12, data), true)
        }
        Err(_) => Reached::Refused,
    }
}

/// Takes DG14, which says how the chip signs.
pub fn dg14(data: &[u8]) -> Reached {
    let names_key = card_reference(PROVIDER.mac, &[7; 32], 1, None, Some(data)).is_some();
    reached(&verify_with(14, data), names_key)
}

/// Takes DG15, the chip's key; the answers are those of the genuine chips.
pub fn dg15(data: &[u8]) -> Reached {
    let mut groups = card().groups.clone();
    groups.insert(15, data.to_vec());
    let sod = sign_groups(&groups);
    let known = CARDS
        .iter()
        .any(|card| card.groups.get(&15).is_some_and(|file| file == data));
    let mut best = Reached::Refused;
    for chip in CARDS.iter() {
        let verdict = card().verify_at(&sod, &groups, Some(&chip.answer), chip.challenge);
        let outcome = reached(&verdict, verdict.reason() != Some("aa_key"));
        assert!(
            outcome < Reached::Verified || known,
            "a key that is not the chip's answered for it"
        );
        best = best.max(outcome);
        if best > Reached::Refused {
            break;
        }
    }
    best
}

pub(crate) mod seeds {
    use super::CARDS;
    use crate::Seed;

    fn group(number: u8) -> Vec<Seed> {
        let files = CARDS.iter().zip(["test-card", "p01", "p02", "p03", "p05"]);
        let mut seeds: Vec<Seed> = files
            .filter_map(|(card, name)| Some(Seed::new(name, card.groups.get(&number)?.clone())))
            .collect();
        seeds.dedup_by(|second, first| second.bytes == first.bytes);
        seeds
    }

    pub(crate) fn tlv() -> Vec<Seed> {
        let mut seeds = Vec::new();
        for (number, name) in [(1, "dg1"), (11, "dg11"), (12, "dg12"), (14, "dg14")] {
            seeds.extend(group(number).into_iter().take(1).map(|seed| Seed { name, ..seed }));
        }
        seeds
    }

    pub(crate) fn dg1() -> Vec<Seed> {
        group(1)
    }

    pub(crate) fn dg11() -> Vec<Seed> {
        group(11)
    }

    pub(crate) fn dg12() -> Vec<Seed> {
        group(12)
    }

    pub(crate) fn dg14() -> Vec<Seed> {
        group(14)
    }

    pub(crate) fn dg15() -> Vec<Seed> {
        group(15)
    }
}
