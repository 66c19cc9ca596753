//! Who is woken: a stream reads the store again when there is something to tell, and not when a stranger knocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use mahfada_events::Events;
use mahfada_storage::{Done, StatusEntriesDone, StatusListUri, Storage, StorageError, TenantId, Work};
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_web::client::OutboundClient;
use mahfada_web::config::OutboundConfig;

use super::scene::Scene;
use crate::app::RegistrationCheck;

/// A store that counts what it is asked and what it has answered.
#[derive(Debug)]
struct Counted {
    inner: SqliteStorage,
    asked: AtomicUsize,
    answered: Arc<AtomicUsize>,
}

impl Counted {
    fn count(&self, done: Done) -> Done {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answered = Arc::clone(&self.answered);
        Box::new(move |end| {
            done(end);
            answered.fetch_add(1, Ordering::SeqCst);
        })
    }

    /// Waits until nobody asks any more.
    async fn settled(&self) -> usize {
        loop {
            let asked = self.asked.load(Ordering::SeqCst);
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            if self.asked.load(Ordering::SeqCst) == asked && self.answered.load(Ordering::SeqCst) == asked {
                return asked;
            }
        }
    }
}

impl Storage for Counted {
    fn submit(&self, work: Work, done: Done) {
        self.inner.submit(work, self.count(done));
    }

    fn submit_beside(&self, work: Work, done: Done) {
        self.inner.submit_beside(work, self.count(done));
    }

    fn status_entries(&self, uri: &StatusListUri, done: StatusEntriesDone) {
        self.inner.status_entries(uri, done);
    }

    fn ready(&self) -> Result<(), StorageError> {
        self.inner.ready()
    }
}

fn counted() -> (Scene, Arc<Counted>) {
    let storage = Arc::new(Counted {
        inner: SqliteStorage::in_memory().unwrap(),
        asked: AtomicUsize::new(0),
        answered: Arc::default(),
    });
    let scene = Scene::changed(RegistrationCheck::Enforced, |app| {
        app.storage = storage.clone();
        let client = OutboundClient::new(&OutboundConfig::default()).unwrap();
        let (clock, random) = (Arc::clone(&app.clock), Arc::clone(&app.random));
        app.events = Events::load(&[], |_| true, client, storage.clone(), clock, random).unwrap();
    });
    (scene, storage)
}

/// Returns how often the store is asked when a wallet answers once and then again, with and without a stream.
async fn asked_by_answers(flow: &str) -> [usize; 2] {
    let mut asked = [0; 2];
    for (asked, streams) in asked.iter_mut().zip([false, true]) {
        let (scene, storage) = counted();
        let request = scene.request(&scene.create(flow).await).await;
        let stream: Option<HttpResponse> = streams.then(|| scene.app.events.stream(TenantId::new("bank"), None));
        let before = storage.settled().await;
        let body = scene.good_answer(&request);
        assert_eq!(scene.post(&request, body.clone()).await.status, StatusCode::OK);
        let first = storage.settled().await;
        assert_eq!(scene.post(&request, body).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            storage.settled().await - first,
            1,
            "a second answer is looked up and no more"
        );
        *asked = first - before;
        drop(stream);
    }
    asked
}

#[actix_web::test]
async fn a_verdict_that_is_told_wakes_the_stream_once() {
    let [alone, with_stream] = asked_by_answers("cross_device").await;
    assert_eq!(with_stream, alone + 1);
}

#[actix_web::test]
async fn a_same_device_verdict_wakes_nobody_before_the_citizen_is_back() {
    let [alone, with_stream] = asked_by_answers("same_device").await;
    assert_eq!(with_stream, alone);
}
