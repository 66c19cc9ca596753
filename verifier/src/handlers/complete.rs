//! `GET /complete?response_code=…`: the citizen is back in the browser that began (OpenID4VP 1.0 §14.3).
//!
//! Only now does the verdict of a same-device presentation count. The page says the same whatever the verdict is.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mahfada_events::{EventKind, Events};
use mahfada_storage::{NewEvent, Outcome, Presentation, StorageError, TokenHash, UnitOfWork};
use mahfada_trust::VerifiedRegistration;
use mahfada_web::token::hash_token;

use crate::app::App;
use crate::fault::Fault;
use crate::page::Page;
use crate::presentation::verdict::Decision;
use crate::presentation::{browser, filing, record};

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
        Ok(record) => landing(&app, &record, &request),
        Err(Refusal::Fault(fault)) => {
            fault.log();
            Page::Unavailable.to_response(&request, app.crypto.digest)
        }
        Err(refusal) => {
            tracing::info!(reason = %refusal, "a presentation was not completed");
            Page::OtherBrowser.to_response(&request, app.crypto.digest)
        }
    }
}

async fn complete(app: &Data<App>, request: &HttpRequest) -> Result<Presentation, Refusal> {
    let code = browser::parameter(request, "response_code").ok_or(Refusal::Session)?;
    let session = browser::session(request).ok_or(Refusal::Session)?;
    let code = TokenHash::new(hash_token(&code, app.crypto.digest));
    let session = hash_token(&session, app.crypto.digest);
    let now = app.clock.now();
    let inside = app.clone();
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
        let events = match events_of(&inside, &record) {
            Ok(events) => events,
            Err(fault) => return Ok(Outcome::RejectRollback(Refusal::Fault(fault))),
        };
        let endpoints = inside.events.endpoints(&record.tenant);
        for event in events {
            Events::record(unit, &event, &endpoints)?;
        }
        let audit = record::audit(&inside, "browser", "presentation.complete", &id, "completed");
        unit.audit().append(&audit)?;
        Ok(Outcome::Commit(record))
    });
    let record = completed.await.map_err(|error: StorageError| Fault::from(error))??;
    app.events.notify_tenant(&record.tenant);
    Ok(record)
}

/// The citizen is back, and now the verdict may be told, unless it was told with the answer.
fn events_of(app: &App, record: &Presentation) -> Result<Vec<NewEvent>, Fault> {
    let id = record.id.as_str();
    let mut events = vec![
        app.events
            .draw(&record.tenant, EventKind::PresentationCompleted, id, None)?,
    ];
    let verdict = record::open_verdict(app, record)?;
    if let Some(verdict) = verdict.filter(|verdict| verdict.decision != Decision::Refused) {
        events.push(filing::event(app, record, &verdict)?);
    }
    Ok(events)
}

fn landing(app: &App, record: &Presentation, request: &HttpRequest) -> HttpResponse {
    let agency = app.agency(&record.tenant);
    let Some(mut address) = agency.and_then(|agency| agency.return_url.clone()) else {
        let registration = agency.and_then(|agency| {
            agency
                .verify_registration(&app.trust.read(), app.clock.now(), app.crypto)
                .ok()
        });
        let page = Page::Arrived {
            agency: registration.as_ref().map(VerifiedRegistration::name),
        };
        return page.to_response(request, app.crypto.digest);
    };
    address
        .query_pairs_mut()
        .append_pair("presentation_id", record.id.as_str());
    HttpResponse::build(StatusCode::SEE_OTHER)
        .insert_header(("location", address.as_str()))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("referrer-policy", "no-referrer"))
        .finish()
}
