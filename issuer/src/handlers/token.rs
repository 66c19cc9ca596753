//! `POST /{slug}/token`: redeems a code of the card (way A) or of an offer (way B) for an access token.
//!
//! Everything that counts once is spent in one unit of work with the token that it buys. A wrong transaction code is
//! kept although the request is refused (decision D6); a code of way A is good only for the key it was made for (D2).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::{Seconds, Secret, UnixTime};
use mahfada_oauth2::{
    AuthorizationDetail, MAX_FORM_BYTES, TokenError, TokenRequest, TokenResponse, TokenType, UnspentDpop,
};
use mahfada_storage::{
    AuditRecord, ConfigurationId, IssuerId, Sealed, SingleUseKind, StorageError, TokenHash, UnitOfWork,
};
use mahfada_web::body::read_body_as;
use mahfada_web::dpop::{DpopRefusal, verify_dpop};
use mahfada_web::protocol;
use mahfada_web::token::OpaqueToken;

use crate::announcement::Announcement;
use crate::app::App;
use crate::credential_issuer::CredentialIssuer;
use crate::fault::Fault;
use crate::issuance::identifier::credential_identifier;
use crate::issuance::subject::SubjectSeal;

use refusal::Refusal;

mod authorization_code;
mod pre_authorized_code;
mod refusal;

/// How long an access token lives, in seconds; a bearer token may not live longer (OpenID4VCI 1.0 §13.10).
const TOKEN_LIFETIME: Seconds = 300;

/// Redeems a code.
pub(crate) async fn post(app: Data<App>, slug: Path<String>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let Some(issuer) = app.issuer(&slug) else {
        return protocol::not_found();
    };
    match redeem(&app, issuer, &request, payload).await {
        Ok(response) => protocol::json(StatusCode::OK, &response),
        Err(refusal) => {
            if matches!(refusal, Refusal::DpopReplayed) {
                app.metrics.nonce_replay();
            }
            tracing::info!(issuer = issuer.identifier, code = refusal.code(), "token refused");
            protocol::oauth_error(&refusal.to_oauth())
        }
    }
}

async fn redeem(
    app: &App,
    issuer: &CredentialIssuer,
    request: &HttpRequest,
    payload: Payload,
) -> Result<TokenResponse, Refusal> {
    let now = app.clock.now();
    let dpop = match verify_dpop(request, &issuer.endpoint("/token"), None, now, app.crypto) {
        Ok(dpop) => Some(dpop),
        Err(DpopRefusal::Missing) => None,
        Err(refusal) => return Err(refusal.into()),
    };
    let body = read_body_as(request, payload, "application/x-www-form-urlencoded", MAX_FORM_BYTES).await?;
    let wanted = TokenRequest::parse_form(&body)?;
    let details = TokenRequest::parse_authorization_details(&body)?;
    let by_details = details.is_some();
    let token = OpaqueToken::generate(&*app.random).map_err(Fault::from)?;
    let purchase = Issued {
        token: Secret::new(token.expose().to_owned()),
        seal: SubjectSeal::of(app),
        hash: TokenHash::new(token.hash(app.crypto.digest)),
        issuer: issuer.id(),
        details,
        announcement: Announcement::draw(app, issuer)?,
        now,
    };
    let identifier = credential_identifier(&purchase.hash, app.crypto.digest);
    let token_type = if dpop.is_some() {
        TokenType::Dpop
    } else {
        TokenType::Bearer
    };
    let (granted, is_named) = match wanted {
        TokenRequest::AuthorizationCode {
            code,
            code_verifier,
            client_id,
            ..
        } => {
            let dpop = dpop.ok_or(DpopRefusal::Missing)?;
            let granted = authorization_code::redeem(app, purchase, dpop, &code, code_verifier, client_id).await?;
            // OpenID4VCI §6.2: required after `authorization_details`, allowed after a scope.
            (granted, true)
        }
        TokenRequest::PreAuthorizedCode {
            pre_authorized_code,
            tx_code,
            client_id,
        } => {
            if client_id.is_none() && !issuer.config.anonymous_access {
                return Err(Refusal::ClientMissing);
            }
            // Only an issuer that is open to everybody hands out tokens that are bound to nobody (D2, D3).
            if dpop.is_none() && !issuer.config.anonymous_access {
                return Err(DpopRefusal::Missing.into());
            }
            let granted =
                pre_authorized_code::redeem(app, purchase, dpop, &pre_authorized_code, tx_code, client_id).await?;
            (granted, by_details)
        }
        _ => return Err(TokenError::UnsupportedGrantType.into()),
    };
    let detail = || AuthorizationDetail::for_configuration(granted.to_string()).with_identifiers(vec![identifier]);
    Ok(TokenResponse {
        access_token: mahfada_oauth2::AccessToken::new(token.expose()),
        token_type,
        expires_in: u64::try_from(TOKEN_LIFETIME).unwrap_or_default(),
        authorization_details: is_named.then(|| vec![detail()]),
    })
}

/// What the request buys.
struct Issued {
    token: Secret<String>,
    seal: SubjectSeal,
    hash: TokenHash,
    issuer: IssuerId,
    details: Option<Vec<AuthorizationDetail>>,
    announcement: Announcement,
    now: UnixTime,
}

impl Issued {
    /// Tells whether the details of the request, if any, ask for what the code is good for and nothing else.
    fn details_fit(&self, configuration: &ConfigurationId) -> bool {
        self.details.iter().flatten().all(|detail| {
            let here = detail.locations.is_empty() || detail.locations.iter().any(|url| url == self.issuer.as_str());
            here && detail.credential_configuration_id.as_deref() == Some(configuration.as_str())
        })
    }

    /// Seals the subject of a code for the token.
    fn pass_on(
        &self,
        subject: &Sealed,
        configuration: &ConfigurationId,
        code: &Secret<String>,
    ) -> Result<Sealed, Fault> {
        let bearers = (code.expose().as_str(), self.token.expose().as_str());
        let by_details = self.details.is_some();
        self.seal
            .pass_on(subject, &self.issuer, configuration, bearers, by_details)
    }
}

fn spend_dpop(unit: &mut dyn UnitOfWork, dpop: &UnspentDpop) -> Result<bool, StorageError> {
    unit.single_use()
        .consume(SingleUseKind::DpopJti, &dpop.jti_hash(), dpop.expires_at())
}

fn audit(
    unit: &mut dyn UnitOfWork,
    issued: &Issued,
    action: &str,
    object_id: &str,
    outcome: &str,
) -> Result<(), StorageError> {
    unit.audit().append(&AuditRecord {
        at: issued.now,
        actor: "wallet".to_owned(),
        action: action.to_owned(),
        object_id: object_id.to_owned(),
        outcome: outcome.to_owned(),
        detail: String::new(),
    })?;
    Ok(())
}
