//! The store and the unit of work inside it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use mahfada_base::UnixTime;
use tokio::sync::oneshot;

use crate::{
    AccessTokenRepository, AuditRepository, AuthorizationCodeRepository, CardSessionRepository, EventRepository,
    IssuanceRepository, PreAuthorizedCodeRepository, PresentationRepository, PublishedListRepository, Reading,
    SingleUseRepository, StatusListRepository, StatusListUri, StorageError, TrustMemoryRepository,
    WebhookDeliveryRepository,
};

/// How a unit of work ended, without its values; what a backend needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The request is granted: keep everything.
    Commit,
    /// The request is refused and everything the work did is kept.
    RejectCommit,
    /// The request is refused and nothing the work did is kept.
    RejectRollback,
}

/// How a unit of work ended, with its values (decision D6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T, E> {
    /// The request is granted: keep everything.
    Commit(T),
    /// The request is refused, and what the work did must survive: a counter, a burnt code, an audit record.
    RejectCommit(E),
    /// The request is refused and leaves no trace.
    RejectRollback(E),
}

impl<T, E> Outcome<T, E> {
    fn split(self) -> (End, Result<T, E>) {
        match self {
            Self::Commit(value) => (End::Commit, Ok(value)),
            Self::RejectCommit(refusal) => (End::RejectCommit, Err(refusal)),
            Self::RejectRollback(refusal) => (End::RejectRollback, Err(refusal)),
        }
    }
}

/// A unit of work as a backend runs it.
pub type Work = Box<dyn FnOnce(&mut dyn UnitOfWork) -> Result<End, StorageError> + Send>;

/// What a backend calls once the end of a work, or the reason why it has none, is final.
pub type Done = Box<dyn FnOnce(Result<End, StorageError>) + Send>;

/// What a backend calls with every index of a status list that has a value other than 0, in order.
pub type StatusEntriesDone = Box<dyn FnOnce(Result<Vec<(u32, u8)>, StorageError>) + Send>;

/// How many records one purge forgets at most.
///
/// Others wait while a unit of work runs, so what has piled up is forgotten piece by piece, as `purge_all` of
/// [`Storage`] does.
pub const PURGE_BATCH: u32 = 512;

/// Everything a service remembers, inside one transaction.
///
/// The works of all processes on one database run as if one after the other.
pub trait UnitOfWork {
    /// Returns the values that may be used once.
    fn single_use(&mut self) -> &mut dyn SingleUseRepository;
    /// Returns the pre-authorized codes.
    fn pre_authorized_codes(&mut self) -> &mut dyn PreAuthorizedCodeRepository;
    /// Returns the card sessions.
    fn card_sessions(&mut self) -> &mut dyn CardSessionRepository;
    /// Returns the authorization codes.
    fn authorization_codes(&mut self) -> &mut dyn AuthorizationCodeRepository;
    /// Returns the access tokens.
    fn access_tokens(&mut self) -> &mut dyn AccessTokenRepository;
    /// Returns the status lists.
    fn status_lists(&mut self) -> &mut dyn StatusListRepository;
    /// Returns the issuances.
    fn issuances(&mut self) -> &mut dyn IssuanceRepository;
    /// Returns the presentations.
    fn presentations(&mut self) -> &mut dyn PresentationRepository;
    /// Returns the published lists and root documents.
    fn published_lists(&mut self) -> &mut dyn PublishedListRepository;
    /// Returns the memory against rollback.
    fn trust_memory(&mut self) -> &mut dyn TrustMemoryRepository;
    /// Returns the audit trail.
    fn audit(&mut self) -> &mut dyn AuditRepository;
    /// Returns the events.
    fn events(&mut self) -> &mut dyn EventRepository;
    /// Returns the webhook deliveries.
    fn webhook_deliveries(&mut self) -> &mut dyn WebhookDeliveryRepository;

    /// Forgets what ended before `until` (single-use values, card sessions, codes, access tokens) and returns how many,
    /// at most [`PURGE_BATCH`]; 0 says that nothing is left to forget.
    ///
    /// What another record still leads to outlives its end: a redeemed authorization code stays while its token is
    /// there, so that a second use revokes it (RFC 6749 §4.1.2); a token stays while the code of an offer names it.
    /// The caller subtracts the clock skew that its checks allow, or a value could be used twice.
    ///
    /// # Errors
    /// Only when the store fails.
    fn purge_expired(&mut self, until: UnixTime) -> Result<u64, StorageError>;
}

/// A store that runs units of work.
pub trait Storage: fmt::Debug + Send + Sync {
    /// Runs `work` at most once inside one transaction and then calls `done` exactly once.
    ///
    /// `done` runs after the commit is durable or the rollback is complete, on a thread of the backend, and must
    /// not block. A refused submission (full queue, stopped store) calls `done` with the error and drops `work` unrun.
    fn submit(&self, work: Work, done: Done);

    /// Reads the entries of a status list beside the units of work and then calls `done` exactly once.
    ///
    /// The answer holds everything that was durable when the call was made, whichever process wrote it. Readers do not
    /// wait for units of work, nor units of work for readers. `done` runs on a thread of the backend and must not block.
    /// An unknown list has no entries.
    fn status_entries(&self, uri: &StatusListUri, done: StatusEntriesDone);

