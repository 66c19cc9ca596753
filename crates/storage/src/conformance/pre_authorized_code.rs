//! A pre-authorized code is redeemed once and guessed at five times (threats TI-01, TI-06, TI-07).

use std::thread;

use super::issuance::issue;
use super::sample::{access_token, hash, issuance_id, pre_authorized_code};
use super::{refusal, run};
use crate::{CodeState, MAX_WRONG_TX_CODES, OfferId, Outcome, PreAuthorizedCode, Storage, StorageError};

fn add(storage: &dyn Storage, code: PreAuthorizedCode) {
    run(storage, move |unit| unit.pre_authorized_codes().add(&code));
}

fn state(storage: &dyn Storage) -> Option<CodeState> {
    run(storage, |unit| unit.pre_authorized_codes().lookup(&hash(1))).map(|code| code.state)
}

/// What was added is found, by hash and by offer.
pub fn round_trips(storage: &dyn Storage) {
    let without = PreAuthorizedCode {
        tx_code: None,
        ..pre_authorized_code(2)
    };
    add(storage, pre_authorized_code(1));
    add(storage, without.clone());
    let found = run(storage, |unit| unit.pre_authorized_codes().lookup(&hash(1)));
    assert_eq!(found, Some(pre_authorized_code(1)));
    let by_offer = |offer: &str| {
        let offer = OfferId::new(offer);
        run(storage, move |unit| unit.pre_authorized_codes().lookup_by_offer(&offer))
    };
    assert_eq!(by_offer("offer-2"), Some(without));
    assert_eq!(by_offer("offer-3"), None);
    assert_eq!(run(storage, |unit| unit.pre_authorized_codes().lookup(&hash(3))), None);
}

/// Neither hash nor offer can be taken twice.
pub fn refuses_a_second_of_the_same_hash_or_offer(storage: &dyn Storage) {
    add(storage, pre_authorized_code(1));
    let same_hash = PreAuthorizedCode {
        hash: hash(1),
        ..pre_authorized_code(2)
    };
    let same_offer = PreAuthorizedCode {
        hash: hash(2),
        ..pre_authorized_code(1)
    };
    for code in [same_hash, same_offer] {
        let code = refusal(storage, move |unit| unit.pre_authorized_codes().add(&code));
        assert_eq!(code, "storage_conflict");
    }
}

/// The first redemption wins, all others lose.
pub fn redeems_once(storage: &dyn Storage) {
    add(storage, pre_authorized_code(1));
    let redeem = || run(storage, |unit| unit.pre_authorized_codes().redeem(&hash(1)));
    assert!(redeem());
    assert!(!redeem());
    assert_eq!(state(storage), Some(CodeState::Redeemed));
    assert!(!run(storage, |unit| unit.pre_authorized_codes().burn(&hash(1))));
    assert_eq!(state(storage), Some(CodeState::Redeemed));
    assert!(!run(storage, |unit| unit.pre_authorized_codes().redeem(&hash(2))));
}

/// A burnt code is dead.
pub fn burnt_code_is_not_redeemed(storage: &dyn Storage) {
    add(storage, pre_authorized_code(1));
    assert!(run(storage, |unit| unit.pre_authorized_codes().burn(&hash(1))));
    assert!(!run(storage, |unit| unit.pre_authorized_codes().redeem(&hash(1))));
    assert_eq!(state(storage), Some(CodeState::Burnt));
}

fn guess_wrong(storage: &dyn Storage) -> u8 {
    run(storage, |unit| {
        unit.pre_authorized_codes().record_wrong_tx_code(&hash(1))
    })
}

/// The fourth wrong transaction code leaves the code open, the fifth burns it.
pub fn fifth_wrong_tx_code_burns(storage: &dyn Storage) {
    add(storage, pre_authorized_code(1));
    for expected in 1..MAX_WRONG_TX_CODES {
        assert_eq!(guess_wrong(storage), expected);
        assert_eq!(state(storage), Some(CodeState::Open));
    }
    assert_eq!(guess_wrong(storage), MAX_WRONG_TX_CODES);
    assert_eq!(state(storage), Some(CodeState::Burnt));
    assert!(!run(storage, |unit| unit.pre_authorized_codes().redeem(&hash(1))));
}

/// A code that is no longer open counts no further, and an unknown one is an error.
pub fn wrong_tx_code_after_the_end_counts_nothing(storage: &dyn Storage) {
    add(storage, pre_authorized_code(1));
    assert_eq!(guess_wrong(storage), 1);
    assert!(run(storage, |unit| unit.pre_authorized_codes().redeem(&hash(1))));
    assert_eq!(guess_wrong(storage), 1);
    let unknown = refusal(storage, |unit| {
        unit.pre_authorized_codes().record_wrong_tx_code(&hash(2))
    });
    assert_eq!(unknown, "storage_conflict");
}

/// Guesses in parallel do not beat the counter: a guess is evaluated in the unit of work that counts it.
pub fn evaluates_at_most_five_guesses(storage: &dyn Storage) {
    add(storage, pre_authorized_code(1));
    let evaluated = thread::scope(|scope| {
        let threads: Vec<_> = (0..100).map(|_| scope.spawn(|| guess(storage))).collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .filter(|done| *done)
            .count()
    });
    assert_eq!(evaluated, usize::from(MAX_WRONG_TX_CODES));
    assert_eq!(state(storage), Some(CodeState::Burnt));
}

/// Evaluates one guess as a token endpoint does and says whether it was evaluated.
fn guess(storage: &dyn Storage) -> bool {
    let answer: Result<Result<(), bool>, StorageError> = storage.execute_blocking(|unit| {
        let codes = unit.pre_authorized_codes();
        if codes.lookup(&hash(1))?.is_none_or(|code| code.state != CodeState::Open) {
            return Ok(Outcome::RejectRollback(false));
        }
        codes.record_wrong_tx_code(&hash(1))?;
        Ok(Outcome::RejectCommit(true))
    });
    matches!(answer, Ok(Err(true)))
}

/// Whoever has the offer's id finds what was issued for it; a code redeemed without its token leads nowhere.
pub fn leads_from_the_offer_to_the_issuance(storage: &dyn Storage) {
    let of_offer = |number: u32| {
        let offer = pre_authorized_code(number).offer_id;
        run(storage, move |unit| {
            unit.pre_authorized_codes().issuance_of_offer(&offer)
        })
    };
    run(storage, |unit| {
        issue(unit, 1, &[5])?;
        unit.pre_authorized_codes().add(&pre_authorized_code(1))?;
        unit.pre_authorized_codes().add(&pre_authorized_code(2))?;
        unit.access_tokens().add(&access_token(1))
    });
    let redeem_for = |number: u32| {
        run(storage, move |unit| {
            unit.pre_authorized_codes().redeem_for(&hash(number), &hash(1))
        })
    };
    assert!(redeem_for(1));
    assert!(!redeem_for(1));
    assert!(run(storage, |unit| unit.pre_authorized_codes().redeem(&hash(2))));
    assert_eq!(of_offer(1), None);
    run(storage, |unit| {
        unit.access_tokens().set_issuance(&hash(1), &issuance_id(1))
    });
    assert_eq!(
        [of_offer(1), of_offer(2), of_offer(3)],
        [Some(issuance_id(1)), None, None]
    );
}
