//! `POST /{slug}/credential`: proofs of the committed keys against credentials (OpenID4VCI 1.0 §8).
//!
//! DPoP is verified before the nonce is looked at; everything that counts once is spent in the unit of work that takes
//! the status indexes and writes the issuance. Only after that commit is anything signed: an index without a
//! credential may exist, a credential without its index never.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::{UnixTime, base64url};
use mahfada_crypto::Thumbprint;
use mahfada_eid::commits_to;
use mahfada_oauth2::UnspentDpop;
use mahfada_openid4vci::{
    CredentialRequest, CredentialResponse, CredentialTarget, NonceRule, ProofExpectation, UnspentCNonce,
    UnverifiedCNonce, VerifiedProofs,
};
use mahfada_storage::{
    AccessToken, AuditRecord, Issuance, IssuanceId, IssuanceState, Outcome, SingleUseKind, StatusIndex, StatusListUri,
    StorageError, TokenHash, UnitOfWork,
};
use mahfada_web::body::read_body_as;
use mahfada_web::dpop::{Scheme, authorization, verify_dpop};
use mahfada_web::protocol;
use mahfada_web::token::hash_token;

use crate::app::App;
use crate::credential_issuer::{Configuration, CredentialIssuer};
use crate::fault::Fault;
use crate::issuance::build::{self, BuildRefusal};
use crate::issuance::identifier::credential_identifier;
use crate::issuance::status;
use crate::issuance::subject::SubjectSeal;

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
        Ok(response) => protocol::json(StatusCode::OK, &response),
        Err(refusal) => {
            tracing::info!(issuer = issuer.identifier, code = refusal.code(), "credential refused");
            refusal.to_response()
        }
    }
}

async fn issue(
    app: &App,
    issuer: &CredentialIssuer,
    request: &HttpRequest,
    payload: Payload,
) -> Result<CredentialResponse, Refusal> {
    let (scheme, bearer) = authorization(request)?;
    let (token, dpop) = authorize(app, issuer, request, scheme, bearer).await?;
    let body = read_body_as(request, payload, "application/json", MAX_BODY).await?;
    let wanted = CredentialRequest::parse(&body)?;
    let configuration = granted(app, issuer, &token, &wanted.target)?;
    let (proofs, nonce) = verify_proofs(app, issuer, &token, &wanted)?;
    let claims = claims(app, configuration, &token, bearer)?;
    let indexes = commit(app, issuer, token, dpop, nonce, proofs.proofs().len()).await?;
    let credentials = proofs
        .keys()
        .zip(&indexes)
        .map(|(key, idx)| build::credential(app, issuer, configuration, &claims, key, *idx))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(CredentialResponse::new(credentials))
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

fn granted<'i>(
    app: &App,
    issuer: &'i CredentialIssuer,
    token: &AccessToken,
    target: &CredentialTarget,
) -> Result<&'i Configuration, Refusal> {
    let id = match target {
        CredentialTarget::Configuration(id) => id.as_str(),
        // TI-14: whichever identifier another token was given is unknown to this one.
        CredentialTarget::Identifier(identifier) if covers(app, token, identifier) => token.configuration_id.as_str(),
        _ => return Err(Refusal::UnknownIdentifier),
    };
    let configuration = issuer.configuration(id).ok_or(Refusal::UnknownConfiguration)?;
    if token.configuration_id.as_str() != configuration.config.id {
        return Err(Refusal::OtherConfiguration);
    }
    Ok(configuration)
}

/// Only tokens of way A are told an identifier.
fn covers(app: &App, token: &AccessToken, identifier: &str) -> bool {
    token.key_commitment.is_some() && credential_identifier(&token.hash, app.crypto.digest) == identifier
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

fn claims(
    app: &App,
    configuration: &Configuration,
    token: &AccessToken,
    bearer: &str,
) -> Result<build::Claims, Refusal> {
    let subject = SubjectSeal::of(app).open(&token.subject, &token.issuer, &token.configuration_id, bearer)?;
    build::claims(configuration, &subject).map_err(|refusal| match refusal {
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
    let mut id = [0; 16];
    app.random.fill(&mut id).map_err(Fault::from)?;
    let id = IssuanceId::new(base64url::encode(id));
    let (uri, now) = (issuer.status.uri.clone(), app.clock.now());
    app.storage
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
            let live = unit
                .access_tokens()
                .lookup(&token.hash)?
                .is_some_and(|token| !token.revoked);
            if !live {
                return Ok(Outcome::RejectRollback(Refusal::Token));
            }
            let Some(indexes) = status::allocate(unit, &uri, &candidates)? else {
                return Ok(Outcome::RejectRollback(Refusal::Fault(Fault::StatusListFull)));
            };
            record(unit, &token, &id, &uri, &indexes, now)?;
            Ok(Outcome::Commit(indexes))
        })
        .await
        .map_err(Fault::from)?
}

fn record(
    unit: &mut dyn UnitOfWork,
    token: &AccessToken,
    id: &IssuanceId,
    uri: &StatusListUri,
    indexes: &[u32],
    now: UnixTime,
) -> Result<(), StorageError> {
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
    if let Some(undelivered) = unit.access_tokens().set_issuance(&token.hash, id)? {
        unit.issuances().revoke(&undelivered)?;
    }
    unit.audit().append(&AuditRecord {
        at: now,
        actor: "wallet".to_owned(),
        action: "credential.issue".to_owned(),
        object_id: id.to_string(),
        outcome: "issued".to_owned(),
        detail: format!("{} copies of {}", indexes.len(), token.configuration_id),
    })?;
    Ok(())
}
