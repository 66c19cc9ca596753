use mahfada_credential::{CredentialType, IssuerTrust};
use mahfada_crypto::pure::PROVIDER;
use mahfada_x509::eku;

use super::*;
use crate::fixture::{CNSS, Country, DAY, NOW, RIGHTS, key, subject};
use crate::{ListBuilder, RootDocument};

const ROLE: TrustRole = TrustRole::AttestationIssuers;

fn list(country: &Country, sequence: u64) -> ListBuilder {
    ListBuilder {
        sequence,
        ..country.list(ROLE)
    }
}

fn accept(store: &mut TrustStore, country: &Country, list: &ListBuilder) -> Result<(), ListError> {
    store.accept_list(ROLE, &country.sign_list(list), NOW, &PROVIDER)
}

/// Writes the memory out and reads it into another store, as a restart does.
fn restarted(store: &TrustStore) -> TrustStore {
    let text = serde_json::to_vec(&store.memory()).unwrap();
    TrustStore::new(store.root().clone(), serde_json::from_slice(&text).unwrap())
}

#[test]
fn an_older_list_is_refused_even_after_a_restart() {
    let country = Country::new();
    let mut store = country.empty_store();
    accept(&mut store, &country, &list(&country, 6)).unwrap();
    assert_eq!(
        accept(&mut store, &country, &list(&country, 5))
            .unwrap_err()
            .code(),
        "list_rollback"
    );
    let mut store = restarted(&store);
    assert_eq!(
        accept(&mut store, &country, &list(&country, 5))
            .unwrap_err()
            .code(),
        "list_rollback"
    );
    assert!(store.list(ROLE).is_none());
    accept(&mut store, &country, &list(&country, 7)).unwrap();
    assert_eq!(store.list(ROLE).unwrap().sequence(), 7);
}

#[test]
fn two_lists_with_one_number_are_a_fork_even_after_a_restart() {
    let country = Country::new();
    let mut store = country.empty_store();
    let first = list(&country, 6);
    let mut other = first.clone();
    other.entities.pop();
    accept(&mut store, &country, &first).unwrap();
    assert_eq!(
        accept(&mut store, &country, &other).unwrap_err().code(),
        "list_fork"
    );
    let mut store = restarted(&store);
    assert_eq!(
        accept(&mut store, &country, &other).unwrap_err().code(),
        "list_fork"
    );
    accept(&mut store, &country, &first).unwrap();
}

#[test]
fn the_same_list_signed_again_is_no_fork() {
    let country = Country::new();
    let mut store = country.empty_store();
    for _ in 0..2 {
        accept(&mut store, &country, &list(&country, 6)).unwrap();
    }
}

#[test]
fn roles_are_remembered_apart() {
    let country = Country::new();
    let mut store = country.empty_store();
    accept(&mut store, &country, &list(&country, 6)).unwrap();
    let pid = country.sign_list(&country.list(TrustRole::PidIssuers));
    store
        .accept_list(TrustRole::PidIssuers, &pid, NOW, &PROVIDER)
        .unwrap();
}

#[test]
fn a_refused_list_is_not_remembered_and_the_old_one_stays() {
    let country = Country::new();
    let mut store = country.empty_store();
    accept(&mut store, &country, &list(&country, 5)).unwrap();
    let expired = ListBuilder {
        next_update: NOW.minus(61),
        ..list(&country, 9)
    };
    assert_eq!(
        accept(&mut store, &country, &expired).unwrap_err().code(),
        "list_expired"
    );
    assert_eq!(store.memory().seen(ROLE).unwrap().sequence, 5);
    assert_eq!(store.list(ROLE).unwrap().sequence(), 5);
}

#[test]
fn the_root_sets_the_least_sequence_number() {
    let country = Country::new();
    let mut document = country.root();
    document.least_sequence.insert(ROLE, 6);
    let root =
        crate::PinnedRoot::from_bytes(&country.sign_root(&document, &[0, 1]), &PROVIDER).unwrap();
    let mut store = TrustStore::new(root, ListMemory::default());
    assert_eq!(
        accept(&mut store, &country, &list(&country, 5))
            .unwrap_err()
            .code(),
        "list_rollback"
    );
    accept(&mut store, &country, &list(&country, 6)).unwrap();
}

#[test]
fn nothing_is_accepted_under_an_expired_root() {
    let country = Country::new();
    let mut store = country.empty_store();
    let late = NOW.plus(30 * DAY + 61);
    let fresh = ListBuilder {
        issued_at: late,
        next_update: late.plus(DAY),
        ..list(&country, 6)
    };
    let text = country.sign_list(&fresh);
    assert_eq!(
        store
            .accept_list(ROLE, &text, late, &PROVIDER)
            .unwrap_err()
            .code(),
        "root_expired"
    );
}

fn next_root(country: &Country, change: impl FnOnce(&mut RootDocument)) -> UnverifiedRoot {
    let mut document = RootDocument {
        version: 2,
        ..country.root()
    };
    change(&mut document);
    UnverifiedRoot::parse(&country.sign_root(&document, &[0, 1])).unwrap()
}

#[test]
fn a_new_root_drops_the_lists_of_signers_it_no_longer_names() {
    let country = Country::new();
    let mut store = country.store();
    let root = next_root(&country, |document| {
        document.list_signers.remove(&ROLE);
        document.least_sequence.insert(TrustRole::PidIssuers, 6);
    });
    store.accept_root(root, NOW, &PROVIDER).unwrap();
    assert!(store.list(ROLE).is_none());
    assert!(store.list(TrustRole::PidIssuers).is_none());
    assert!(store.list(TrustRole::StatusSigners).is_some());
    assert_eq!(store.root().document().version, 2);
}

#[test]
fn a_refused_root_changes_nothing() {
    let country = Country::new();
    let mut store = country.store();
    let document = RootDocument {
        version: 2,
        list_signers: BTreeMap::new(),
        ..country.root()
    };
    let alone = document
        .sign(&[&*key("officer 1")], PROVIDER.digest)
        .unwrap();
    let refused = store.accept_root(UnverifiedRoot::parse(&alone).unwrap(), NOW, &PROVIDER);
    assert_eq!(refused.unwrap_err().code(), "root_threshold");
    assert_eq!(store.root().document().version, 1);
    assert!(store.list(ROLE).is_some());
}

#[test]
fn every_decision_looks_at_the_expiry_again() {
    let country = Country::new();
    let store = country.store();
    let chain = country
        .cnss
        .leaf(eku::CREDENTIAL_SIGNING, subject("CNSS", Some(CNSS)))
        .unverified();
    let rights = CredentialType::new(RIGHTS);
    let decide = |at| store.trusted_issuer(&chain, &rights, at, &PROVIDER);
    decide(NOW.plus(DAY + 60)).unwrap();
    assert_eq!(
        decide(NOW.plus(DAY + 61)).unwrap_err().code(),
        "list_expired"
    );
}
