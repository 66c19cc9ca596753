//! `POST /{slug}/credential`: proofs of the committed keys against credentials (OpenID4VCI 1.0 §8).
//!
//! DPoP is verified before the nonce is looked at; everything that counts once is spent in the unit of work that takes
//! the status indexes and writes the issuance. Only after that commit is anything signed: an index without a
//! credential may exist, a credential without its index never.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::UnixTime;
use mahfada_crypto::Thumbprint;
use mahfada_eid::commits_to;
use mahfada_events::EventKind;
use mahfada_oauth2::UnspentDpop;
use mahfada_openid4vci::{
    CredentialRequest, CredentialResponse, CredentialTarget, NonceRule, ProofExpectation, UnspentCNonce,
    UnverifiedCNonce, VerifiedProofs,
};
use mahfada_storage::{
    AccessToken, AuditRecord, Issuance, IssuanceId, IssuanceState, Outcome, RevokeOutcome, SingleUseKind, StatusIndex,
    StatusListUri, StorageError, TokenHash, UnitOfWork,
};
use mahfada_web::body::read_body_as;
use mahfada_web::dpop::{Scheme, authorization, verify_dpop};
use mahfada_web::protocol;
use mahfada_web::token::hash_token;

use crate::announcement::Announcement;
use crate::app::App;
use crate::credential_issuer::{Configuration, CredentialIssuer};
use crate::fault::Fault;
use crate::issuance::build::{self, BuildRefusal};
use crate::issuance::identifier::{credential_identifier, following, issuance_ids};
use crate::issuance::status;
use crate::issuance::subject::{Grant, SubjectSeal};
use crate::measures::FORMAT;

use refusal::Refusal;

mod refusal;

/// The most bytes of a credential request.
const MAX_BODY: usize = 128 * 1024;

/// Issues credentials.
pub(crate) async fn post(app: Data<App>, slug: Path<String>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let Some(issuer) = app.issuer(&slug) else {
        return protocol::not_found();
    };
    match issue(&app, issuer, &request, payload).await {
        Ok((response, configuration)) => {
            app.metrics.issued(&configuration.config.id, FORMAT, "issued");
            protocol::json(StatusCode::OK, &response)
        }
        Err(refusal) => {
            count(&app, &refusal);
            tracing::info!(issuer = issuer.identifier, code = refusal.code(), "credential refused");
            let sent = authorization(&request).ok().map(|(scheme, _)| scheme);
            refusal.to_response(issuer, sent)
        }
    }
}

/// Which credential it was that was refused is often not known, and what a stranger named is no label.
fn count(app: &App, refusal: &Refusal) {
    if matches!(refusal, Refusal::NonceReplayed | Refusal::DpopReplayed) {
        app.metrics.nonce_replay();
    }
    let outcome = if matches!(refusal, Refusal::Fault(_)) {
        "failed"
    } else {
        "refused"
    };
    app.metrics.issued("unknown", FORMAT, outcome);
}

async fn issue<'i>(
    app: &App,
    issuer: &'i CredentialIssuer,
    request: &HttpRequest,
    payload: Payload,
) -> Result<(CredentialResponse, &'i Configuration), Refusal> {
    let (scheme, bearer) = authorization(request)?;
    let (token, dpop) = authorize(app, issuer, request, scheme, bearer).await?;
    let body = read_body_as(request, payload, "application/json", MAX_BODY).await?;
    let wanted = CredentialRequest::parse(&body)?;
    let grant = SubjectSeal::of(app).open(&token.subject, &token.issuer, &token.configuration_id, bearer)?;
    let configuration = granted(app, issuer, &token, &grant, &wanted.target)?;
    let (proofs, nonce) = verify_proofs(app, issuer, &token, &wanted)?;
    let claims = claims(configuration, &grant)?;
    let indexes = commit(app, issuer, token, dpop, nonce, proofs.proofs().len()).await?;
    let credentials = proofs
        .keys()
        .zip(&indexes)
        .map(|(key, idx)| build::credential(app, issuer, configuration, &claims, key, *idx))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((CredentialResponse::new(credentials), configuration))
}

