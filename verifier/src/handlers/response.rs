//! `POST /responses/{request_id}`: takes a wallet's answer exactly once (OpenID4VP 1.0 §8.3).
//!
//! What cannot be decrypted spends nothing, so that a stranger cannot end a session. Once an answer counts, the wallet
//! learns nothing about its verdict: every wallet gets the same (TV-40); the reasons go to the agency.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_oauth2::{ErrorCode, OAuthError};
use mahfada_openid4vp::MAX_RESPONSE_BYTES;
use mahfada_storage::{Presentation, PresentationState, RequestId};
use mahfada_web::body::{BodyError, read_body_as};
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::Problem;
use mahfada_web::protocol;
use mahfada_web::token::OpaqueToken;
use serde::Serialize;
use tokio::time::Instant;

use crate::app::App;
use crate::fault::Fault;
use crate::presentation::answer::{self, Answer, NoAnswer};
use crate::presentation::filing::{self, NotFiled};
use crate::presentation::judgement::Judged;
use crate::presentation::record;

/// What every wallet is told: where to send the browser, or nothing.
#[derive(Debug, Serialize)]
struct Taken {
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("no request under this name")]
    NotFound,
    #[error("the request was answered before")]
    Consumed,
    #[error("the request has expired")]
    Expired,
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<NotFiled> for Refusal {
    fn from(reason: NotFiled) -> Self {
        match reason {
            NotFiled::Consumed => Self::Consumed,
            NotFiled::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Body(error) => error.code(),
            Self::NotFound => "not_found",
            Self::Consumed => "session_consumed",
            Self::Expired => "expired",
            Self::NoAnswer(error) => error.code(),
            Self::Fault(fault) => fault.code(),
        }
    }

    fn to_response(&self) -> HttpResponse {
        match self {
            Self::Body(error) => Problem::from(*error).to_response(),
            Self::NotFound => Problem::not_found().to_response(),
            Self::Fault(fault) => protocol::oauth_error(&fault.to_oauth()),
            Self::Consumed | Self::Expired | Self::NoAnswer(_) => {
                protocol::oauth_error(&OAuthError::described(ErrorCode::InvalidRequest, self.code()))
            }
        }
    }
}

/// Takes an answer.
pub(crate) async fn post(app: Data<App>, path: Path<String>, request: HttpRequest, payload: Payload) -> HttpResponse {
    match take(&app, RequestId::new(path.into_inner()), &request, payload).await {
        Ok(taken) => protocol::json(StatusCode::OK, &taken),
        Err(refusal) => {
            tracing::info!(code = refusal.code(), "an answer was not taken");
            if matches!(refusal, Refusal::Consumed) {
                app.metrics.nonce_replay();
            }
            refusal.to_response()
        }
    }
}

async fn take(app: &App, request_id: RequestId, request: &HttpRequest, payload: Payload) -> Result<Taken, Refusal> {
    let body = read_body_as(
        request,
        payload,
        "application/x-www-form-urlencoded",
        MAX_RESPONSE_BYTES,
    )
    .await?;
    let record = record::find_by_request(app, request_id)
        .await?
        .ok_or(Refusal::NotFound)?;
    let now = app.clock.now();
    refuse_state(&record, now)?;
    let key = record::open_key(app, &record)?;
    let started = Instant::now();
    let answer = answer::read(&body, &record.state_param, &*key, app.crypto)?;
    app.metrics.verification_step("decrypt", started.elapsed());
    let judged = match answer {
        Answer::Presentations(vp_token) => Judged::of(app, &record, &vp_token, now).await?,
        Answer::Declined(code) => Judged::declined(code)?,
    };
    let code = filing::file(app, &record, judged, now).await?;
    let redirect = |code: OpaqueToken| {
        app.public_url
            .join(&format!("/complete?response_code={}", code.expose()))
    };
    Ok(Taken {
        redirect_uri: code.map(redirect),
    })
}

fn refuse_state(record: &Presentation, now: UnixTime) -> Result<(), Refusal> {
    match record.state {
        PresentationState::Open if record.expires_at < now => Err(Refusal::Expired),
        PresentationState::Open => Ok(()),
        PresentationState::Answered | PresentationState::Completed => Err(Refusal::Consumed),
    }
}
