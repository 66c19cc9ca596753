//! A card session takes evidence once.

use super::sample::{card_session, hash};
use super::{refusal, run};
use crate::{CardSession, CardSessionState, Storage};

fn add(storage: &dyn Storage, session: CardSession) {
    run(storage, move |unit| unit.card_sessions().add(&session));
}

/// What was added is found.
pub fn round_trips(storage: &dyn Storage) {
    add(storage, card_session(1));
    let found = run(storage, |unit| unit.card_sessions().lookup(&hash(1)));
    assert_eq!(found, Some(card_session(1)));
    assert_eq!(run(storage, |unit| unit.card_sessions().lookup(&hash(2))), None);
}

/// The first spending wins.
pub fn spends_once(storage: &dyn Storage) {
    add(storage, card_session(1));
    let spend = || run(storage, |unit| unit.card_sessions().spend(&hash(1)));
    assert!(spend());
    assert!(!spend());
    let found = run(storage, |unit| unit.card_sessions().lookup(&hash(1)));
    assert_eq!(found.map(|session| session.state), Some(CardSessionState::Spent));
    assert!(!run(storage, |unit| unit.card_sessions().spend(&hash(2))));
}

/// Neither hash nor session id can be taken twice.
pub fn refuses_a_second_of_the_same_session(storage: &dyn Storage) {
    add(storage, card_session(1));
    let same_hash = CardSession {
        hash: hash(1),
        ..card_session(2)
    };
    let same_session = CardSession {
        hash: hash(2),
        ..card_session(1)
    };
    for session in [same_hash, same_session] {
        let code = refusal(storage, move |unit| unit.card_sessions().add(&session));
        assert_eq!(code, "storage_conflict");
    }
}
