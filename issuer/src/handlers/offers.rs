//! `POST /v1/offers`: the agency's back office makes an offer for a subject of its register (decision D3, way B).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_openid4vci::CredentialOfferUri;
use mahfada_storage::{AuditRecord, CodeState, ConfigurationId, Outcome, PreAuthorizedCode, StorageError, UnitOfWork};
use mahfada_web::fault::Fault as _;
use mahfada_web::problem::{Problem, ProblemCode};
use mahfada_web::qr;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::management::{answer, caller, read};
use crate::app::App;
use crate::credential_issuer::{CredentialIssuer, Source};
use crate::fault::Fault;
use crate::issuance::offer::{self, OFFER_LIFETIME};
use crate::issuance::subject::{Grant, SubjectSeal};

/// Which credential is offered, about whom.
#[derive(Deserialize, ToSchema)]
pub(crate) struct OfferRequest {
    /// The credential, as the issuer metadata name it; one that is issued from a register.
    #[schema(example = "cnss-rights")]
    credential_configuration_id: String,
    /// The reference of the person in the register of the agency. It is sealed, and never logged or answered.
    #[schema(example = "register-reference")]
    subject: String,
    /// Whether the wallet has to send a transaction code.
    #[serde(default)]
    tx_code: bool,
    /// Whether the answer draws the short link as a QR code, which takes longer than everything else in it.
    #[serde(default = "yes")]
    qr: bool,
}

const fn yes() -> bool {
    true
}

/// An offer for the agency to hand over.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfferCreated {
    /// The id of the offer on this port.
    #[schema(example = "u0Xn2PpQ0eZkqVb6cJ1x8A")]
    offer_id: String,
    /// The link that holds the offer itself.
    #[schema(example = "openid-credential-offer://?credential_offer=%7B%22credential_issuer%22%3A%22…%22%7D")]
    offer_uri: String,
    /// The link that holds the address of the offer: short enough for a QR code.
    #[schema(
        example = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Fcnss%2Foffers%2Fu0Xn2PpQ0eZkqVb6cJ1x8A"
    )]
    offer_uri_by_reference: String,
    /// The short link as a QR code, an SVG image, unless the request declined it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "<svg xmlns=\"http://www.w3.org/2000/svg\" …></svg>")]
    qr: Option<String>,
    /// The transaction code, if one was asked for; this is the only time that it is shown. It must reach the citizen by
    /// another channel than the offer, such as the registered telephone or a letter: whoever has both is given the
    /// credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "493536")]
    tx_code: Option<String>,
    /// When the offer ends, in seconds since 1970.
    #[schema(value_type = i64, example = 1_795_349_400)]
    expires_at: UnixTime,
}

/// Makes an offer
///
/// The answer holds the offer as two links and a QR code. Whoever opens one of them is given the credential, unless
/// `tx_code` was asked for. The code stands beside the offer because the caller is the agency's own system; it must go
/// to the citizen by another channel than the offer. The offer ends after ten minutes, once it is redeemed, or with the
/// fifth wrong transaction code.
#[utoipa::path(
    post,
    path = "/v1/offers",
    operation_id = "createOffer",
    tag = "offers",
    request_body = OfferRequest,
    responses(
        (status = 201, description = "The offer was made.", body = OfferCreated),
        (status = 400, description = "`malformed`, `body_incomplete`, or `unknown_credential_configuration`: no such credential is issued by offer.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`: no valid API key.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_subject`: the register has no such person.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_long`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`body_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`storage_busy`, `storage_full` or `storage_unavailable`: try again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    answer(StatusCode::CREATED, make(&app, &request, payload).await)
}

async fn make(app: &App, request: &HttpRequest, payload: Payload) -> Result<OfferCreated, Problem> {
    let issuer = caller(app, request)?;
    let wanted: OfferRequest = read(request, payload).await?;
    let unknown = || Problem::of(ProblemCode::UnknownCredentialConfiguration);
    let configuration = issuer
        .configuration(&wanted.credential_configuration_id)
        .ok_or_else(unknown)?;
    let Source::Csv(register) = &configuration.source else {
        return Err(unknown());
    };
    if register.claims(&wanted.subject).is_none() {
        return Err(Problem::of(ProblemCode::UnknownSubject));
    }
    let configuration_id = ConfigurationId::new(configuration.config.id.clone());
    let grant = Grant::by_offer(wanted.subject);
    create(app, issuer, configuration_id, &grant, wanted.tx_code, wanted.qr)
        .await
        .map_err(|fault| fault.to_problem())
}

async fn create(
    app: &App,
    issuer: &CredentialIssuer,
    configuration_id: ConfigurationId,
    grant: &Grant,
    with_tx_code: bool,
    with_qr: bool,
) -> Result<OfferCreated, Fault> {
    let (code, tx_code) = offer::draw(app, with_tx_code)?;
    let bearer = offer::pre_authorized_code(app, &code.offer_id);
    let sealed = SubjectSeal::of(app).seal(grant, &issuer.id(), &configuration_id, &bearer)?;
    let record = PreAuthorizedCode {
        hash: code.hash,
        issuer: issuer.id(),
        configuration_id,
        offer_id: code.offer_id,
        subject: sealed,
        tx_code: tx_code
            .as_ref()
            .map(|tx_code| offer::tx_code_mac(app, &code.hash, tx_code)),
        wrong_tx_codes: 0,
        state: CodeState::Open,
        expires_at: app.clock.now().plus(OFFER_LIFETIME),
    };
    // Made before it is stored, so that an offer that cannot be handed over does not exist.
    let mut created = created(app, issuer, &record, tx_code);
    if with_qr {
        created.qr = Some(qr::svg(&created.offer_uri_by_reference).ok_or(Fault::Qr)?);
    }
    store(app, record).await?;
    Ok(created)
}

async fn store(app: &App, record: PreAuthorizedCode) -> Result<(), Fault> {
    let at = app.clock.now();
    app.storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                unit.pre_authorized_codes().add(&record)?;
                unit.audit().append(&AuditRecord {
                    at,
                    actor: record.issuer.to_string(),
                    action: "offer.create".to_owned(),
                    object_id: record.offer_id.to_string(),
                    outcome: "created".to_owned(),
                    detail: record.configuration_id.to_string(),
                })?;
                Ok(Outcome::Commit(()))
            },
        )
        .await??;
    Ok(())
}

fn created(app: &App, issuer: &CredentialIssuer, record: &PreAuthorizedCode, tx_code: Option<String>) -> OfferCreated {
    let by_value = offer::credential_offer(app, issuer, record);
    let by_reference = offer::link_by_reference(issuer, &record.offer_id);
    OfferCreated {
        offer_id: record.offer_id.to_string(),
        offer_uri: CredentialOfferUri::ByValue(by_value).to_uri(),
        qr: None,
        offer_uri_by_reference: by_reference,
        tx_code,
        expires_at: record.expires_at,
    }
}
