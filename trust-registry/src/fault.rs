//! How a publication that failed is answered: the officer has to know what to do about it.

use mahfada_trust::ListError;
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::{Problem, ProblemCode};

use crate::registry::PublishError;

/// Makes the answer; the causes are in the log already.
pub(crate) fn publish_problem(error: &PublishError) -> Problem {
    match error {
        PublishError::Sign(_) => Problem::of(ProblemCode::ListSign),
        PublishError::Refused(ListError::RootExpired) => Problem::of(ProblemCode::RootExpired),
        PublishError::Refused(ListError::Signer(_) | ListError::SignerName) => Problem::of(ProblemCode::ListSigner),
        PublishError::Refused(refused) => Problem::of(ProblemCode::ListRefused).with_check(refused.code()),
        PublishError::RootSuperseded => Problem::of(ProblemCode::RootSuperseded),
        PublishError::Storage(error) => error.to_problem(),
    }
}

#[cfg(test)]
mod tests {
    use mahfada_storage::StorageError;

    use super::*;

    #[test]
    fn every_failure_has_a_row_of_the_table() {
        for (error, code) in [
            (PublishError::Refused(ListError::RootExpired), "root_expired"),
            (PublishError::Refused(ListError::Signer(None)), "list_signer"),
            (PublishError::Refused(ListError::SignerName), "list_signer"),
            (PublishError::Refused(ListError::Rollback), "list_refused"),
            (PublishError::RootSuperseded, "root_superseded"),
            (PublishError::Storage(StorageError::Full), "storage_full"),
            (PublishError::Storage(StorageError::Irreversible), "internal"),
        ] {
            let problem = publish_problem(&error);
            assert_eq!(problem.code, code);
            assert!(problem.texts().is_some() && problem.status.is_server_error(), "{code}");
        }
        let refused = publish_problem(&PublishError::Refused(ListError::Rollback));
        assert_eq!(refused.check.as_deref(), Some("list_rollback"));
    }
}