    /// Runs a work that only asks beside the units of work and then calls `done` exactly once.
    ///
    /// Every question of the work is answered with everything that was durable when the call was made, whichever process
    /// wrote it. Such works wait for each other, never for units of work, and units of work never for them. What the work
    /// tries to change is refused or undone. `done` runs on a thread of the backend and must not block. Callers use
    /// `read`, which cannot change anything.
    fn submit_beside(&self, work: Work, done: Done);

    /// Reports whether the store accepts work, for `/readyz`.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the store has stopped.
    fn ready(&self) -> Result<(), StorageError>;
}

type Slot<T, E> = Arc<Mutex<Option<Result<T, E>>>>;

impl dyn Storage + '_ {
    /// Runs `work` in one transaction and answers once its end is durable.
    ///
    /// Dropping the future does not stop a work that has been submitted.
    ///
    /// # Errors
    /// The outer error says that nothing happened, except [`StorageError::Undecided`]; the inner one is the work's own
    /// refusal.
    pub async fn execute<T, E, W>(&self, work: W) -> Result<Result<T, E>, StorageError>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: FnOnce(&mut dyn UnitOfWork) -> Result<Outcome<T, E>, StorageError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        self.submit_with(work, move |answer| drop(sender.send(answer)));
        // A store that breaks its word and never answers leaves the end open.
        receiver.await.map_err(StorageError::undecided)?
    }

    /// Reads the entries of a status list as [`Storage::status_entries`] does.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn read_status_entries(&self, uri: &StatusListUri) -> Result<Vec<(u32, u8)>, StorageError> {
        let (sender, receiver) = oneshot::channel();
        self.status_entries(uri, Box::new(move |answer| drop(sender.send(answer))));
        receiver.await.map_err(StorageError::unavailable)?
    }

    /// Answers questions beside the units of work as [`Storage::submit_beside`] does.
    ///
    /// # Errors
    /// What the questions answer, or that the store fails.
    pub async fn read<T, R>(&self, questions: R) -> Result<T, StorageError>
    where
        T: Send + 'static,
        R: FnOnce(&mut Reading<'_>) -> Result<T, StorageError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let slot: Arc<Mutex<Option<T>>> = Arc::default();
        let filled = Arc::clone(&slot);
        let work: Work = Box::new(move |unit| {
            let value = questions(&mut Reading::new(unit))?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(End::RejectRollback)
        });
        let done: Done = Box::new(move |end| {
            let value = filled.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(sender.send(end.and_then(|_| value.ok_or_else(|| StorageError::unavailable("nothing was read")))));
        });
        self.submit_beside(work, done);
        receiver.await.map_err(StorageError::unavailable)?
    }

    /// Returns how many indexes of a status list are taken, read beside the units of work; 0 when there is no such list.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn read_status_list_used(&self, uri: &StatusListUri) -> Result<u64, StorageError> {
        let uri = uri.clone();
        self.read(move |reading| reading.status_list_used(&uri)).await
    }

    /// Purges until nothing is left to forget, each batch in a unit of work of its own, and returns how many in all.
    ///
    /// `purge` forgets at most [`PURGE_BATCH`] records of a kind and returns how many.
    ///
    /// # Errors
    /// The first failure; what was forgotten before stays forgotten.
    pub async fn purge_all<P>(&self, purge: P) -> Result<u64, StorageError>
    where
        P: Fn(&mut dyn UnitOfWork) -> Result<u64, StorageError> + Clone + Send + 'static,
    {
        let mut purged = 0_u64;
        loop {
            let batch = purge.clone();
            let answer = self.execute(move |unit| batch(unit).map(Outcome::<u64, StorageError>::Commit));
            match answer.await?? {
                0 => return Ok(purged),
                count => purged = purged.saturating_add(count),
            }
        }
    }

    /// Runs `work` like `execute` and blocks the calling thread: for jobs, the command line and tests.
    ///
    /// # Errors
    /// The outer error says that nothing happened, except [`StorageError::Undecided`]; the inner one is the work's own
    /// refusal.
    pub fn execute_blocking<T, E, W>(&self, work: W) -> Result<Result<T, E>, StorageError>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: FnOnce(&mut dyn UnitOfWork) -> Result<Outcome<T, E>, StorageError> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.submit_with(work, move |answer| drop(sender.send(answer)));
        receiver.recv().map_err(StorageError::undecided)?
    }

    fn submit_with<T, E, W, D>(&self, work: W, done: D)
    where
        T: Send + 'static,
        E: Send + 'static,
        W: FnOnce(&mut dyn UnitOfWork) -> Result<Outcome<T, E>, StorageError> + Send + 'static,
        D: FnOnce(Result<Result<T, E>, StorageError>) + Send + 'static,
    {
        let slot: Slot<T, E> = Arc::default();
        let filled = Arc::clone(&slot);
        let work: Work = Box::new(move |unit| {
            let (end, value) = work(unit)?.split();
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(end)
        });
        let done: Done = Box::new(move |end| {
            let value = filled.lock().unwrap_or_else(PoisonError::into_inner).take();
            done(end.and_then(|_| value.ok_or_else(|| StorageError::unavailable("work was not run"))));
        });
        self.submit(work, done);
    }
}
