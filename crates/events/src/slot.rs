//! The streams that are open, by tenant: how many, and how they are woken.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mahfada_storage::TenantId;
use tokio::sync::watch;

/// How many streams a tenant may have open in one process.
pub const MAX_STREAMS_PER_TENANT: usize = 8;

/// What wakes the streams of a tenant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct News {
    /// Whether the streams are to end.
    pub(crate) end: bool,
}

/// The streams of all tenants.
#[derive(Default)]
pub(crate) struct Streams(Mutex<Open>);

#[derive(Default)]
struct Open {
    tenants: HashMap<TenantId, OfTenant>,
    ended: bool,
}

struct OfTenant {
    count: usize,
    news: watch::Sender<News>,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streams")
    }
}

impl Streams {
    /// Counts one more stream of a tenant, unless it has enough of them.
    pub(crate) fn take(streams: &Arc<Self>, tenant: TenantId) -> Option<Slot> {
        let mut open = streams.lock();
        let end = open.ended;
        let of_tenant = open.tenants.entry(tenant.clone()).or_insert_with(|| OfTenant {
            count: 0,
            news: watch::Sender::new(News { end }),
        });
        if of_tenant.count >= MAX_STREAMS_PER_TENANT {
            return None;
        }
        of_tenant.count = of_tenant.count.saturating_add(1);
        Some(Slot {
            news: of_tenant.news.subscribe(),
            streams: Arc::clone(streams),
            tenant,
        })
    }

    /// Wakes the streams of a tenant.
    pub(crate) fn wake(&self, tenant: &TenantId) {
        if let Some(of_tenant) = self.lock().tenants.get(tenant) {
            of_tenant.news.send_modify(|_| {});
        }
    }

    /// Wakes every stream.
    pub(crate) fn wake_all(&self) {
        for of_tenant in self.lock().tenants.values() {
            of_tenant.news.send_modify(|_| {});
        }
    }

    /// Tells every stream to end, now and from now on.
    pub(crate) fn end(&self) {
        let mut open = self.lock();
        open.ended = true;
        for of_tenant in open.tenants.values() {
            of_tenant.news.send_replace(News { end: true });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One stream of a tenant; dropping it makes room for another.
pub(crate) struct Slot {
    streams: Arc<Streams>,
    tenant: TenantId,
    news: watch::Receiver<News>,
}

impl Slot {
    /// Returns whose stream it is.
    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Returns what wakes the stream.
    pub(crate) fn news(&self) -> watch::Receiver<News> {
        self.news.clone()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(of_tenant) = open.tenants.get_mut(&self.tenant) {
            of_tenant.count = of_tenant.count.saturating_sub(1);
            if of_tenant.count == 0 {
                open.tenants.remove(&self.tenant);
            }
        }
    }
}
