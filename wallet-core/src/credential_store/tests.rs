use mahfada_base::Secret;
use mahfada_crypto::hazmat::{FailingRandom, SeededRandom};
use mahfada_crypto::pure::PROVIDER;

use super::*;
use crate::OfferIssuance;
use crate::testing::*;

fn received() -> ReceivedBatch {
    let (world, mut issuer, mut phone) = (World::new(), ScriptedIssuer::new(), Phone::new());
    let mut flow = OfferIssuance::new(&issuer.offer_link(), 2).unwrap();
    phone
        .drive(
            |input| flow.step(input, &world.context()),
            |request| issuer.answer(request),
        )
        .unwrap()
}

fn store() -> CredentialStore {
    let mut store = CredentialStore::new(&root_bytes(1));
    store.add(&received(), NOW);
    store.remember_wallet_key(ISSUER, KeyId::new("K_w"));
    store
}

fn store_key(byte: u8) -> StoreKey {
    StoreKey::new(Secret::new([byte; 32]))
}

fn seal(store: &mut CredentialStore) -> Vec<u8> {
    let random = SeededRandom::new(store.generation().to_be_bytes());
    store.seal(&store_key(1), &random, &PROVIDER).unwrap()
}

fn open(bytes: &[u8], counter: u64) -> Result<CredentialStore, StoreError> {
    CredentialStore::open(bytes, &store_key(1), counter, &PROVIDER)
}

#[test]
fn a_sealed_store_opens_as_it_was() {
    let mut store = store();
    let sealed = seal(&mut store);
    assert_eq!(store.generation(), 1);
    let opened = open(&sealed, 1).unwrap();
    assert_eq!(opened.generation(), 1);
    let (before, after) = (&store.credentials()[0], &opened.credentials()[0]);
    assert_eq!((before.id(), before.unspent()), (after.id(), after.unspent()));
    assert_eq!(after.issuer_identifier(), ISSUER);
    assert_eq!(opened.wallet_key(ISSUER), Some(&KeyId::new("K_w")));
    assert_eq!(opened.wallet_key("https://other.example"), None);
    after.verify(&World::new().context()).unwrap();
}

#[test]
fn nothing_readable_is_on_disk() {
    let sealed = seal(&mut store());
    let text = String::from_utf8_lossy(&sealed);
    for canary in ["K_w", "credential-1", "issuer.example", "eyJ"] {
        assert!(!text.contains(canary), "{canary}");
    }
}

// TW-16
#[test]
fn every_changed_byte_is_noticed() {
    let sealed = seal(&mut store());
    for position in 0..sealed.len().min(512) {
        let mut changed = sealed.clone();
        changed[position] ^= 1;
        assert_eq!(open(&changed, 0).unwrap_err(), StoreError::Sealed, "byte {position}");
    }
    for length in [0, 7, 8, 43, 44, sealed.len() - 1] {
        assert_eq!(open(&sealed[..length], 0).unwrap_err(), StoreError::Sealed);
    }
    let longer = [&sealed[..], &[0]].concat();
    assert_eq!(open(&longer, 0).unwrap_err(), StoreError::Sealed);
}

// TW-16
#[test]
fn another_key_opens_nothing() {
    let sealed = seal(&mut store());
    let error = CredentialStore::open(&sealed, &store_key(2), 0, &PROVIDER).unwrap_err();
    assert_eq!(error, StoreError::Sealed);
}

// TW-16
#[test]
fn an_older_snapshot_is_noticed() {
    let mut store = store();
    let old = seal(&mut store);
    let id = store.credentials()[0].id().clone();
    store.spend(&id, 0).unwrap();
    let new = seal(&mut store);
    assert_eq!(open(&old, 2).unwrap_err(), StoreError::StateRollback);
    assert_eq!(StoreError::StateRollback.code(), "state_rollback");
    assert_eq!(open(&new, 2).unwrap().credentials()[0].unspent(), 1);
}

