//! The counts of a limit: no more keys than a bound, whoever sends them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use governor::nanos::Nanos;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed, StateStore};

/// At most `max_keys` counts. Keys that find no room share one count, so that filling the table forgets nobody.
pub(super) struct BoundedStore<K>(Arc<Counts<K>>);

struct Counts<K> {
    known: RwLock<HashMap<K, InMemoryState>>,
    shared: InMemoryState,
    max_keys: usize,
    /// How many keys came new since the last sweep.
    newcomers: AtomicUsize,
}

impl<K: Hash + Eq + Clone> BoundedStore<K> {
    pub(super) fn new(max_keys: usize) -> Self {
        Self(Arc::new(Counts {
            known: RwLock::default(),
            shared: InMemoryState::default(),
            max_keys,
            newcomers: AtomicUsize::new(0),
        }))
    }

    /// Returns the same counts once more, since a limiter does not lend its own.
    pub(super) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Tells whether as many keys came new as make a sweep worth its time, and starts to count again.
    pub(super) fn wants_sweep(&self, every: usize) -> bool {
        if self.0.newcomers.load(Ordering::Relaxed) < every {
            return false;
        }
        self.0.newcomers.swap(0, Ordering::Relaxed) >= every
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<K, InMemoryState>> {
        self.0.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> StateStore for BoundedStore<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        if let Some(state) = self.0.known.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return state.measure_and_replace(&NotKeyed::NonKey, f);
        }
        self.0.newcomers.fetch_add(1, Ordering::Relaxed);
        let mut known = self.write();
        if known.len() >= self.0.max_keys && !known.contains_key(key) {
            drop(known);
            return self.0.shared.measure_and_replace(&NotKeyed::NonKey, f);
        }
        known
            .entry(key.clone())
            .or_default()
            .measure_and_replace(&NotKeyed::NonKey, f)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for BoundedStore<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.write()
            .retain(|_, state| value_of(state).is_some_and(|until| until > drop_below));
    }

    fn shrink_to_fit(&self) {
        self.write().shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads a count without changing it: refusing leaves it as it is.
fn value_of(state: &InMemoryState) -> Option<Nanos> {
    state
        .measure_and_replace(&NotKeyed::NonKey, Err::<((), Nanos), _>)
        .err()
        .flatten()
}