/// Finds the token and proves that the request comes from its owner.
async fn authorize(
    app: &App,
    issuer: &CredentialIssuer,
    request: &HttpRequest,
    scheme: Scheme,
    bearer: &str,
) -> Result<(AccessToken, Option<UnspentDpop>), Refusal> {
    let now = app.clock.now();
    let url = issuer.endpoint("/credential");
    let dpop = match scheme {
        Scheme::Dpop => Some(verify_dpop(request, &url, Some(bearer), now, app.crypto)?),
        Scheme::Bearer => None,
    };
    let hash = TokenHash::new(hash_token(bearer, app.crypto.digest));
    let token = app
        .storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                Ok(Outcome::Commit(unit.access_tokens().lookup(&hash)?))
            },
        )
        .await
        .and_then(|found| found)
        .map_err(Fault::from)?
        .filter(|token| is_usable(token, issuer, now))
        .ok_or(Refusal::Token)?;
    // A bound token without its proof is a stolen one; a proof for an unbound token proves nothing.
    if token.wallet_jkt != dpop.as_ref().map(|dpop| dpop.thumbprint().0) {
        return Err(Refusal::TokenBinding);
    }
    Ok((token, dpop))
}

fn is_usable(token: &AccessToken, issuer: &CredentialIssuer, now: UnixTime) -> bool {
    token.issuer == issuer.id() && !token.revoked && now < token.expires_at
}

/// OpenID4VCI 1.0 §8.2: by the identifier when the token response named one, by the configuration otherwise.
fn granted<'i>(
    app: &App,
    issuer: &'i CredentialIssuer,
    token: &AccessToken,
    grant: &Grant,
    target: &CredentialTarget,
) -> Result<&'i Configuration, Refusal> {
    let id = match target {
        CredentialTarget::Configuration(_) if grant.identified => return Err(Refusal::IdentifierNeeded),
        CredentialTarget::Configuration(id) => id.as_str(),
        // TI-14: whichever identifier another token was given is unknown to this one.
        CredentialTarget::Identifier(identifier)
            if grant.identified && *identifier == credential_identifier(&token.hash, app.crypto.digest) =>
        {
            token.configuration_id.as_str()
        }
        _ => return Err(Refusal::UnknownIdentifier),
    };
    let configuration = issuer.configuration(id).ok_or(Refusal::UnknownConfiguration)?;
    if token.configuration_id.as_str() != configuration.config.id {
        return Err(Refusal::OtherConfiguration);
    }
    Ok(configuration)
}

fn verify_proofs(
    app: &App,
    issuer: &CredentialIssuer,
    token: &AccessToken,
    wanted: &CredentialRequest,
) -> Result<(VerifiedProofs, UnspentCNonce), Refusal> {
    let now = app.clock.now();
    let expectation = ProofExpectation {
        audience: &issuer.identifier,
        nonce: NonceRule::Present,
        client_id: token.client_id.as_ref().map(mahfada_storage::ClientId::as_str),
    };
    let proofs = wanted
        .require_proofs()?
        .verify_all(&expectation, issuer.config.batch_size, now, app.crypto)?;
    let nonce =
        UnverifiedCNonce::parse(proofs.nonce()).verify(&app.keys.nonce, &issuer.identifier, now, app.crypto.mac)?;
    if !is_committed(app, token, &proofs) {
        return Err(Refusal::KeysNotCommitted);
    }
    Ok((proofs, nonce))
}

/// Decision D2: with a card, the keys are exactly the ones that the wallet committed to before the challenge existed.
fn is_committed(app: &App, token: &AccessToken, proofs: &VerifiedProofs) -> bool {
    let (Some(commitment), Some(jkt)) = (&token.key_commitment, &token.wallet_jkt) else {
        return token.key_commitment.is_none();
    };
    let keys: Vec<Thumbprint> = proofs
        .proofs()
        .iter()
        .map(mahfada_openid4vci::VerifiedProof::thumbprint)
        .collect();
    commits_to(app.crypto.digest, commitment, &Thumbprint(*jkt), &keys)
}

