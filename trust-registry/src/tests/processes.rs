//! Several processes over one store, and clocks that are wrong.

use std::sync::Arc;

use mahfada_base::{CLOCK_SKEW, CheckStatus, ManualClock, UnixTime};
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_storage::{AuditSequence, Outcome, Storage, StorageError};
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_trust::TrustRole;

use super::PID;
use crate::app::Registry;
use crate::fixture::{DGSN, Site, now};
use crate::registry::{PublishError, StatusOverride, publish_root};

fn store() -> (Arc<SqliteStorage>, Arc<ManualClock>) {
    (
        Arc::new(SqliteStorage::in_memory().unwrap()),
        Arc::new(ManualClock::new(now())),
    )
}

async fn decide(registry: &Registry, suspended: bool, since: UnixTime) {
    let decision = StatusOverride { suspended, since };
    registry.publisher().decide(DGSN, decision, "officer").await.unwrap();
}

async fn publish(registry: &Registry) -> (u64, bool) {
    let edition = registry.publish().await.into_result().unwrap()[&PID];
    (edition.sequence, edition.is_new)
}

fn fails(registry: &Registry, code: &str) -> bool {
    let report = registry.readiness();
    report
        .checks()
        .iter()
        .any(|check| check.code == code && check.status == CheckStatus::Failed)
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_publish_at_once_use_each_number_once_and_lose_no_decision() {
    let site = Site::new();
    let path = site.folder.join("shared.db");
    let clock = Arc::new(ManualClock::new(now()));
    let mut processes = Vec::new();
    for _ in 0..3 {
        let storage = Arc::new(SqliteStorage::open(&path).unwrap());
        processes.push((Arc::new(site.open(&storage, &clock).await.unwrap()), storage));
    }
    for round in 0..6_i64 {
        let suspended = round % 2 == 0;
        decide(&processes[0].0, suspended, now().plus(round)).await;
        let publishing: Vec<_> = processes
            .iter()
            .map(|(registry, _)| Arc::clone(registry))
            .map(|registry| tokio::spawn(async move { publish(&registry).await }))
            .collect();
        let mut published = 0;
        for one in publishing {
            let (sequence, is_new) = one.await.unwrap();
            assert_eq!(sequence, u64::try_from(round).unwrap() + 2);
            published += usize::from(is_new);
        }
        assert_eq!(published, 1, "round {round}");
    }
}

#[tokio::test]
async fn two_processes_that_start_at_once_publish_one_root() {
    let site = Site::new();
    let root = site.root(1, &site.officers);
    // Mostly both look before either has published.
    for _ in 0..20 {
        let (storage, _) = store();
        let publish = || publish_root(storage.as_ref(), root.clone(), now(), &PROVIDER);
        let (one, other) = tokio::join!(publish(), publish());
        assert_eq!(
            (one.unwrap().document().version, other.unwrap().document().version),
            (1, 1)
        );
    }
}

#[tokio::test]
async fn a_process_that_has_not_seen_the_latest_root_publishes_nothing() {
    let (site, (storage, clock)) = (Site::new(), store());
    let stale = site.open(&storage, &clock).await.unwrap();
    site.write("root.json", site.root(2, &site.officers));
    let fresh = site.open(&storage, &clock).await.unwrap();
    decide(&stale, true, now()).await;
    let (_, error) = stale.publish().await.into_result().unwrap_err();
    assert!(matches!(error, PublishError::RootSuperseded));
    assert_eq!(publish(&fresh).await, (2, true));
}

#[tokio::test]
async fn a_list_that_cannot_be_made_keeps_no_other_back() {
    let (site, (storage, clock)) = (Site::new(), store());
    let registry = site.open(&storage, &clock).await.unwrap();
    // The signer of the first list expires; the other one goes on, and has to show the suspension.
    site.write_list_signer_until(PID, now().plus(7_200));
    let brief = site.open(&storage, &clock).await.unwrap();
    drop(registry);
    clock.advance(86_000);
    let publication = brief.publish().await;
    assert!(matches!(publication.failures[&PID], PublishError::Refused(_)));
    assert!(publication.editions[&TrustRole::RegistrationSigners].is_new);
    assert!(fails(&brief, "signing_certificate"));
}

#[tokio::test]
async fn a_clock_that_went_back_makes_a_list_that_readers_accept() {
    let (site, (storage, clock)) = (Site::new(), store());
    clock.advance(5_000);
    let registry = site.open(&storage, &clock).await.unwrap();
    clock.advance(-CLOCK_SKEW);
    assert_eq!(publish(&registry).await, (1, false), "within the skew it is good");
    clock.advance(-1);
    assert_eq!(publish(&registry).await, (2, true));
    clock.advance(-4_000);
    decide(&registry, true, now()).await;
    assert_eq!(publish(&registry).await, (3, true), "the number still goes up");
}

#[tokio::test]
async fn a_shorter_life_holds_from_the_next_start_on() {
    let (site, (storage, clock)) = (Site::new(), store());
    assert_eq!(publish(&site.open(&storage, &clock).await.unwrap()).await, (1, false));
    let toml = site
        .toml()
        .replacen("root_document_file", "list_life_seconds = 300\nroot_document_file", 1);
    let loaded = crate::app::Loaded::load(&site.parsed(&toml)).unwrap();
    let registry = Registry::open(loaded, storage, clock).await.unwrap();
    assert_eq!(registry.editions()[&PID].sequence, 2);
}

#[tokio::test]
async fn readiness_says_that_the_root_has_expired() {
    let (site, (storage, clock)) = (Site::new(), store());
    let registry = site.open(&storage, &clock).await.unwrap();
    assert!(registry.readiness().accepts());
    clock.advance(30 * 86_400 + CLOCK_SKEW + 1);
    assert!(fails(&registry, "root_expired"));
    let (_, error) = registry.publish().await.into_result().unwrap_err();
    assert_eq!(error.code(), "root_expired");
}

#[tokio::test]
async fn a_decision_taken_again_changes_nothing_and_is_on_record() {
    let (site, (storage, clock)) = (Site::new(), store());
    let registry = site.open(&storage, &clock).await.unwrap();
    for (suspended, at) in [(false, 1), (true, 2), (true, 3), (false, 4)] {
        decide(&registry, suspended, UnixTime::new(at)).await;
    }
    let storage: &dyn Storage = storage.as_ref();
    let entries = storage
        .execute(|unit| {
            Ok(Outcome::<_, StorageError>::Commit(
                unit.audit().list(AuditSequence::new(0), 10)?,
            ))
        })
        .await
        .unwrap()
        .unwrap();
    let said: Vec<_> = entries
        .iter()
        .map(|entry| (entry.record.action.as_str(), entry.record.outcome.as_str()))
        .collect();
    let (suspend, reinstate) = ("entity_suspend", "entity_reinstate");
    let expected = [
        (reinstate, "unchanged"),
        (suspend, "done"),
        (suspend, "unchanged"),
        (reinstate, "done"),
    ];
    assert_eq!(said, expected);
}
