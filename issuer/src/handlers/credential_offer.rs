//! `GET /{slug}/offers/{offer_id}`: a credential offer by reference (OpenID4VCI 1.0 §4.1.3).
//!
//! Fetching an offer changes nothing: its code works once however often it is fetched (TI-43).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use mahfada_storage::{CodeState, OfferId, Outcome, PreAuthorizedCode, StorageError, UnitOfWork};
use mahfada_web::fault::Fault as _;
use mahfada_web::protocol;

use crate::app::App;
use crate::credential_issuer::CredentialIssuer;
use crate::fault::Fault;
use crate::issuance::offer;

/// Answers the offer.
pub(crate) async fn get(app: Data<App>, path: Path<(String, String)>) -> HttpResponse {
    let (slug, offer_id) = path.into_inner();
    let Some(issuer) = app.issuer(&slug) else {
        return protocol::not_found();
    };
    match find(&app, issuer, OfferId::new(offer_id)).await {
        Ok(Some(code)) => {
            let offer = offer::credential_offer(&app, issuer, &code);
            protocol::json(StatusCode::OK, &offer)
        }
        Ok(None) => protocol::not_found(),
        Err(fault) => fault.to_problem().to_response(),
    }
}

async fn find(app: &App, issuer: &CredentialIssuer, offer_id: OfferId) -> Result<Option<PreAuthorizedCode>, Fault> {
    let found = app
        .storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                Ok(Outcome::Commit(unit.pre_authorized_codes().lookup_by_offer(&offer_id)?))
            },
        )
        .await??;
    let now = app.clock.now();
    Ok(found.filter(|code| code.issuer == issuer.id() && code.state == CodeState::Open && now <= code.expires_at))
}
