//! `POST /{slug}/authorization-challenge`: a code by the card, without a browser (decision D3, way A).
//!
//! The first request binds a session to the wallet's key and its commitment and gets a challenge; the second brings the
//! card's evidence, signed by the same key. Evidence whose signature holds spends the session, whatever it proves; anything
//! else leaves it open.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mahfada_base::{CLOCK_SKEW, Seconds, base64url};
use mahfada_crypto::SignatureAlgorithm;
use mahfada_eid::{CARD_CHALLENGE_TYP, CARD_EVIDENCE_TYP, CardChallenge, CardEvidence, CardFile};
use mahfada_jose::{Expectation, JwsBuilder, UnverifiedJws};
use mahfada_oauth2::{
    AuthorizationChallengeRequest, AuthorizationChallengeResponse, CodeChallenge, KeyCommitment, MAX_FORM_BYTES,
    RequestedCredential, UnspentDpop,
};
use mahfada_storage::{
    AuditRecord, AuthorizationCode, CardSession, CardSessionState, ClientId, ConfigurationId, Outcome, SessionId,
    SingleUseKind, StorageError, TokenHash, UnitOfWork,
};
use mahfada_web::body::read_body_as;
use mahfada_web::dpop::verify_dpop;
use mahfada_web::protocol;
use mahfada_web::rate_limit::ClientNetwork;
use mahfada_web::token::{OpaqueToken, hash_token};

use crate::app::App;
use crate::credential_issuer::{Configuration, CredentialIssuer, Source};
use crate::fault::Fault;
use crate::issuance::subject::{Grant, SubjectSeal};
use crate::proofing::{CardProofing, ProvenCard};

use refusal::Refusal;

mod refusal;

/// How long a challenge may be answered, in seconds (eid.md §4).
const CHALLENGE_LIFETIME: Seconds = 120;
/// How long a code may be redeemed, in seconds.
const CODE_LIFETIME: Seconds = 60;

/// Starts or continues an authorization.
pub(crate) async fn post(app: Data<App>, slug: Path<String>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let Some(issuer) = app.issuer(&slug) else {
        return protocol::not_found();
    };
    match authorize(&app, issuer, &request, payload).await {
        Ok(response) => answer(&response),
        Err(refusal) => {
            tracing::info!(
                issuer = issuer.identifier,
                code = refusal.code(),
                "authorization refused"
            );
            if matches!(refusal, Refusal::DpopReplayed) {
                app.metrics.nonce_replay();
            }
            refusal.to_response()
        }
    }
}

fn answer(response: &AuthorizationChallengeResponse) -> HttpResponse {
    let status = StatusCode::from_u16(response.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status)
        .insert_header(("content-type", "application/json"))
        .insert_header(("cache-control", "no-store"))
        .body(response.to_json())
}

async fn authorize(
    app: &App,
    issuer: &CredentialIssuer,
    request: &HttpRequest,
    payload: Payload,
) -> Result<AuthorizationChallengeResponse, Refusal> {
    let url = issuer.endpoint("/authorization-challenge");
    let dpop = verify_dpop(request, &url, None, app.clock.now(), app.crypto)?;
    let body = read_body_as(request, payload, "application/x-www-form-urlencoded", MAX_FORM_BYTES).await?;
    match AuthorizationChallengeRequest::parse_form(&body)? {
        AuthorizationChallengeRequest::Initial {
            client_id,
            requested,
            code_challenge,
            key_commitment,
        } => {
            let configuration = configuration(issuer, &requested)?;
            app.card_limits.count_opened(ClientNetwork::of_request(request))?;
            start(
                app,
                issuer,
                configuration,
                dpop,
                client_id,
                &code_challenge,
                key_commitment,
            )
            .await
        }
        AuthorizationChallengeRequest::Continue { auth_session, evidence } => {
            let hash = TokenHash::new(hash_token(auth_session.expose(), app.crypto.digest));
            finish(app, issuer, dpop, hash, &evidence).await
        }
        _ => Err(Refusal::UnknownScope),
    }
}

fn configuration<'i>(
    issuer: &'i CredentialIssuer,
    requested: &RequestedCredential,
) -> Result<&'i Configuration, Refusal> {
    // RFC 6749 §4.1.2.1 and RFC 9396 §5: each way of asking has its own word for a wrong name.
    let (found, refusal) = match requested {
        RequestedCredential::Configuration(id) => (issuer.configuration(id), Refusal::UnknownConfiguration),
        RequestedCredential::Scope(scope) => (issuer.configuration_of_scope(scope), Refusal::UnknownScope),
        _ => (None, Refusal::UnknownScope),
    };
    found
        .filter(|configuration| matches!(configuration.source, Source::Card))
        .ok_or(refusal)
}

