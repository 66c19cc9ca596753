//! `POST /{slug}/token`: redeems a code of the card (way A) or of an offer (way B) for an access token.
//!
//! Everything that counts once is spent in one unit of work with the token that it buys. A wrong transaction code is
//! kept although the request is refused (decision D6); a code of way A is good only for the key it was made for (D2).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::{Seconds, Secret, UnixTime};
use mahfada_oauth2::{
    AuthorizationDetail, CodeChallenge, CodeVerifier, MAX_FORM_BYTES, TokenError, TokenRequest, TokenResponse,
    TokenType, UnspentDpop,
};
use mahfada_storage::{
    AccessToken, AuditRecord, AuthorizationCode, ClientId, CodeState, ConfigurationId, IssuerId, MAX_WRONG_TX_CODES,
    Outcome, PreAuthorizedCode, Sealed, SingleUseKind, StorageError, TokenHash, UnitOfWork,
};
use mahfada_web::body::read_body_as;
use mahfada_web::dpop::{DpopRefusal, verify_dpop};
use mahfada_web::protocol;
use mahfada_web::token::{OpaqueToken, hash_token};
use subtle::ConstantTimeEq as _;

use crate::app::App;
use crate::credential_issuer::CredentialIssuer;
use crate::fault::Fault;
use crate::issuance::identifier::credential_identifier;
use crate::issuance::offer;
use crate::issuance::subject::SubjectSeal;

use refusal::Refusal;

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
    let token = OpaqueToken::generate(&*app.random).map_err(Fault::from)?;
    let purchase = Issued {
        token: Secret::new(token.expose().to_owned()),
        seal: SubjectSeal::of(app),
        hash: TokenHash::new(token.hash(app.crypto.digest)),
        issuer: issuer.id(),
        now,
    };
    let token_type = if dpop.is_some() {
        TokenType::Dpop
    } else {
        TokenType::Bearer
    };
    let authorization_details = match TokenRequest::parse_form(&body)? {
        TokenRequest::AuthorizationCode {
            code,
            code_verifier,
            client_id,
            ..
        } => {
            let dpop = dpop.ok_or(DpopRefusal::Missing)?;
            let identifier = credential_identifier(&purchase.hash, app.crypto.digest);
            let granted = redeem_authorization_code(app, purchase, dpop, &code, code_verifier, client_id).await?;
            // OpenID4VCI §6.2: required after `authorization_details`, allowed after a scope.
            let detail = AuthorizationDetail::for_configuration(granted.to_string());
            Some(vec![detail.with_identifiers(vec![identifier])])
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
            redeem_pre_authorized_code(app, purchase, dpop, &pre_authorized_code, tx_code, client_id).await?;
            None
        }
        _ => return Err(TokenError::UnsupportedGrantType.into()),
    };
    Ok(TokenResponse {
        access_token: mahfada_oauth2::AccessToken::new(token.expose()),
        token_type,
        expires_in: u64::try_from(TOKEN_LIFETIME).unwrap_or_default(),
        authorization_details,
    })
}

/// What the request buys.
struct Issued {
    token: Secret<String>,
    seal: SubjectSeal,
    hash: TokenHash,
    issuer: IssuerId,
    now: UnixTime,
}

impl Issued {
    /// Seals the subject of a code for the token.
    fn pass_on(
        &self,
        subject: &Sealed,
        configuration: &ConfigurationId,
        code: &Secret<String>,
    ) -> Result<Sealed, Fault> {
        let bearers = (code.expose().as_str(), self.token.expose().as_str());
        self.seal.pass_on(subject, &self.issuer, configuration, bearers)
    }
}

async fn redeem_authorization_code(
    app: &App,
    issued: Issued,
    dpop: UnspentDpop,
    code: &Secret<String>,
    verifier: CodeVerifier,
    client_id: String,
) -> Result<ConfigurationId, Refusal> {
    let hash = TokenHash::new(hash_token(code.expose(), app.crypto.digest));
    let (secret, digest) = (code.clone(), app.crypto.digest);
    let answer = app.storage.execute(move |unit: &mut dyn UnitOfWork| {
        if !spend_dpop(unit, &dpop)? {
            return Ok(Outcome::RejectRollback(Refusal::DpopReplayed));
        }
        let found = unit
            .authorization_codes()
            .lookup(&hash)?
            .filter(|code| code.issuer == issued.issuer);
        let Some(code) = found else {
            return Ok(Outcome::RejectRollback(Refusal::CodeUnknown));
        };
        let challenge = CodeChallenge::parse(&code.code_challenge);
        // Whose code it is comes first: a stranger's copy of it must not revoke anything.
        if dpop.thumbprint().0 != code.wallet_jkt {
            return Ok(Outcome::RejectRollback(Refusal::OtherKey));
        }
        if code.client_id.as_str() != client_id {
            return Ok(Outcome::RejectRollback(Refusal::OtherClient));
        }
        if !challenge.is_ok_and(|challenge| challenge.matches(&verifier, digest)) {
            return Ok(Outcome::RejectRollback(Refusal::Pkce));
        }
        if let Some(first) = &code.redeemed_for {
            // RFC 6749 §4.1.2: a second use revokes what the first one bought.
            unit.access_tokens().revoke(first)?;
            audit(unit, &issued, "code.redeem", "code_consumed")?;
            return Ok(Outcome::RejectCommit(Refusal::CodeConsumed));
        }
        if code.expires_at < issued.now {
            return Ok(Outcome::RejectRollback(Refusal::CodeExpired));
        }
        if !unit.authorization_codes().redeem(&hash, &issued.hash)? {
            return Ok(Outcome::RejectRollback(Refusal::CodeConsumed));
        }
        let subject = match issued.pass_on(&code.subject, &code.configuration_id, &secret) {
            Ok(subject) => subject,
            Err(fault) => return Ok(Outcome::RejectRollback(fault.into())),
        };
        let granted = code.configuration_id.clone();
        unit.access_tokens().add(&token_for_code(&issued, code, subject))?;
        audit(unit, &issued, "code.redeem", "issued")?;
        Ok(Outcome::Commit(granted))
    });
    answer.await.map_err(Fault::from)?
}

