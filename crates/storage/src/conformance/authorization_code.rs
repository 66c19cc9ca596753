//! An authorization code is redeemed once (RFC 6749 §4.1.2).

use super::sample::{authorization_code, hash};
use super::{refusal, run};
use crate::{AuthorizationCode, Storage};

fn add(storage: &dyn Storage, code: AuthorizationCode) {
    run(storage, move |unit| unit.authorization_codes().add(&code));
}

/// What was added is found, with and without references.
pub fn round_trips(storage: &dyn Storage) {
    let bare = AuthorizationCode {
        person_ref: None,
        card_ref: None,
        ..authorization_code(2)
    };
    add(storage, authorization_code(1));
    add(storage, bare.clone());
    let lookup = |number| run(storage, move |unit| unit.authorization_codes().lookup(&hash(number)));
    assert_eq!(lookup(1), Some(authorization_code(1)));
    assert_eq!(lookup(2), Some(bare));
    assert_eq!(lookup(3), None);
    let again = refusal(storage, |unit| unit.authorization_codes().add(&authorization_code(1)));
    assert_eq!(again, "storage_conflict");
}

/// The second redemption loses and finds the token of the first, to revoke it.
pub fn redeems_once_and_remembers_the_token(storage: &dyn Storage) {
    add(storage, authorization_code(1));
    let redeem = |token| {
        run(storage, move |unit| {
            unit.authorization_codes().redeem(&hash(1), &hash(token))
        })
    };
    assert!(redeem(51));
    assert!(!redeem(52));
    let found = run(storage, |unit| unit.authorization_codes().lookup(&hash(1)));
    assert_eq!(found.and_then(|code| code.redeemed_for), Some(hash(51)));
}
