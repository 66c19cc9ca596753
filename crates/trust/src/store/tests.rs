use mahfada_credential::{CredentialType, IssuerTrust};
use mahfada_crypto::pure::PROVIDER;
use mahfada_x509::eku;

use super::*;
use crate::fixture::{Authority, CNSS, Country, DAY, NOW, OPERATOR, RIGHTS, key, subject};
use crate::{ListBuilder, ListSigner, RootDocument};

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
        accept(&mut store, &country, &list(&country, 5)).unwrap_err().code(),
        "list_rollback"
    );
    let mut store = restarted(&store);
    assert_eq!(
        accept(&mut store, &country, &list(&country, 5)).unwrap_err().code(),
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
    assert_eq!(accept(&mut store, &country, &other).unwrap_err().code(), "list_fork");
    let mut store = restarted(&store);
    assert_eq!(accept(&mut store, &country, &other).unwrap_err().code(), "list_fork");
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
    store.accept_list(TrustRole::PidIssuers, &pid, NOW, &PROVIDER).unwrap();
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
    let root = crate::PinnedRoot::from_bytes(&country.sign_root(&document, &[0, 1]), &PROVIDER).unwrap();
    let mut store = TrustStore::new(root, ListMemory::default());
    assert_eq!(
        accept(&mut store, &country, &list(&country, 5)).unwrap_err().code(),
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
        store.accept_list(ROLE, &text, late, &PROVIDER).unwrap_err().code(),
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
    let alone = document.sign(&[&*key("officer 1")], PROVIDER.digest).unwrap();
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
    assert_eq!(decide(NOW.plus(DAY + 61)).unwrap_err().code(), "list_expired");
}

/// A second operator of lists, and a root of version 2 that names only it.
fn new_operator(country: &Country, change: impl FnOnce(&mut RootDocument)) -> (Authority, UnverifiedRoot) {
    let operator = Authority::new("New List CA");
    let signer = ListSigner {
        organization: OPERATOR.to_owned(),
        authority: operator.certificate.clone(),
    };
    let root = next_root(country, |document| {
        document.list_signers.insert(ROLE, vec![signer]);
        change(document);
    });
    (operator, root)
}

fn accept_from(store: &mut TrustStore, operator: &Authority, list: &ListBuilder) -> Result<(), ListError> {
    let leaf = operator.leaf(eku::LIST_SIGNING, subject(OPERATOR, None));
    let text = list.sign(&leaf.chain, &*leaf.signer, &PROVIDER).unwrap();
    store.accept_list(ROLE, &text, NOW, &PROVIDER)
}

#[test]
fn a_number_set_by_a_removed_signer_binds_nobody_even_after_restarts() {
    let country = Country::new();
    for restart in [false, true] {
        let maybe_restarted = |store: TrustStore| if restart { restarted(&store) } else { store };
        let mut store = country.empty_store();
        accept(&mut store, &country, &list(&country, u64::MAX)).unwrap();
        let mut store = maybe_restarted(store);
        let (operator, root) = new_operator(&country, |document| {
            document.least_sequence.insert(ROLE, 8);
        });
        store.accept_root(root, NOW, &PROVIDER).unwrap();
        assert_eq!(store.memory().seen(ROLE), None);
        let mut store = maybe_restarted(store);
        let mut from_new = |sequence| accept_from(&mut store, &operator, &list(&country, sequence));
        assert_eq!(from_new(7).unwrap_err().code(), "list_rollback");
        from_new(8).unwrap();
        assert_eq!(from_new(7).unwrap_err().code(), "list_rollback");
    }
}

#[test]
fn a_number_set_by_a_signer_who_stays_binds_on() {
    let country = Country::new();
    let mut store = country.empty_store();
    accept(&mut store, &country, &list(&country, 6)).unwrap();
    store.accept_root(next_root(&country, |_| {}), NOW, &PROVIDER).unwrap();
    let mut store = restarted(&store);
    let older = accept(&mut store, &country, &list(&country, 5));
    assert_eq!(older.unwrap_err().code(), "list_rollback");
}

#[test]
fn a_signer_is_authority_and_organization() {
    let country = Country::new();
    let mut store = country.empty_store();
    accept(&mut store, &country, &list(&country, 6)).unwrap();
    let root = next_root(&country, |document| {
        document.list_signers.get_mut(&ROLE).unwrap()[0].organization = "Autre".to_owned();
    });
    store.accept_root(root, NOW, &PROVIDER).unwrap();
    assert_eq!(store.memory().seen(ROLE), None);
    assert!(store.list(ROLE).is_none());
}

#[test]
fn a_memory_from_before_the_present_root_binds_nobody() {
    let country = Country::new();
    let mut store = country.empty_store();
    accept(&mut store, &country, &list(&country, u64::MAX)).unwrap();
    // The host kept the new root and lost the memory that belongs to it.
    let stale = store.memory();
    let (operator, root) = new_operator(&country, |_| {});
    store.accept_root(root, NOW, &PROVIDER).unwrap();
    let mut store = TrustStore::new(store.root().clone(), stale);
    accept_from(&mut store, &operator, &list(&country, 1)).unwrap();
}

/// Writes the memory as it was written before signers were remembered.
fn without_signers(store: &TrustStore) -> ListMemory {
    let mut memory = serde_json::to_value(store.memory()).unwrap();
    let seen = memory[ROLE.slug()].as_object_mut().unwrap();
    seen.remove("signed_by").unwrap();
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["sequence", "sha256"]);
    serde_json::from_value(memory).unwrap()
}

#[test]
fn a_memory_without_signers_binds_until_all_of_them_are_gone() {
    let country = Country::new();
    let mut store = country.empty_store();
    accept(&mut store, &country, &list(&country, 6)).unwrap();
    let mut old = TrustStore::new(store.root().clone(), without_signers(&store));
    let older = accept(&mut old, &country, &list(&country, 5));
    assert_eq!(older.unwrap_err().code(), "list_rollback");
    let mut kept = old.clone();
    kept.accept_root(next_root(&country, |_| {}), NOW, &PROVIDER).unwrap();
    assert_eq!(kept.memory().seen(ROLE).unwrap().sequence, 6);
    let (operator, root) = new_operator(&country, |_| {});
    old.accept_root(root, NOW, &PROVIDER).unwrap();
    accept_from(&mut old, &operator, &list(&country, 1)).unwrap();
}
