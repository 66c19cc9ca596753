//! What the endpoints of the management port share: whose key it is, and how an answer is made.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use mahfada_storage::{Outcome, StorageError, UnitOfWork};
use mahfada_web::body::{BodyError, read_body_as};
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::{Problem, ProblemCode};
use mahfada_web::protocol;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::credential_issuer::CredentialIssuer;
use crate::fault::Fault;

/// The most bytes of a request; the longest holds a reference of a subject.
const MAX_BODY: usize = 16 * 1024;

/// Returns the credential issuer that the caller's key is for.
pub(super) fn caller<'a>(app: &'a App, request: &HttpRequest) -> Result<&'a CredentialIssuer, Problem> {
    let tenant = app.api_keys.tenant(request)?;
    app.issuer(tenant).ok_or_else(Problem::not_found)
}

/// Reads a JSON body; what is wrong with it is said by place, never by value.
pub(super) async fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: actix_web::web::Payload,
) -> Result<T, Problem> {
    let body = read_body_as(request, payload, "application/json", MAX_BODY)
        .await
        .map_err(|error: BodyError| Problem::from(error))?;
    mahfada_base::json::from_slice(&body)
        .map_err(|error| Problem::of(ProblemCode::Malformed).with_detail(error.to_string()))
}

/// Runs a work that only reads.
pub(super) async fn look<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, StorageError> + Send + 'static,
) -> Result<T, Problem> {
    let answer = app
        .storage
        .execute(|unit| work(unit).map(Outcome::<T, StorageError>::Commit))
        .await;
    answer
        .and_then(|found| found)
        .map_err(|error| Fault::from(error).to_problem())
}

/// Makes the answer.
pub(super) fn answer(status: StatusCode, result: Result<impl Serialize, Problem>) -> HttpResponse {
    match result {
        Ok(body) => protocol::json(status, &body),
        Err(problem) => problem.to_response(),
    }
}
