//! `GET /v1/offers/{id}` and `GET /v1/offers/{id}/qr`: what became of an offer, and its link as an image.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_storage::{CodeState, IssuanceId, OfferId, PreAuthorizedCode, UnitOfWork};
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::{Problem, ProblemCode};
use mahfada_web::qr;
use serde::Serialize;
use utoipa::ToSchema;

use super::management::{answer, caller, look};
use crate::app::App;
use crate::credential_issuer::CredentialIssuer;
use crate::fault::Fault;
use crate::issuance::offer;

/// An offer as the agency that made it sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfferView {
    /// The id of the offer.
    #[schema(example = "u0Xn2PpQ0eZkqVb6cJ1x8A")]
    offer_id: String,
    /// The credential on offer.
    #[schema(example = "cnss-rights")]
    credential_configuration_id: String,
    /// What became of the offer.
    state: OfferState,
    /// How many wrong transaction codes were sent; the fifth burns the offer.
    #[schema(example = 0)]
    wrong_tx_codes: u8,
    /// When an open offer ends, in seconds since 1970.
    #[schema(value_type = i64, example = 1_795_349_400)]
    expires_at: UnixTime,
    /// The issuance that the offer led to.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuance_id: Option<String>,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OfferState {
    /// It waits for its wallet.
    Open,
    /// A wallet redeemed it.
    Redeemed,
    /// Wrong transaction codes burnt it.
    Burnt,
    /// It ended before a wallet redeemed it.
    Expired,
}

/// Shows an offer
///
/// Offers are kept for a day after their end.
#[utoipa::path(
    get,
    path = "/v1/offers/{id}",
    operation_id = "showOffer",
    tag = "offers",
    params(("id" = String, Path, description = "The `offer_id`.")),
    responses(
        (status = 200, description = "The offer.", body = OfferView),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: no such offer, or another agency's.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`storage_busy` or `storage_unavailable`: try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(app: Data<App>, id: Path<String>, request: HttpRequest) -> HttpResponse {
    answer(StatusCode::OK, show(&app, id.into_inner(), &request).await)
}

/// Draws the link of an open offer
///
/// Whoever reads the image can fetch the offer, so it is shown to the citizen and not kept.
#[utoipa::path(
    get,
    path = "/v1/offers/{id}/qr",
    operation_id = "drawOffer",
    tag = "offers",
    params(("id" = String, Path, description = "The `offer_id`.")),
    responses(
        (status = 200, description = "A QR code of the short link, an SVG image.", body = String, content_type = "image/svg+xml"),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: no such offer, or another agency's.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`state_conflict`: the offer is no longer open.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`storage_busy` or `storage_unavailable`: try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_qr(app: Data<App>, id: Path<String>, request: HttpRequest) -> HttpResponse {
    match draw(&app, id.into_inner(), &request).await {
        Ok(svg) => HttpResponse::Ok()
            .insert_header(("content-type", "image/svg+xml"))
            .insert_header(("cache-control", "no-store"))
            .body(svg),
        Err(problem) => problem.to_response(),
    }
}

async fn show(app: &App, id: String, request: &HttpRequest) -> Result<OfferView, Problem> {
    let issuer = caller(app, request)?;
    let (code, issuance) = find(app, issuer, OfferId::new(id)).await?;
    Ok(OfferView {
        offer_id: code.offer_id.to_string(),
        credential_configuration_id: code.configuration_id.to_string(),
        state: state(&code, app.clock.now()),
        wrong_tx_codes: code.wrong_tx_codes,
        expires_at: code.expires_at,
        issuance_id: issuance.map(|id| id.to_string()),
    })
}

async fn draw(app: &App, id: String, request: &HttpRequest) -> Result<String, Problem> {
    let issuer = caller(app, request)?;
    let (code, _) = find(app, issuer, OfferId::new(id)).await?;
    if state(&code, app.clock.now()) != OfferState::Open {
        return Err(Problem::of(ProblemCode::StateConflict).with_detail("the offer is no longer open"));
    }
    let link = offer::link_by_reference(issuer, &code.offer_id);
    qr::svg(&link).ok_or_else(|| Fault::Qr.to_problem())
}

/// TS-08: another agency's offer is as good as none.
async fn find(
    app: &App,
    issuer: &CredentialIssuer,
    id: OfferId,
) -> Result<(PreAuthorizedCode, Option<IssuanceId>), Problem> {
    let issuer = issuer.id();
    let found = look(app, move |unit: &mut dyn UnitOfWork| {
        let code = unit.pre_authorized_codes().lookup_by_offer(&id)?;
        let Some(code) = code.filter(|code| code.issuer == issuer) else {
            return Ok(None);
        };
        let issuance = unit.pre_authorized_codes().issuance_of_offer(&id)?;
        Ok(Some((code, issuance)))
    });
    found.await?.ok_or_else(Problem::not_found)
}

fn state(code: &PreAuthorizedCode, now: UnixTime) -> OfferState {
    match code.state {
        CodeState::Redeemed => OfferState::Redeemed,
        CodeState::Burnt => OfferState::Burnt,
        CodeState::Open if code.expires_at < now => OfferState::Expired,
        CodeState::Open => OfferState::Open,
    }
}
