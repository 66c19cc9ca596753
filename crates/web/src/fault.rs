//! What goes wrong on our side; the peer learns no more than that.

use std::error::Error;

use mahfada_oauth2::{ErrorCode, OAuthError};
use mahfada_storage::StorageError;

use crate::problem::Problem;

/// A failure that is the service's own. It is logged once, by the conversion into an answer.
pub trait Fault: Error + Sized {
    /// Returns the stable code for the log.
    fn code(&self) -> &'static str;

    /// Tells whether asking again may help.
    fn is_passing(&self) -> bool;

    /// Logs the failure and returns what an OAuth endpoint answers.
    fn to_oauth(&self) -> OAuthError {
        log(self);
        OAuthError::new(if self.is_passing() {
            ErrorCode::TemporarilyUnavailable
        } else {
            ErrorCode::ServerError
        })
    }

    /// Logs the failure and returns what the management port answers; the code of a lasting failure stays in the log.
    fn to_problem(&self) -> Problem {
        log(self);
        if self.is_passing() {
            return Problem::unavailable(self.code());
        }
        Problem::internal()
    }
}

/// Tells whether the store may do the same work when it is asked again; of an undecided one it may find the trace then.
#[must_use]
pub const fn is_passing(error: &StorageError) -> bool {
    matches!(
        error,
        StorageError::Busy | StorageError::Full | StorageError::Unavailable(_) | StorageError::Undecided(_)
    )
}

/// Writes an error and its causes on one line; none of ours carries personal data.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn log(fault: &impl Fault) {
    let detail = chain(fault);
    tracing::error!(code = fault.code(), %detail, "request failed on our side");
}

impl Fault for StorageError {
    fn code(&self) -> &'static str {
        self.code()
    }

    fn is_passing(&self) -> bool {
        is_passing(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Sample {
        #[error("the store failed")]
        Storage(#[from] StorageError),
        #[error("a value could not be sealed")]
        Seal,
    }

    impl Fault for Sample {
        fn code(&self) -> &'static str {
            match self {
                Self::Storage(error) => error.code(),
                Self::Seal => "sealed_value",
            }
        }

        fn is_passing(&self) -> bool {
            matches!(self, Self::Storage(error) if is_passing(error))
        }
    }

    fn answers(fault: &Sample) -> (u16, String, ErrorCode) {
        let problem = fault.to_problem();
        (
            problem.status.as_u16(),
            problem.code.into_owned(),
            fault.to_oauth().error,
        )
    }

    #[test]
    fn a_passing_failure_asks_to_come_again() {
        for (error, code) in [
            (StorageError::Busy, "storage_busy"),
            (StorageError::Full, "storage_full"),
            (StorageError::unavailable("disk gone"), "storage_unavailable"),
            (StorageError::undecided("sync failed"), "storage_undecided"),
        ] {
            let expected = (503, code.to_owned(), ErrorCode::TemporarilyUnavailable);
            assert_eq!(answers(&error.into()), expected);
        }
    }

    #[test]
    fn a_lasting_failure_says_nothing_of_its_reason() {
        let lasting = (500, "internal".to_owned(), ErrorCode::ServerError);
        assert_eq!(answers(&Sample::Seal), lasting);
        assert_eq!(answers(&StorageError::Conflict.into()), lasting);
        assert_eq!(answers(&StorageError::Irreversible.into()), lasting);
    }

    #[test]
    fn a_chain_names_every_cause() {
        let fault = Sample::Storage(StorageError::unavailable("disk gone"));
        let text = chain(&fault);
        assert!(
            text.starts_with("the store failed: ") && text.ends_with(": disk gone"),
            "{text}"
        );
    }
}
