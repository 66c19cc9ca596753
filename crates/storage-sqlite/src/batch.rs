//! One transaction for all works that wait: each in its savepoint, one commit, then the answers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mahfada_storage::{Done, End, StorageError, Work};
use rusqlite::Connection;

use crate::error::{from_sqlite, is_survivable};
use crate::unit::SqliteUnit;

/// A work and whom to tell.
pub(crate) struct Job {
    pub(crate) work: Work,
    pub(crate) done: Done,
}

/// Whether the store may go on.
#[derive(Clone, Debug)]
pub(crate) enum Health {
    /// It may.
    Good,
    /// What the disk holds is not known.
    Lost(StorageError),
}

/// Runs all jobs in one transaction and answers each after the commit, or each with the error that prevented it.
pub(crate) fn run(connection: &Connection, jobs: Vec<Job>) -> Health {
    let (works, dones): (Vec<Work>, Vec<Done>) = jobs.into_iter().map(|job| (job.work, job.done)).unzip();
    let (answers, health) = transact(connection, works);
    match answers {
        Ok(answers) => dones
            .into_iter()
            .zip(answers)
            .for_each(|(done, answer)| tell(done, answer)),
        Err(error) => dones.into_iter().for_each(|done| tell(done, Err(error.clone()))),
    }
    health
}

/// Runs one work outside any transaction, on a connection that refuses to write, and answers.
pub(crate) fn answer_beside(connection: &Connection, job: Job) {
    tell(job.done, run_work(connection, job.work));
}

type Answer = Result<End, StorageError>;

fn transact(connection: &Connection, works: Vec<Work>) -> (Result<Vec<Answer>, StorageError>, Health) {
    if let Err(error) = execute(connection, "BEGIN IMMEDIATE") {
        return (Err(error), Health::Good);
    }
    let answers = works
        .into_iter()
        .map(|work| run_in_savepoint(connection, work))
        .collect();
    let answers: Vec<Answer> = match answers {
        Ok(answers) => answers,
        Err(error) => {
            let health = abandon(connection);
            return (Err(error), health);
        }
    };
    match execute(connection, "COMMIT") {
        Ok(()) => (Ok(answers), Health::Good),
        Err(error) => {
            let health = abandon(connection);
            if is_survivable(&error) {
                (Err(error), health)
            } else {
                // The sync may have failed before or after the commit reached the disk.
                (Err(StorageError::undecided(error.clone())), Health::Lost(error))
            }
        }
    }
}

/// Runs one work; the outer error means that the whole transaction is gone.
fn run_in_savepoint(connection: &Connection, work: Work) -> Result<Answer, StorageError> {
    execute(connection, "SAVEPOINT work")?;
    let answer = run_work(connection, work);
    // A full disk or an I/O error may have rolled back everything, the other works included.
    if connection.is_autocommit() {
        let ended = || StorageError::unavailable("the transaction ended inside a work");
        return Err(answer.err().unwrap_or_else(ended));
    }
    if !matches!(answer, Ok(End::Commit | End::RejectCommit)) {
        execute(connection, "ROLLBACK TO work")?;
    }
    execute(connection, "RELEASE work")?;
    Ok(answer)
}

fn run_work(connection: &Connection, work: Work) -> Answer {
    let mut unit = SqliteUnit::new(connection);
    catch_unwind(AssertUnwindSafe(|| work(&mut unit)))
        .unwrap_or_else(|_| Err(StorageError::unavailable("the unit of work panicked")))
}

fn abandon(connection: &Connection) -> Health {
    if connection.is_autocommit() {
        return Health::Good;
    }
    match execute(connection, "ROLLBACK") {
        Ok(()) => Health::Good,
        Err(error) => Health::Lost(error),
    }
}

fn tell(done: Done, answer: Answer) {
    if catch_unwind(AssertUnwindSafe(|| done(answer))).is_err() {
        tracing::error!("the receiver of a storage answer panicked");
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<(), StorageError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    statement.execute([]).map(drop).map_err(from_sqlite)
}
