//! The handle that a service holds.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::HttpResponse;
use mahfada_base::{Clock, base64url};
use mahfada_crypto::{Random, RandomError};
use mahfada_storage::{
    EventId, EventSequence, NewEvent, Outcome, Storage, StorageError, TenantId, UnitOfWork, WebhookEndpointId,
};
use mahfada_web::client::OutboundClient;
use tokio::sync::watch;

use crate::config::{self, Endpoint};
use crate::slot::Streams;
use crate::{EventKind, EventsConfigError, WebhookConfig, delivery, stream};

/// How long a stream is silent before it shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a client may leave a full queue untouched.
const STALL: Duration = Duration::from_mins(1);
/// How long the sender waits before it looks for what fell due.
const POLL: Duration = Duration::from_secs(2);

/// What a service tells its tenants: it draws and records events, streams them and sends webhooks.
///
/// Clones share everything.
#[derive(Clone)]
pub struct Events {
    pub(crate) shared: Arc<Shared>,
}

/// What all clones, streams and deliveries share.
pub(crate) struct Shared {
    pub(crate) endpoints: BTreeMap<WebhookEndpointId, Endpoint>,
    pub(crate) client: OutboundClient,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) deliveries: watch::Sender<()>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) failures: AtomicU64,
    pub(crate) given_up: AtomicU64,
    pub(crate) keep_alive: Duration,
    pub(crate) stall: Duration,
    pub(crate) poll: Duration,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints: Vec<_> = self.shared.endpoints.keys().collect();
        f.debug_struct("Events")
            .field("endpoints", &endpoints)
            .finish_non_exhaustive()
    }
}

impl Events {
    /// Checks the configured endpoints and reads their secrets; nothing is sent.
    ///
    /// # Errors
    /// [`EventsConfigError`] that names the endpoint.
    pub fn load(
        webhooks: &[WebhookConfig],
        known_tenant: impl Fn(&str) -> bool,
        outbound: OutboundClient,
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, EventsConfigError> {
        let shared = Shared {
            endpoints: config::load(webhooks, known_tenant)?,
            client: outbound,
            storage,
            clock,
            random,
            deliveries: watch::Sender::default(),
            streams: Arc::default(),
            failures: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            keep_alive: KEEP_ALIVE,
            stall: STALL,
            poll: POLL,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Returns the endpoints of a tenant, to be moved into the unit of work.
    #[must_use]
    pub fn endpoints(&self, tenant: &TenantId) -> Vec<WebhookEndpointId> {
        let all = self.shared.endpoints.iter();
        all.filter(|(_, endpoint)| endpoint.tenant == *tenant)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Makes an event that happens now, with an id of 128 random bits.
    ///
    /// `object_id` and `outcome` reach the tenant: ids and stable codes, never a claim.
    ///
    /// # Errors
    /// [`RandomError`] when the random source fails.
    pub fn draw(
        &self,
        tenant: &TenantId,
        kind: EventKind,
        object_id: impl Into<String>,
        outcome: Option<&str>,
    ) -> Result<NewEvent, RandomError> {
        let mut id = [0; 16];
        self.shared.random.fill(&mut id)?;
        Ok(NewEvent {
            id: EventId::new(format!("evt_{}", base64url::encode(id))),
            tenant: tenant.clone(),
            kind: kind.as_str().to_owned(),
            object_id: object_id.into(),
            outcome: outcome.map(str::to_owned),
            at: self.shared.clock.now(),
        })
    }

    /// Records an event with one delivery per endpoint, inside the unit of work that it tells of.
    ///
    /// # Errors
    /// [`StorageError`] when the store fails; the unit of work then fails with it.
    pub fn record(
        unit: &mut dyn UnitOfWork,
        event: &NewEvent,
        endpoints: &[WebhookEndpointId],
    ) -> Result<(), StorageError> {
        unit.events().append(event, endpoints).map(drop)
    }

    /// Wakes the streams of a tenant, and the sender when the tenant has an endpoint; called from any thread after the
    /// commit that recorded an event of this tenant. A forgotten call delays, it loses nothing.
    pub fn notify_tenant(&self, tenant: &TenantId) {
        self.shared.streams.wake(tenant);
        let mut endpoints = self.shared.endpoints.values();
        if endpoints.any(|endpoint| endpoint.tenant == *tenant) {
            self.shared.deliveries.send_replace(());
        }
    }

    /// Wakes the streams of every tenant and the sender; [`Self::notify_tenant`] wakes those alone that have something to
    /// tell.
    pub fn notify(&self) {
        self.shared.streams.wake_all();
        self.shared.deliveries.send_replace(());
    }

    /// Ends every stream, now and from now on, so that a service can stop; clients come back with `Last-Event-ID`.
    pub fn end_streams(&self) {
        self.shared.streams.end();
    }

    /// Answers with the tenant's events as server-sent events, from `Last-Event-ID` on or from now on.
    ///
    /// The caller has authenticated the tenant. An id that this service never gave replays everything that is kept.
    /// A tenant has at most [`MAX_STREAMS_PER_TENANT`](crate::MAX_STREAMS_PER_TENANT) streams; one more is answered
    /// with 429. It must be called inside a Tokio runtime.
    #[must_use]
    pub fn stream(&self, tenant: TenantId, last_event_id: Option<&str>) -> HttpResponse {
        let after = last_event_id.map(|text| EventSequence::new(text.trim().parse().unwrap_or(0)));
        stream::respond(&self.shared, tenant, after)
    }

    /// Sends what is due, again and again; it returns only by being dropped, which aborts what is under way.
    ///
    /// What it had claimed is sent again after the lease of a minute.
    pub async fn deliver_until_dropped(&self) {
        delivery::run(&self.shared).await;
    }

    /// Returns how many deliveries are open, due or not.
    ///
    /// # Errors
    /// [`StorageError`] when the store fails.
    pub async fn backlog(&self) -> Result<u64, StorageError> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method is bound to one lifetime, the closure to none"
        )]
        let count = self.shared.storage.read(|reading| reading.webhook_backlog());
        count.await
    }

    /// Returns how many attempts have failed since the start of this process.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }

    /// Returns how many deliveries this process has given up.
    #[must_use]
    pub fn given_up(&self) -> u64 {
        self.shared.given_up.load(Ordering::Relaxed)
    }
}

impl Shared {
    /// Runs a work that commits.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let answer = self
            .storage
            .execute(|unit| work(unit).map(Outcome::<T, StorageError>::Commit));
        answer.await?
    }
}