/// Opens a session and signs its challenge.
async fn start(
    app: &App,
    issuer: &CredentialIssuer,
    configuration: &Configuration,
    dpop: UnspentDpop,
    client_id: String,
    code_challenge: &CodeChallenge,
    key_commitment: KeyCommitment,
) -> Result<AuthorizationChallengeResponse, Refusal> {
    let now = app.clock.now();
    let auth_session = OpaqueToken::generate(&*app.random).map_err(Fault::from)?;
    let session = CardSession {
        hash: TokenHash::new(auth_session.hash(app.crypto.digest)),
        issuer: issuer.id(),
        configuration_id: ConfigurationId::new(configuration.config.id.clone()),
        client_id: ClientId::new(client_id),
        wallet_jkt: dpop.thumbprint().0,
        // The wallet says only which keys: for whom is what its proof says.
        key_commitment: mahfada_eid::key_commitment(app.crypto.digest, &dpop.thumbprint(), &key_commitment.0),
        code_challenge: code_challenge.to_string(),
        session_id: SessionId::new(random_text(app)?),
        nonce: random_text(app)?,
        expires_at: now.plus(CHALLENGE_LIFETIME),
        state: CardSessionState::Open,
    };
    let challenge = sign_challenge(app, issuer, &session)?;
    app.storage
        .execute(move |unit: &mut dyn UnitOfWork| {
            if !unit
                .single_use()
                .consume(SingleUseKind::DpopJti, &dpop.jti_hash(), dpop.expires_at())?
            {
                return Ok(Outcome::RejectRollback(Refusal::DpopReplayed));
            }
            unit.card_sessions().add(&session)?;
            Ok(Outcome::Commit(()))
        })
        .await
        .map_err(Fault::from)??;
    Ok(AuthorizationChallengeResponse::card_challenge(
        auth_session.expose(),
        challenge,
    ))
}

fn sign_challenge(app: &App, issuer: &CredentialIssuer, session: &CardSession) -> Result<String, Fault> {
    let challenge = CardChallenge {
        iss: issuer.identifier.clone(),
        aud: session.client_id.to_string(),
        exp: session.expires_at,
        iat: app.clock.now(),
        session: session.session_id.to_string(),
        nonce: session.nonce.clone(),
        commitment: session.key_commitment,
        rnd_ifd: CardProofing::challenge(session, &app.keys, app.crypto),
        // Nothing is issued from the face and the fingers (DG2, DG3), so they stay on the card.
        files: ["sod", "dg1", "dg11", "dg12", "dg14", "dg15"]
            .into_iter()
            .filter_map(CardFile::from_name)
            .collect(),
    };
    Ok(JwsBuilder::new(CARD_CHALLENGE_TYP)
        .x5c(&issuer.signing.chain)
        .sign(&challenge, &*issuer.signing.signer)?)
}

/// Verifies the evidence and hands out the code.
async fn finish(
    app: &App,
    issuer: &CredentialIssuer,
    dpop: UnspentDpop,
    hash: TokenHash,
    evidence: &str,
) -> Result<AuthorizationChallengeResponse, Refusal> {
    let session = find_session(app, issuer, hash).await?;
    let payload = verify_signature(app, &session, &dpop, evidence)?;
    let proven = examine(app, &session, &payload).and_then(|proven| {
        app.card_limits.count_proven(&proven)?;
        Ok(proven)
    });
    let code = OpaqueToken::generate(&*app.random).map_err(Fault::from)?;
    let record = match &proven {
        Ok(proven) => Some(authorization_code(app, &session, proven, &code)?),
        Err(_) => None,
    };
    let (at, refusal) = (app.clock.now(), proven.err());
    app.storage
        .execute(move |unit: &mut dyn UnitOfWork| {
            if !unit
                .single_use()
                .consume(SingleUseKind::DpopJti, &dpop.jti_hash(), dpop.expires_at())?
            {
                return Ok(Outcome::RejectRollback(Refusal::DpopReplayed));
            }
            if !unit.card_sessions().spend(&session.hash)? {
                return Ok(Outcome::RejectRollback(Refusal::SessionSpent));
            }
            unit.audit().append(&AuditRecord {
                at,
                actor: base64url::encode(session.wallet_jkt),
                action: "card.evidence".to_owned(),
                object_id: session.session_id.to_string(),
                outcome: refusal.as_ref().map_or("accepted", Refusal::code).to_owned(),
                detail: session.configuration_id.to_string(),
            })?;
            // A refused card still costs its session: the next try gets a new challenge.
            if let Some(refusal) = refusal {
                return Ok(Outcome::RejectCommit(refusal));
            }
            if let Some(record) = record {
                unit.authorization_codes().add(&record)?;
            }
            Ok(Outcome::Commit(()))
        })
        .await
        .map_err(Fault::from)??;
    Ok(AuthorizationChallengeResponse::Authorized {
        authorization_code: mahfada_base::Secret::new(code.expose().to_owned()),
    })
}

