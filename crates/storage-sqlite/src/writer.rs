//! The one thread that writes, and the queue before it.

use std::fmt;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use mahfada_storage::{Done, StorageError, Work};
use rusqlite::Connection;

use crate::batch::{self, Health, Job};
use crate::error::{from_sqlite, is_survivable};

/// How many works may wait; more are refused with `Busy`.
const QUEUE: usize = 4_096;
/// How many works share one commit.
const GROUP: usize = 64;
/// How many commits lie between two checkpoints of the write-ahead log.
const COMMITS_PER_CHECKPOINT: u32 = 256;

/// The handle of the writer thread.
pub(crate) struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    health: Arc<Mutex<Health>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the thread that owns the connection from now on.
    pub(crate) fn start(connection: Connection) -> Result<Self, StorageError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let health = Arc::new(Mutex::new(Health::Good));
        let shared = Arc::clone(&health);
        let thread = thread::Builder::new()
            .name("storage-writer".to_owned())
            .spawn(move || write_until_closed(&connection, &jobs, &shared))
            .map_err(StorageError::unavailable)?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            health,
        })
    }

    /// Puts a work in the queue, or refuses it at once.
    pub(crate) fn submit(&self, work: Work, done: Done) {
        let Some(queue) = &self.queue else {
            return done(Err(stopped()));
        };
        match queue.try_send(Job { work, done }) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => (job.done)(Err(StorageError::Busy)),
            Err(TrySendError::Disconnected(job)) => (job.done)(Err(stopped())),
        }
    }

    /// Reports whether the thread still accepts work.
    pub(crate) fn ready(&self) -> Result<(), StorageError> {
        if let Health::Lost(error) = &*self.health.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(error.clone());
        }
        match &self.thread {
            Some(thread) if !thread.is_finished() => Ok(()),
            _ => Err(stopped()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // An answer may hold the last handle: the thread does not wait for itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("the storage writer panicked");
            }
        }
    }
}

fn stopped() -> StorageError {
    StorageError::unavailable("the store has stopped")
}

fn write_until_closed(connection: &Connection, jobs: &Receiver<Job>, health: &Mutex<Health>) {
    let mut commits: u32 = 0;
    while let Ok(first) = jobs.recv() {
        let mut state = batch::run(connection, group(first, jobs));
        commits = commits.saturating_add(1);
        if commits >= COMMITS_PER_CHECKPOINT && matches!(state, Health::Good) {
            commits = 0;
            state = checkpoint(connection, "PASSIVE");
        }
        if let Health::Lost(error) = state {
            tracing::error!(code = error.code(), %error, "storage lost; restart the process");
            *health.lock().unwrap_or_else(PoisonError::into_inner) = Health::Lost(error.clone());
            return refuse_all(jobs, &error);
        }
    }
    checkpoint(connection, "TRUNCATE");
}

/// Takes what waits, without waiting for more.
fn group(first: Job, jobs: &Receiver<Job>) -> Vec<Job> {
    let mut group = vec![first];
    while group.len() < GROUP {
        match jobs.try_recv() {
            Ok(job) => group.push(job),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
        }
    }
    group
}

fn refuse_all(jobs: &Receiver<Job>, error: &StorageError) {
    while let Ok(job) = jobs.recv() {
        (job.done)(Err(error.clone()));
    }
}

/// Moves the log into the database; what other processes hold back is left for the next time.
fn checkpoint(connection: &Connection, mode: &str) -> Health {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    match connection.query_row(&sql, [], |_| Ok(())).map_err(from_sqlite) {
        Err(error) if !is_survivable(&error) => Health::Lost(error),
        _ => Health::Good,
    }
}