// TW-16
#[test]
fn an_old_snapshot_does_not_become_new_by_its_number() {
    let mut store = store();
    let mut old = seal(&mut store);
    old[15] = 9;
    assert_eq!(open(&old, 2).unwrap_err(), StoreError::Sealed);
}

#[test]
fn a_crash_before_the_counter_rose_leaves_a_store_that_opens() {
    let mut store = store();
    seal(&mut store);
    let newer = seal(&mut store);
    assert_eq!(open(&newer, 1).unwrap().generation(), 2);
}

#[test]
fn two_seals_of_one_state_differ() {
    let mut store = store();
    assert_ne!(seal(&mut store)[16..], seal(&mut store)[16..]);
}

#[test]
fn a_failing_random_source_seals_nothing() {
    let mut store = store();
    let error = store.seal(&store_key(1), &FailingRandom, &PROVIDER).unwrap_err();
    assert_eq!((error, store.generation()), (StoreError::Random, 0));
}

#[test]
fn a_copy_is_spent_once() {
    let mut store = store();
    let id = store.credentials()[0].id().clone();
    store.spend(&id, 1).unwrap();
    assert_eq!(store.spend(&id, 1), Err(StoreError::Spent));
    assert_eq!(store.spend(&id, 2), Err(StoreError::Spent));
    assert_eq!(store.spend(&CredentialId::new("none"), 0), Err(StoreError::Spent));
}

// TW-19
#[test]
fn copies_are_picked_at_random() {
    let (store, world) = (store(), World::new());
    let mut picked = [0; 2];
    for _ in 0..64 {
        picked[store.candidates(&world.context()).unwrap()[0].copy] += 1;
    }
    assert!(picked.iter().all(|times| *times > 10), "{picked:?}");
}

#[test]
fn a_removed_credential_is_gone_and_its_name_is_not_used_again() {
    let mut store = store();
    let id = store.credentials()[0].id().clone();
    assert_eq!(store.remove(&id).unwrap().keys().count(), 2);
    assert!(store.remove(&id).is_none() && store.credential(&id).is_none());
    assert_ne!(store.add(&received(), NOW), id);
}

fn with_root(version: u64) -> CredentialStore {
    let mut trust = empty_trust();
    for version in 2..=version {
        let root = mahfada_trust::UnverifiedRoot::parse(&root_bytes(version)).unwrap();
        trust.accept_root(root, NOW, &PROVIDER).unwrap();
    }
    let mut store = store();
    store.remember_trust(&trust).unwrap();
    store
}

#[test]
fn a_restored_store_descends_from_the_pinned_root_to_the_newest_seen() {
    let mut store = with_root(3);
    let opened = open(&seal(&mut store), 1).unwrap();
    let trust = opened.trust_store(&PROVIDER).unwrap().unwrap();
    assert_eq!(trust.root().document().version, 3);
    assert_eq!(opened.contents.successors.len(), 2);
}

#[test]
fn a_root_that_does_not_follow_is_not_restored() {
    let changes: [fn(&mut CredentialStore); 3] = [
        |store| store.contents.successors.reverse(),
        |store| drop(store.contents.successors.remove(0)),
        |store| store.contents.root = Some(base64url::encode(b"{}")),
    ];
    for (position, change) in changes.into_iter().enumerate() {
        let mut store = with_root(3);
        change(&mut store);
        assert!(store.trust_store(&PROVIDER).is_err(), "change {position}");
    }
}

#[test]
fn a_store_without_a_registry_stays_without_one() {
    let mut store = CredentialStore::without_registry();
    assert!(store.trust_store(&PROVIDER).unwrap().is_none());
    let opened = open(&seal(&mut store), 1).unwrap();
    assert!(opened.trust_store(&PROVIDER).unwrap().is_none());
    // A root that was pinned and is none is an error, and no way around the registry.
    CredentialStore::new(b"").trust_store(&PROVIDER).unwrap_err();
}
