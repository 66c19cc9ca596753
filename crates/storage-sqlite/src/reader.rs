//! The thread that reads beside the writer, on a connection of its own.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use mahfada_storage::{Done, StatusEntriesDone, StatusListRepository, StatusListUri, StorageError, Work};
use rusqlite::Connection;

use crate::batch::{self, Job};
use crate::unit::SqliteUnit;

/// How many questions may wait; more are refused with `Busy`.
const QUEUE: usize = 4_096;

/// A list and whom to tell.
struct ListQuestion {
    uri: StatusListUri,
    done: StatusEntriesDone,
}

/// What is read.
enum Question {
    /// A status list; all who ask for the same one get one reading.
    List(ListQuestion),
    /// Whatever the work asks.
    Work(Job),
}

/// The handle of the reader thread.
pub(crate) struct Reader {
    queue: Option<SyncSender<Question>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

impl Reader {
    /// Starts the thread that owns the connection from now on.
    pub(crate) fn start(connection: Connection) -> Result<Self, StorageError> {
        let (queue, questions) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("storage-reader".to_owned())
            .spawn(move || answer_until_closed(&connection, &questions))
            .map_err(StorageError::unavailable)?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Puts the question for a list in the queue, or refuses it at once.
    pub(crate) fn ask(&self, uri: StatusListUri, done: StatusEntriesDone) {
        self.enqueue(Question::List(ListQuestion { uri, done }));
    }

    /// Puts a work that only asks in the queue, or refuses it at once.
    pub(crate) fn submit(&self, work: Work, done: Done) {
        self.enqueue(Question::Work(Job { work, done }));
    }

    fn enqueue(&self, question: Question) {
        let Some(queue) = &self.queue else {
            return question.refuse(stopped());
        };
        match queue.try_send(question) {
            Ok(()) => {}
            Err(TrySendError::Full(question)) => question.refuse(StorageError::Busy),
            Err(TrySendError::Disconnected(question)) => question.refuse(stopped()),
        }
    }

    /// Reports whether the thread still answers.
    pub(crate) fn ready(&self) -> Result<(), StorageError> {
        match &self.thread {
            Some(thread) if !thread.is_finished() => Ok(()),
            _ => Err(stopped()),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // An answer may hold the last handle: the thread does not wait for itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("the storage reader panicked");
            }
        }
    }
}

impl Question {
    fn refuse(self, error: StorageError) {
        match self {
            Self::List(question) => (question.done)(Err(error)),
            Self::Work(job) => (job.done)(Err(error)),
        }
    }
}

fn stopped() -> StorageError {
    StorageError::unavailable("the store has stopped")
}

fn answer_until_closed(connection: &Connection, questions: &Receiver<Question>) {
    while let Ok(first) = questions.recv() {
        let (mut waiting, works) = take_waiting(first, questions);
        while let Some(question) = waiting.pop() {
            let (same, others) = waiting.into_iter().partition(|other| other.uri == question.uri);
            waiting = others;
            answer(connection, &question.uri, question.done, same);
        }
        for job in works {
            batch::answer_beside(connection, job);
        }
    }
}

/// Takes what waits; all of it was asked before the read that answers it begins.
fn take_waiting(first: Question, questions: &Receiver<Question>) -> (Vec<ListQuestion>, Vec<Job>) {
    let (mut lists, mut works) = (Vec::new(), Vec::new());
    let mut next = Some(first);
    while let Some(question) = next {
        match question {
            Question::List(question) => lists.push(question),
            Question::Work(job) => works.push(job),
        }
        let is_full = lists.len().saturating_add(works.len()) >= QUEUE;
        next = if is_full { None } else { questions.try_recv().ok() };
    }
    (lists, works)
}

/// Reads a list once, in one transaction that sees every commit before it, for all who asked.
fn answer(connection: &Connection, uri: &StatusListUri, done: StatusEntriesDone, others: Vec<ListQuestion>) {
    let entries = SqliteUnit::new(connection).non_zero(uri);
    for other in others {
        tell(other.done, entries.clone());
    }
    tell(done, entries);
}

fn tell(done: StatusEntriesDone, entries: Result<Vec<(u32, u8)>, StorageError>) {
    if catch_unwind(AssertUnwindSafe(|| done(entries))).is_err() {
        tracing::error!("the receiver of a storage answer panicked");
    }
}
