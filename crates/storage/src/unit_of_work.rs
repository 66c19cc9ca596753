//! The store and the unit of work inside it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

use crate::{
    AccessTokenRepository, AuditRepository, AuthorizationCodeRepository, CardSessionRepository, IssuanceRepository,
    PreAuthorizedCodeRepository, PresentationRepository, PublishedListRepository, SingleUseRepository,
    StatusListRepository, StorageError, TrustMemoryRepository,
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

/// What a backend calls once the end of a work, or the reason why it has not happened, is final.
pub type Done = Box<dyn FnOnce(Result<End, StorageError>) + Send>;

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
}

/// A store that runs units of work.
pub trait Storage: fmt::Debug + Send + Sync {
    /// Runs `work` at most once inside one transaction and then calls `done` exactly once.
    ///
    /// `done` runs after the commit is durable or the rollback is complete, on a thread of the backend, and must
    /// not block. A refused submission (full queue, stopped store) calls `done` with the error and drops `work` unrun.
    fn submit(&self, work: Work, done: Done);

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
    /// The outer error says that nothing happened; the inner one is the work's own refusal.
    pub async fn execute<T, E, W>(&self, work: W) -> Result<Result<T, E>, StorageError>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: FnOnce(&mut dyn UnitOfWork) -> Result<Outcome<T, E>, StorageError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        self.submit_with(work, move |answer| drop(sender.send(answer)));
        receiver.await.map_err(StorageError::unavailable)?
    }

    /// Runs `work` like `execute` and blocks the calling thread: for jobs, the command line and tests.
    ///
    /// # Errors
    /// The outer error says that nothing happened; the inner one is the work's own refusal.
    pub fn execute_blocking<T, E, W>(&self, work: W) -> Result<Result<T, E>, StorageError>
    where
        T: Send + 'static,
        E: Send + 'static,
        W: FnOnce(&mut dyn UnitOfWork) -> Result<Outcome<T, E>, StorageError> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.submit_with(work, move |answer| drop(sender.send(answer)));
        receiver.recv().map_err(StorageError::unavailable)?
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
