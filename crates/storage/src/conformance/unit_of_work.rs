//! Works end in three ways, and no other way leaves a trace (decision D6).

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll, Wake, Waker};

use mahfada_base::UnixTime;

use super::issuance::issue;
use super::run;
use super::sample::{self, LATER, digest, hash, issuance_id};
use crate::{
    AccessToken, AuthorizationCode, CardSession, EventSequence, Outcome, PURGE_BATCH, PreAuthorizedCode, SingleUseKind,
    Storage, StorageError,
};

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

/// Waits for a future on this thread, without any runtime.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let (sender, woken) = channel();
    let waker = Waker::from(Arc::new(Signal(sender)));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => break answer,
            Poll::Pending => drop(woken.recv()),
        }
    }
}

/// The future of a work completes without any runtime.
pub fn answers_async_callers(storage: &dyn Storage) {
    let answer = block_on(storage.execute(|unit| {
        unit.trust_memory().put("key", "1")?;
        Ok(Outcome::<u8, u8>::Commit(7))
    }));
    assert!(matches!(answer, Ok(Ok(7))), "{answer:?}");
    assert_eq!(value(storage).as_deref(), Some("1"));
}

fn purge(storage: &dyn Storage, until: UnixTime) -> u64 {
    run(storage, move |unit| unit.purge_expired(until))
}

/// Adds one of everything that ends.
fn add_all(storage: &dyn Storage, number: u32, expires_at: UnixTime) {
    run(storage, move |unit| {
        unit.single_use()
            .consume(SingleUseKind::CNonce, &digest(number), expires_at)?;
        unit.card_sessions().add(&CardSession {
            expires_at,
            ..sample::card_session(number)
        })?;
        unit.pre_authorized_codes().add(&PreAuthorizedCode {
            expires_at,
            ..sample::pre_authorized_code(number)
        })?;
        unit.authorization_codes().add(&AuthorizationCode {
            expires_at,
            ..sample::authorization_code(number)
        })?;
        unit.access_tokens().add(&AccessToken {
            expires_at,
            ..sample::access_token(number)
        })
    });
}

/// Tells what is left of what [`add_all`] added.
fn left(storage: &dyn Storage, number: u32) -> [bool; 5] {
    run(storage, move |unit| {
        Ok([
            !unit
                .single_use()
                .consume(SingleUseKind::CNonce, &digest(number), LATER)?,
            unit.card_sessions().lookup(&hash(number))?.is_some(),
            unit.pre_authorized_codes().lookup(&hash(number))?.is_some(),
            unit.authorization_codes().lookup(&hash(number))?.is_some(),
            unit.access_tokens().lookup(&hash(number))?.is_some(),
        ])
    })
}

/// Purging takes what ended before the time, of every kind, and nothing else.
pub fn forgets_what_has_ended(storage: &dyn Storage) {
    let early = LATER.minus(10);
    add_all(storage, 1, early);
    add_all(storage, 2, LATER);
    assert_eq!(purge(storage, early), 0);
    assert_eq!(purge(storage, LATER), 5);
    assert_eq!(left(storage, 1), [false; 5]);
    assert_eq!(left(storage, 2), [true; 5]);
}

/// A purge forgets a bounded number of all kinds together; all of it goes unit by unit.
pub fn purges_in_batches(storage: &dyn Storage) {
    let add = |numbers: std::ops::Range<u32>| {
        run(storage, move |unit| {
            numbers.into_iter().try_for_each(|number| {
                let end = LATER.minus(1);
                unit.single_use().consume(SingleUseKind::CNonce, &digest(number), end)?;
                unit.card_sessions().add(&CardSession {
                    expires_at: end,
                    ..sample::card_session(number)
                })?;
                unit.pre_authorized_codes().add(&PreAuthorizedCode {
                    expires_at: end,
                    ..sample::pre_authorized_code(number)
                })?;
                unit.authorization_codes().add(&AuthorizationCode {
                    expires_at: end,
                    ..sample::authorization_code(number)
                })?;
                unit.access_tokens().add(&AccessToken {
                    expires_at: end,
                    ..sample::access_token(number)
                })
            })
        });
    };
    add(0..200);
    assert_eq!(purge(storage, LATER), u64::from(PURGE_BATCH));
    let rest = block_on(storage.purge_all(|unit| unit.purge_expired(LATER)));
    assert_eq!(rest.ok(), Some(1_000 - u64::from(PURGE_BATCH)));
    assert_eq!([left(storage, 0), left(storage, 199)], [[false; 5]; 2]);
}

/// Questions beside the units of work are answered with what is committed.
pub fn answers_questions_beside(storage: &dyn Storage) {
    run(storage, |unit| {
        unit.status_lists().create(&sample::status_list(1))?;
        unit.status_lists().allocate(&sample::list_uri(1), &[5])?;
        unit.presentations().add(&sample::presentation(1))?;
        unit.events().append(&sample::event(1, 1), &[sample::endpoint(1)])
    });
    let used = |number| block_on(storage.read_status_list_used(&sample::list_uri(number)));
    assert_eq!([used(1).ok(), used(2).ok()], [Some(1), Some(0)]);
    let counts = block_on(storage.read(|reading| {
        let due = reading.webhook_is_due(&[], LATER)?;
        Ok((
            reading.open_presentations(LATER.minus(1))?,
            reading.webhook_backlog()?,
            due,
        ))
    }));
    assert_eq!(counts.ok(), Some((1, 1, true)));
    let events = block_on(storage.read(|reading| {
        let latest = reading.latest_event(&sample::tenant(1))?;
        Ok((latest, reading.events_after(&sample::tenant(1), None, 10)?.len()))
    }));
    assert_eq!(events.ok(), Some((Some(EventSequence::new(1)), 1)));
    let failed = block_on(storage.read(|_| Err::<(), _>(StorageError::Conflict)));
    assert_eq!(failed.err().map(|error| error.code()), Some("storage_conflict"));
}

/// What is asked beside the units of work changes nothing, whatever it tries.
pub fn changes_nothing_beside(storage: &dyn Storage) {
    let (sender, receiver) = channel();
    let done = move |answer: Result<crate::End, StorageError>| sender.send(answer.is_ok()).unwrap_or(());
    let work = |unit: &mut dyn crate::UnitOfWork| {
        unit.trust_memory().put("key", "1")?;
        Ok(crate::End::Commit)
    };
    storage.submit_beside(Box::new(work), Box::new(done));
    assert_eq!(receiver.recv().map(drop), Ok(()));
    assert_eq!(value(storage), None);
}

/// A redeemed authorization code stays with its token, and a token with the offer's code that names it.
pub fn keeps_what_another_record_leads_to(storage: &dyn Storage) {
    let early = LATER.minus(10);
    run(storage, move |unit| {
        issue(unit, 1, &[5])?;
        unit.authorization_codes().add(&AuthorizationCode {
            expires_at: early,
            ..sample::authorization_code(1)
        })?;
        unit.authorization_codes().redeem(&hash(1), &hash(1))?;
        unit.access_tokens().add(&sample::access_token(1))?;
        unit.pre_authorized_codes().add(&sample::pre_authorized_code(2))?;
        unit.pre_authorized_codes().redeem_for(&hash(2), &hash(2))?;
        unit.access_tokens().add(&AccessToken {
            expires_at: early,
            ..sample::access_token(2)
        })?;
        unit.access_tokens().set_issuance(&hash(2), &issuance_id(1))
    });
    assert_eq!(purge(storage, LATER), 0);
    assert_eq!(purge(storage, LATER.plus(1)), 4);
}
