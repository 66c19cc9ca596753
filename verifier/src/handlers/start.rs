//! `GET /start/{request_id}`: binds a same-device presentation to a browser and opens the wallet (decision D9).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_storage::{Presentation, PresentationState, RequestId};
use mahfada_web::protocol;
use mahfada_web::token::hash_token;

use super::presentations::deep_link;
use crate::app::App;
use crate::fault::Fault;
use crate::presentation::{browser, record};

/// Sets the session cookie and sends the browser to the wallet.
pub(crate) async fn get(app: Data<App>, path: Path<String>, request: HttpRequest) -> HttpResponse {
    let Some(session) = browser::parameter(&request, "session") else {
        return protocol::not_found();
    };
    let found = record::find_by_request(&app, RequestId::new(path.into_inner())).await;
    let record = match found {
        Ok(record) => record.filter(|record| is_open(&app, record, &session)),
        Err(fault) => return fault.to_problem().to_response(),
    };
    let Some(record) = record else {
        return protocol::not_found();
    };
    match link(&app, &record) {
        Ok(link) => HttpResponse::build(StatusCode::SEE_OTHER)
            .insert_header(("location", link))
            .insert_header((
                "set-cookie",
                browser::set_cookie(&session, cookie_lifetime(&app, &record)),
            ))
            .insert_header(("cache-control", "no-store"))
            .insert_header(("referrer-policy", "no-referrer"))
            .finish(),
        Err(fault) => fault.to_problem().to_response(),
    }
}

fn is_open(app: &App, record: &Presentation, session: &str) -> bool {
    record.state == PresentationState::Open
        && record.expires_at >= app.clock.now()
        && record.browser_session == Some(hash_token(session, app.crypto.digest))
}

fn cookie_lifetime(app: &App, record: &Presentation) -> i64 {
    record.expires_at.plus(record::RETURN_GRACE).since(app.clock.now())
}

fn link(app: &App, record: &Presentation) -> Result<String, Fault> {
    let agency = app.agency(&record.tenant).ok_or(Fault::AgencyGone)?;
    deep_link(
        agency,
        &app.public_url.join(&format!("/requests/{}", record.request_id)),
    )
}
