//! `GET /v1/issuances` and `GET /v1/issuances/{id}`: what an operator sees of what was issued.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_storage::{Issuance, IssuanceId, IssuanceState};
use mahfada_web::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::management::{answer, caller, look};
use crate::app::App;

/// The most issuances in one answer.
const PAGE: u32 = 100;

/// One credential as it was issued, in one or more copies. It says nothing about the person.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuanceView {
    /// The id of the issuance.
    #[schema(example = "hTn1w0e9Vb5o8mY2qkXrD3zJc7LfUaPs6GiKtN4MxQE")]
    issuance_id: String,
    /// The credential.
    #[schema(example = "cnss-rights")]
    credential_configuration_id: String,
    /// The day of issuance, as its first second since 1970.
    #[schema(value_type = i64, example = 1_795_305_600)]
    issued_on: UnixTime,
    /// The status of every copy.
    state: StateName,
    /// How many copies were issued.
    #[schema(example = 10)]
    copies: usize,
}

/// The status of an issuance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateName {
    /// Valid.
    Valid,
    /// Suspended: it may be reinstated.
    Suspended,
    /// Revoked, for ever.
    Revoked,
}

impl From<&Issuance> for IssuanceView {
    fn from(issuance: &Issuance) -> Self {
        Self {
            issuance_id: issuance.id.to_string(),
            credential_configuration_id: issuance.configuration_id.to_string(),
            issued_on: issuance.issued_on,
            state: match issuance.state {
                IssuanceState::Valid => StateName::Valid,
                IssuanceState::Suspended => StateName::Suspended,
                IssuanceState::Revoked => StateName::Revoked,
            },
            copies: issuance.copies.len(),
        }
    }
}

/// Lists the newest issuances
///
/// At most a hundred, the newest first, of the credential issuer that the API key is for.
#[utoipa::path(
    get,
    path = "/v1/issuances",
    operation_id = "listIssuances",
    tag = "issuances",
    responses(
        (status = 200, description = "The newest issuances.", body = [IssuanceView]),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`storage_busy` or `storage_unavailable`: try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(app: Data<App>, request: HttpRequest) -> HttpResponse {
    answer(StatusCode::OK, newest(&app, &request).await)
}

/// Shows an issuance
#[utoipa::path(
    get,
    path = "/v1/issuances/{id}",
    operation_id = "showIssuance",
    tag = "issuances",
    params(("id" = String, Path, description = "The `issuance_id`.")),
    responses(
        (status = 200, description = "The issuance.", body = IssuanceView),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: no such issuance, or another agency's.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`storage_busy` or `storage_unavailable`: try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(app: Data<App>, id: Path<String>, request: HttpRequest) -> HttpResponse {
    answer(StatusCode::OK, show(&app, id.into_inner(), &request).await)
}

async fn newest(app: &App, request: &HttpRequest) -> Result<Vec<IssuanceView>, Problem> {
    let issuer = caller(app, request)?.id();
    let issuances = look(app, move |unit| unit.issuances().list_by_issuer(&issuer, PAGE)).await?;
    Ok(issuances.iter().map(IssuanceView::from).collect())
}

async fn show(app: &App, id: String, request: &HttpRequest) -> Result<IssuanceView, Problem> {
    let issuer = caller(app, request)?.id();
    let id = IssuanceId::new(id);
    look(app, move |unit| unit.issuances().lookup(&id))
        .await?
        // TS-08: another agency's issuance is as good as none.
        .filter(|issuance| issuance.issuer == issuer)
        .as_ref()
        .map(IssuanceView::from)
        .ok_or_else(Problem::not_found)
}
