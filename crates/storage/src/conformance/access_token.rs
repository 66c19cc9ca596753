//! Access tokens and the issuances made with them.

use super::issuance::add_issuance;
use super::sample::{access_token, hash, issuance_id};
use super::{refusal, run};
use crate::{AccessToken, IssuanceId, Storage};

fn add(storage: &dyn Storage, token: AccessToken) {
    run(storage, move |unit| unit.access_tokens().add(&token));
}

fn set_issuance(storage: &dyn Storage, number: u32) -> Option<IssuanceId> {
    run(storage, move |unit| {
        unit.access_tokens().set_issuance(&hash(1), &issuance_id(number))
    })
}

/// What was added is found, bound or not.
pub fn round_trips(storage: &dyn Storage) {
    let bearer = AccessToken {
        client_id: None,
        wallet_jkt: None,
        key_commitment: None,
        person_ref: None,
        card_ref: None,
        ..access_token(2)
    };
    add(storage, access_token(1));
    add(storage, bearer.clone());
    let lookup = |number| run(storage, move |unit| unit.access_tokens().lookup(&hash(number)));
    assert_eq!(lookup(1), Some(access_token(1)));
    assert_eq!(lookup(2), Some(bearer));
    assert_eq!(lookup(3), None);
    let again = refusal(storage, |unit| unit.access_tokens().add(&access_token(1)));
    assert_eq!(again, "storage_conflict");
}

/// A revoked token stays revoked.
pub fn revokes_once(storage: &dyn Storage) {
    add(storage, access_token(1));
    let revoke = || run(storage, |unit| unit.access_tokens().revoke(&hash(1)));
    assert!(revoke());
    assert!(!revoke());
    let found = run(storage, |unit| unit.access_tokens().lookup(&hash(1)));
    assert_eq!(found.map(|token| token.revoked), Some(true));
}

/// A repeated request learns which issuance was not delivered.
pub fn hands_out_the_issuance_before(storage: &dyn Storage) {
    add(storage, access_token(1));
    add_issuance(storage, 1, &[1]);
    add_issuance(storage, 2, &[2]);
    assert_eq!(set_issuance(storage, 1), None);
    assert_eq!(set_issuance(storage, 2), Some(issuance_id(1)));
    let found = run(storage, |unit| unit.access_tokens().lookup(&hash(1)));
    assert_eq!(found.and_then(|token| token.issuance), Some(issuance_id(2)));
}

/// A token cannot point to an issuance that is not there.
pub fn refuses_an_unknown_issuance(storage: &dyn Storage) {
    add(storage, access_token(1));
    let code = refusal(storage, |unit| {
        unit.access_tokens().set_issuance(&hash(1), &issuance_id(1))
    });
    assert_eq!(code, "storage_conflict");
    add_issuance(storage, 1, &[1]);
    let code = refusal(storage, |unit| {
        unit.access_tokens().set_issuance(&hash(2), &issuance_id(1))
    });
    assert_eq!(code, "storage_conflict");
}

/// Nothing is issued for a revoked token.
pub fn revoked_token_takes_no_issuance(storage: &dyn Storage) {
    add(storage, access_token(1));
    add_issuance(storage, 1, &[1]);
    assert!(run(storage, |unit| unit.access_tokens().revoke(&hash(1))));
    let code = refusal(storage, |unit| {
        unit.access_tokens().set_issuance(&hash(1), &issuance_id(1))
    });
    assert_eq!(code, "storage_conflict");
}
