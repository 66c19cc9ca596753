//! `GET /complete?response_code=…`: the citizen is back in the browser that began (OpenID4VP 1.0 §14.3).
//!
//! Only now does the verdict of a same-device presentation count. The page says the same whatever the verdict is.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mahfada_storage::{Outcome, Presentation, PresentationId, StorageError, TokenHash, UnitOfWork};
use mahfada_web::token::hash_token;

use crate::app::App;
use crate::fault::Fault;
use crate::presentation::{browser, record};

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the browser is not the one that began")]
    Session,
    #[error("the citizen came back too late")]
    Late,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Completes a presentation and sends the browser back to the agency.
pub(crate) async fn get(app: Data<App>, request: HttpRequest) -> HttpResponse {
    match complete(&app, &request).await {
        Ok(record) => landing(&app, &record),
        Err(Refusal::Fault(fault)) => fault.to_problem().to_response(),
        Err(refusal) => {
            tracing::info!(reason = %refusal, "a presentation was not completed");
            page(
                StatusCode::BAD_REQUEST,
                "This link belongs to another browser, or is no longer good.",
            )
        }
    }
}

async fn complete(app: &App, request: &HttpRequest) -> Result<Presentation, Refusal> {
    let code = browser::parameter(request, "response_code").ok_or(Refusal::Session)?;
    let session = browser::session(request).ok_or(Refusal::Session)?;
    let code = TokenHash::new(hash_token(&code, app.crypto.digest));
    let session = hash_token(&session, app.crypto.digest);
    let audit = record::audit(
        app,
        "browser",
        "presentation.complete",
        &PresentationId::new(""),
        "completed",
    );
    let now = app.clock.now();
    let completed = app.storage.execute(move |unit: &mut dyn UnitOfWork| {
        let Some(id) = unit.presentations().complete_by_response_code(&code, &session)? else {
            return Ok(Outcome::RejectRollback(Refusal::Session));
        };
        let Some(record) = unit.presentations().lookup(&id)? else {
            return Ok(Outcome::RejectRollback(Refusal::Session));
        };
        if record.expires_at.plus(record::RETURN_GRACE) < now {
            return Ok(Outcome::RejectRollback(Refusal::Late));
        }
        let audit = mahfada_storage::AuditRecord {
            object_id: id.to_string(),
            ..audit
        };
        unit.audit().append(&audit)?;
        Ok(Outcome::Commit(record))
    });
    completed.await.map_err(|error: StorageError| Fault::from(error))?
}

fn landing(app: &App, record: &Presentation) -> HttpResponse {
    let Some(address) = app.agency(&record.tenant).and_then(|agency| agency.return_url.clone()) else {
        return page(StatusCode::OK, "Your answer has arrived. You may close this page.");
    };
    let mut address = address;
    address
        .query_pairs_mut()
        .append_pair("presentation_id", record.id.as_str());
    HttpResponse::build(StatusCode::SEE_OTHER)
        .insert_header(("location", address.as_str()))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("referrer-policy", "no-referrer"))
        .finish()
}

fn page(status: StatusCode, text: &'static str) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header(("content-type", "text/plain; charset=utf-8"))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("content-security-policy", "default-src 'none'"))
        .body(text)
}
