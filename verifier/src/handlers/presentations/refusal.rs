//! Why the management port refuses, as problems with the place that is at fault.

use mahfada_base::json::JsonError;
use mahfada_web::body::BodyError;
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::{Problem, ProblemCode};

use super::MAX_PURPOSE;
use crate::fault::Fault;
use crate::question::{self, QuestionError, RegistrationRefusal};

#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("not authorized")]
    Unauthorized(Problem),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("not a presentation request")]
    Malformed(#[source] JsonError),
    #[error("exactly one of query and saved_query is needed")]
    NotOneQuery,
    #[error("the agency has no saved query of this name")]
    UnknownSavedQuery,
    #[error("not a query that can be asked")]
    Question {
        #[source]
        error: QuestionError,
        path: String,
    },
    #[error("the purpose is longer than {MAX_PURPOSE} characters")]
    Purpose,
    #[error("the agency is not registered to ask this")]
    Registration {
        #[source]
        refusal: RegistrationRefusal,
        path: Option<String>,
    },
    #[error("no such presentation")]
    NotFound,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Refusal {
    pub(super) fn to_problem(&self) -> Problem {
        match self {
            Self::Unauthorized(problem) => problem.clone(),
            Self::Body(error) => Problem::from(*error),
            Self::Malformed(error) => Problem::of(ProblemCode::Malformed).with_detail(error.to_string()),
            Self::NotOneQuery => Problem::of(ProblemCode::Malformed)
                .with_detail(self.to_string())
                .with_path("$.query"),
            Self::UnknownSavedQuery => Problem::of(ProblemCode::UnknownSavedQuery).with_path("$.saved_query"),
            Self::Question { error, path } => of_question(error).with_path(&**path),
            Self::Purpose => Problem::of(ProblemCode::Purpose)
                .with_detail(self.to_string())
                .with_path("$.purpose"),
            Self::Registration { refusal, path } => of_registration(refusal, path.as_deref()),
            Self::NotFound => Problem::not_found(),
            Self::Fault(fault) => fault.to_problem(),
        }
    }
}

fn of_question(error: &QuestionError) -> Problem {
    let code = match error {
        QuestionError::Query(_) => ProblemCode::InvalidQuery,
        QuestionError::Format(_) => ProblemCode::VpFormatsNotSupported,
    };
    Problem::of(code).with_detail(error.to_string()).with_check("query")
}

fn of_registration(refusal: &RegistrationRefusal, path: Option<&str>) -> Problem {
    let problem = match refusal {
        RegistrationRefusal::Registration(error) => {
            let code = ProblemCode::from_name(error.code()).unwrap_or(ProblemCode::RegistrationMalformed);
            Problem::of(code).with_detail(error.to_string())
        }
        // TV-37
        RegistrationRefusal::Excess(excess) => {
            Problem::of(ProblemCode::PurposeNotRegistered).with_detail(question::describe(excess))
        }
    };
    let problem = problem.with_check("registration");
    match path {
        Some(path) => problem.with_path(path),
        None => problem,
    }
}