async fn find_session(app: &App, issuer: &CredentialIssuer, hash: TokenHash) -> Result<CardSession, Refusal> {
    let session = app
        .storage
        .execute(
            move |unit: &mut dyn UnitOfWork| -> Result<Outcome<_, StorageError>, _> {
                Ok(Outcome::Commit(unit.card_sessions().lookup(&hash)?))
            },
        )
        .await
        .and_then(|found| found)
        .map_err(Fault::from)?
        .filter(|session| session.issuer == issuer.id())
        .ok_or(Refusal::SessionUnknown)?;
    if session.state != CardSessionState::Open {
        return Err(Refusal::SessionSpent);
    }
    if app.clock.now() > session.expires_at {
        return Err(Refusal::SessionExpired);
    }
    Ok(session)
}

/// The evidence must be signed by the key that the session is bound to; returns its payload.
fn verify_signature(app: &App, session: &CardSession, dpop: &UnspentDpop, evidence: &str) -> Result<Vec<u8>, Refusal> {
    if dpop.thumbprint().0 != session.wallet_jkt {
        return Err(Refusal::BindingMismatch);
    }
    let key = dpop.jwk().to_public_key(app.crypto).map_err(Refusal::WalletKey)?;
    let expectation = Expectation {
        typ: &[CARD_EVIDENCE_TYP],
        algorithms: &[SignatureAlgorithm::Es256],
    };
    let jws = UnverifiedJws::parse(evidence).map_err(Refusal::EvidenceSignature)?;
    // A `jwk` is not needed; one that is there must name the key that counts.
    let named = jws.header().jwk.as_ref();
    if named.is_some_and(|jwk| jwk.thumbprint(app.crypto.digest).0 != session.wallet_jkt) {
        return Err(Refusal::BindingMismatch);
    }
    let jws = jws
        .verify(&key, &expectation, app.crypto)
        .map_err(Refusal::EvidenceSignature)?;
    Ok(jws.payload().to_vec())
}

/// The evidence must be for this session, made in its time, and of a card that policy accepts.
fn examine(app: &App, session: &CardSession, payload: &[u8]) -> Result<ProvenCard, Refusal> {
    let evidence = CardEvidence::parse(payload).map_err(Refusal::EvidenceMalformed)?;
    if evidence.session != session.session_id.as_str() || evidence.nonce != session.nonce {
        return Err(Refusal::EvidenceSession);
    }
    let opened_at = session.expires_at.minus(CHALLENGE_LIFETIME);
    if evidence.iat < opened_at.minus(CLOCK_SKEW) || evidence.iat > app.clock.now().plus(CLOCK_SKEW) {
        return Err(Refusal::EvidenceTime);
    }
    let proofing = app.card.as_ref().ok_or(Refusal::Card("card_not_configured"))?;
    proofing
        .prove(session, &evidence, &app.keys, app.clock.now(), app.crypto)
        .map_err(Refusal::Card)
}

fn authorization_code(
    app: &App,
    session: &CardSession,
    proven: &ProvenCard,
    code: &OpaqueToken,
) -> Result<AuthorizationCode, Fault> {
    let grant = Grant::by_card(proven.claims.clone());
    Ok(AuthorizationCode {
        hash: TokenHash::new(code.hash(app.crypto.digest)),
        issuer: session.issuer.clone(),
        configuration_id: session.configuration_id.clone(),
        client_id: session.client_id.clone(),
        wallet_jkt: session.wallet_jkt,
        key_commitment: session.key_commitment,
        code_challenge: session.code_challenge.clone(),
        subject: SubjectSeal::of(app).seal(&grant, &session.issuer, &session.configuration_id, code.expose())?,
        person_ref: Some(proven.person_ref),
        card_ref: proven.card_ref,
        expires_at: app.clock.now().plus(CODE_LIFETIME),
        redeemed_for: None,
    })
}

fn random_text(app: &App) -> Result<String, Fault> {
    let mut bytes = [0; 16];
    app.random.fill(&mut bytes)?;
    Ok(base64url::encode(bytes))
}