fn claims(configuration: &Configuration, grant: &Grant) -> Result<build::Claims, Refusal> {
    build::claims(configuration, &grant.subject).map_err(|refusal| match refusal {
        BuildRefusal::UnknownSubject => Refusal::Denied("unknown_subject"),
        BuildRefusal::ClaimMissing => Refusal::Denied("claim_missing"),
    })
}

/// Spends what counts once and writes the issuance; returns the status index of each copy.
async fn commit(
    app: &App,
    issuer: &CredentialIssuer,
    token: AccessToken,
    dpop: Option<UnspentDpop>,
    nonce: UnspentCNonce,
    copies: usize,
) -> Result<Vec<u32>, Refusal> {
    let candidates = (0..copies)
        .map(|_| status::candidates(app, &issuer.status))
        .collect::<Result<Vec<_>, _>>()?;
    let ids = issuance_ids(app, &token.hash);
    let (delivery, undelivered) = (Announcement::draw(app, issuer)?, Announcement::draw(app, issuer)?);
    let (uri, now) = (issuer.status.uri.clone(), app.clock.now());
    let answer = app
        .storage
        .execute(move |unit: &mut dyn UnitOfWork| {
            if let Some(dpop) = &dpop
                && !unit
                    .single_use()
                    .consume(SingleUseKind::DpopJti, &dpop.jti_hash(), dpop.expires_at())?
            {
                return Ok(Outcome::RejectRollback(Refusal::DpopReplayed));
            }
            if !unit
                .single_use()
                .consume(SingleUseKind::CNonce, &nonce.hash(), nonce.expires_at())?
            {
                return Ok(Outcome::RejectRollback(Refusal::NonceReplayed));
            }
            // Between the look-up and now a second use of the code may have revoked the token.
            let live = unit.access_tokens().lookup(&token.hash)?.filter(|token| !token.revoked);
            let Some(token) = live else {
                return Ok(Outcome::RejectRollback(Refusal::Token));
            };
            let Some(id) = following(&ids, token.issuance.as_ref()) else {
                return Ok(Outcome::RejectRollback(Refusal::Denied("issued_too_often")));
            };
            let Some(indexes) = status::allocate(unit, &uri, &candidates)? else {
                return Ok(Outcome::RejectRollback(Refusal::Fault(Fault::StatusListFull)));
            };
            if let Some(revoked) = record(unit, &token, id, &uri, &indexes, now)? {
                let outcome = Some("undelivered");
                undelivered.record(unit, EventKind::IssuanceRevoked, revoked.as_str(), outcome)?;
            }
            delivery.record(unit, EventKind::CredentialIssued, id.as_str(), None)?;
            Ok(Outcome::Commit(indexes))
        })
        .await
        .map_err(Fault::from)?;
    if answer.is_ok() {
        app.events.notify_tenant(&issuer.tenant());
    }
    answer
}

/// Writes the issuance and returns the one that it takes the place of.
fn record(
    unit: &mut dyn UnitOfWork,
    token: &AccessToken,
    id: &IssuanceId,
    uri: &StatusListUri,
    indexes: &[u32],
    now: UnixTime,
) -> Result<Option<IssuanceId>, StorageError> {
    unit.issuances().add(&Issuance {
        id: id.clone(),
        issuer: token.issuer.clone(),
        configuration_id: token.configuration_id.clone(),
        card_ref: token.card_ref,
        person_ref: token.person_ref,
        issued_on: now.start_of_day(),
        state: IssuanceState::Valid,
        copies: indexes
            .iter()
            .map(|idx| StatusIndex {
                uri: uri.clone(),
                idx: *idx,
            })
            .collect(),
    })?;
    // Decision D6: a wallet that asks again never got the first answer, so that set is revoked.
    let undelivered = unit.access_tokens().set_issuance(&token.hash, id)?;
    let revoked = match undelivered {
        Some(undelivered) if unit.issuances().revoke(&undelivered)? == RevokeOutcome::Revoked => Some(undelivered),
        _ => None,
    };
    unit.audit().append(&AuditRecord {
        at: now,
        actor: "wallet".to_owned(),
        action: "credential.issue".to_owned(),
        object_id: id.to_string(),
        outcome: "issued".to_owned(),
        detail: format!("{} copies of {}", indexes.len(), token.configuration_id),
    })?;
    Ok(revoked)
}
