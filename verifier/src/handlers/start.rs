//! `GET /start/{request_id}`: binds a same-device presentation to a browser and shows the link to the wallet (decision D9).

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_storage::{Presentation, PresentationState, RequestId};
use mahfada_trust::VerifiedRegistration;
use mahfada_web::token::hash_token;

use super::presentations::deep_link;
use crate::app::App;
use crate::fault::Fault;
use crate::page::{Language, Page};
use crate::presentation::{browser, record};

/// Sets the session cookie and shows who asks, why, and the link that opens the wallet.
pub(crate) async fn get(app: Data<App>, path: Path<String>, request: HttpRequest) -> HttpResponse {
    match open(&app, RequestId::new(path.into_inner()), &request).await {
        Ok(answer) => answer,
        Err(fault) => {
            fault.log();
            Page::Unavailable.to_response(&request, app.crypto.digest)
        }
    }
}

async fn open(app: &App, id: RequestId, request: &HttpRequest) -> Result<HttpResponse, Fault> {
    let found = match browser::parameter(request, "session") {
        Some(session) => record::find_by_request(app, id)
            .await?
            .filter(|record| is_open(app, record, &session))
            .map(|record| (record, session)),
        None => None,
    };
    let Some((record, session)) = found else {
        return Ok(Page::Closed.to_response(request, app.crypto.digest));
    };
    let agency = app.agency(&record.tenant).ok_or(Fault::AgencyGone)?;
    let registration = agency
        .verify_registration(&app.trust.read(), app.clock.now(), app.crypto)
        .ok();
    let request_uri = app.public_url.join(&format!("/requests/{}", record.request_id));
    let purpose = agency.purpose(&record.query, registration.as_ref(), Language::of(request));
    let link = deep_link(agency, &request_uri)?;
    let page = Page::Open {
        agency: registration.as_ref().map(VerifiedRegistration::name),
        purpose: purpose.as_deref(),
        link: &link,
    };
    let cookie = browser::set_cookie(&session, cookie_lifetime(app, &record));
    Ok(page.with_cookie(cookie, request, app.crypto.digest))
}

fn is_open(app: &App, record: &Presentation, session: &str) -> bool {
    record.state == PresentationState::Open
        && record.expires_at >= app.clock.now()
        && record.browser_session == Some(hash_token(session, app.crypto.digest))
}

fn cookie_lifetime(app: &App, record: &Presentation) -> i64 {
    record.expires_at.plus(record::RETURN_GRACE).since(app.clock.now())
}