fn token_for_code(issued: &Issued, code: AuthorizationCode, subject: Sealed) -> AccessToken {
    AccessToken {
        hash: issued.hash,
        issuer: code.issuer,
        configuration_id: code.configuration_id,
        client_id: Some(code.client_id),
        wallet_jkt: Some(code.wallet_jkt),
        key_commitment: Some(code.key_commitment),
        subject,
        person_ref: code.person_ref,
        card_ref: code.card_ref,
        issuance: None,
        expires_at: issued.now.plus(TOKEN_LIFETIME),
        revoked: false,
    }
}

async fn redeem_pre_authorized_code(
    app: &App,
    issued: Issued,
    dpop: Option<UnspentDpop>,
    code: &Secret<String>,
    tx_code: Option<Secret<String>>,
    client_id: Option<String>,
) -> Result<(), Refusal> {
    let hash = TokenHash::new(hash_token(code.expose(), app.crypto.digest));
    let tx_code = tx_code.map(|tx_code| offer::tx_code_mac(app, &hash, tx_code.expose()));
    let secret = code.clone();
    let answer = app.storage.execute(move |unit: &mut dyn UnitOfWork| {
        if let Some(dpop) = &dpop
            && !spend_dpop(unit, dpop)?
        {
            return Ok(Outcome::RejectRollback(Refusal::DpopReplayed));
        }
        let found = unit
            .pre_authorized_codes()
            .lookup(&hash)?
            .filter(|code| code.issuer == issued.issuer);
        let Some(code) = found else {
            return Ok(Outcome::RejectRollback(Refusal::CodeUnknown));
        };
        if let Some(refusal) = refuse_state(&code, issued.now) {
            return Ok(Outcome::RejectRollback(refusal));
        }
        match (&code.tx_code, &tx_code) {
            (Some(_), None) => return Ok(Outcome::RejectRollback(Refusal::TxCodeMissing)),
            (None, Some(_)) => return Ok(Outcome::RejectRollback(Refusal::TxCodeUnexpected)),
            (Some(expected), Some(given)) if !bool::from(expected.ct_eq(given)) => {
                let tries = unit.pre_authorized_codes().record_wrong_tx_code(&hash)?;
                let outcome = if tries >= MAX_WRONG_TX_CODES {
                    "code_locked"
                } else {
                    "tx_code_wrong"
                };
                audit(unit, &issued, "offer.redeem", outcome)?;
                return Ok(Outcome::RejectCommit(Refusal::TxCodeWrong(tries)));
            }
            _ => {}
        }
        if !unit.pre_authorized_codes().redeem(&hash)? {
            return Ok(Outcome::RejectRollback(Refusal::CodeConsumed));
        }
        let subject = match issued.pass_on(&code.subject, &code.configuration_id, &secret) {
            Ok(subject) => subject,
            Err(fault) => return Ok(Outcome::RejectRollback(fault.into())),
        };
        let token = token_for_offer(&issued, code, subject, dpop.as_ref(), client_id);
        unit.access_tokens().add(&token)?;
        audit(unit, &issued, "offer.redeem", "issued")?;
        Ok(Outcome::Commit(()))
    });
    answer.await.map_err(Fault::from)?
}

fn refuse_state(code: &PreAuthorizedCode, now: UnixTime) -> Option<Refusal> {
    match code.state {
        CodeState::Redeemed => Some(Refusal::CodeConsumed),
        CodeState::Burnt => Some(Refusal::CodeLocked),
        CodeState::Open if code.expires_at < now => Some(Refusal::CodeExpired),
        CodeState::Open => None,
    }
}

fn token_for_offer(
    issued: &Issued,
    code: PreAuthorizedCode,
    subject: Sealed,
    dpop: Option<&UnspentDpop>,
    client_id: Option<String>,
) -> AccessToken {
    AccessToken {
        hash: issued.hash,
        issuer: code.issuer,
        configuration_id: code.configuration_id,
        client_id: client_id.map(ClientId::new),
        wallet_jkt: dpop.map(|dpop| dpop.thumbprint().0),
        key_commitment: None,
        subject,
        person_ref: None,
        card_ref: None,
        issuance: None,
        expires_at: issued.now.plus(TOKEN_LIFETIME),
        revoked: false,
    }
}

fn spend_dpop(unit: &mut dyn UnitOfWork, dpop: &UnspentDpop) -> Result<bool, StorageError> {
    unit.single_use()
        .consume(SingleUseKind::DpopJti, &dpop.jti_hash(), dpop.expires_at())
}

fn audit(unit: &mut dyn UnitOfWork, issued: &Issued, action: &str, outcome: &str) -> Result<(), StorageError> {
    unit.audit().append(&AuditRecord {
        at: issued.now,
        actor: "wallet".to_owned(),
        action: action.to_owned(),
        object_id: issued.issuer.to_string(),
        outcome: outcome.to_owned(),
        detail: String::new(),
    })?;
    Ok(())
}
