//! Works end in three ways, and no other way leaves a trace (decision D6).

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll, Wake, Waker};

use super::run;
use crate::{Outcome, Storage, StorageError};

fn value(storage: &dyn Storage) -> Option<String> {
    run(storage, |unit| unit.trust_memory().get("key"))
}

/// What a granted work did is there.
pub fn keeps_what_is_committed(storage: &dyn Storage) {
    let answer: Result<Result<u8, u8>, StorageError> = storage.execute_blocking(|unit| {
        unit.trust_memory().put("key", "1")?;
        Ok(Outcome::Commit(7))
    });
    assert!(matches!(answer, Ok(Ok(7))), "{answer:?}");
    assert_eq!(value(storage).as_deref(), Some("1"));
}

/// What a refused work did is there when it must survive.
pub fn keeps_what_a_refusal_commits(storage: &dyn Storage) {
    let answer: Result<Result<u8, u8>, StorageError> = storage.execute_blocking(|unit| {
        unit.trust_memory().put("key", "1")?;
        Ok(Outcome::RejectCommit(8))
    });
    assert!(matches!(answer, Ok(Err(8))), "{answer:?}");
    assert_eq!(value(storage).as_deref(), Some("1"));
}

/// What a refused work did is gone otherwise.
pub fn drops_what_a_refusal_rolls_back(storage: &dyn Storage) {
    let answer: Result<Result<u8, u8>, StorageError> = storage.execute_blocking(|unit| {
        unit.trust_memory().put("key", "1")?;
        Ok(Outcome::RejectRollback(9))
    });
    assert!(matches!(answer, Ok(Err(9))), "{answer:?}");
    assert_eq!(value(storage), None);
}

/// What a failed work did is gone.
pub fn drops_what_an_error_rolls_back(storage: &dyn Storage) {
    let answer: Result<Result<u8, u8>, StorageError> = storage.execute_blocking(|unit| {
        unit.trust_memory().put("key", "1")?;
        Err(StorageError::Conflict)
    });
    assert!(matches!(answer, Err(StorageError::Conflict)), "{answer:?}");
    assert_eq!(value(storage), None);
}

/// A panic inside a work undoes that work alone, and the store goes on.
pub fn survives_a_panicking_work(storage: &dyn Storage) {
    let answer: Result<Result<u8, u8>, StorageError> = storage.execute_blocking(|unit| {
        unit.trust_memory().put("key", "1")?;
        std::panic::resume_unwind(Box::new("broken work"))
    });
    assert!(matches!(answer, Err(StorageError::Unavailable(_))), "{answer:?}");
    assert_eq!(value(storage), None);
    assert_eq!(storage.ready().err().map(|error| error.code()), None);
}

/// Works that fail among works that succeed change nothing for them.
pub fn isolates_a_failed_work_from_its_neighbours(storage: &dyn Storage) {
    let (sender, receiver) = channel();
    for number in 0..200_u32 {
        submit_one(storage, number, sender.clone());
    }
    drop(sender);
    assert_eq!(receiver.iter().filter(|committed| *committed).count(), 100);
    for number in 0..200_u32 {
        let found = run(storage, move |unit| unit.trust_memory().get(&format!("key-{number}")));
        assert_eq!(found.is_some(), number.is_multiple_of(2), "{number}");
    }
}

fn submit_one(storage: &dyn Storage, number: u32, sender: Sender<bool>) {
    let work = move |unit: &mut dyn crate::UnitOfWork| {
        unit.trust_memory().put(&format!("key-{number}"), "1")?;
        if number.is_multiple_of(2) {
            Ok(crate::End::Commit)
        } else {
            Err(StorageError::Conflict)
        }
    };
    storage.submit(
        Box::new(work),
        Box::new(move |answer| sender.send(answer.is_ok()).unwrap_or(())),
    );
}

struct Signal(Sender<()>);

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.0.send(()).unwrap_or(());
    }
}

/// The future of a work completes without any runtime.
pub fn answers_async_callers(storage: &dyn Storage) {
    let (sender, woken) = channel();
    let waker = Waker::from(Arc::new(Signal(sender)));
    let mut future = pin!(storage.execute(|unit| {
        unit.trust_memory().put("key", "1")?;
        Ok(Outcome::<u8, u8>::Commit(7))
    }));
    let answer = loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => break answer,
            Poll::Pending => drop(woken.recv()),
        }
    };
    assert!(matches!(answer, Ok(Ok(7))), "{answer:?}");
    assert_eq!(value(storage).as_deref(), Some("1"));
}
