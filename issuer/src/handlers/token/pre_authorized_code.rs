//! Way B: the code of an offer.

use mahfada_base::{Secret, UnixTime};
use mahfada_events::EventKind;
use mahfada_oauth2::UnspentDpop;
use mahfada_storage::{
    AccessToken, ClientId, CodeState, ConfigurationId, MAX_WRONG_TX_CODES, Outcome, PreAuthorizedCode, Sealed,
    TokenHash, UnitOfWork,
};
use mahfada_web::token::hash_token;
use subtle::ConstantTimeEq as _;

use super::refusal::Refusal;
use super::{Issued, TOKEN_LIFETIME, audit, spend_dpop};
use crate::app::App;
use crate::fault::Fault;
use crate::issuance::offer;

/// Redeems the code of an offer; a wrong transaction code counts although the request is refused (decision D6).
pub(super) async fn redeem(
    app: &App,
    issued: Issued,
    dpop: Option<UnspentDpop>,
    code: &Secret<String>,
    tx_code: Option<Secret<String>>,
    client_id: Option<String>,
) -> Result<ConfigurationId, Refusal> {
    let hash = TokenHash::new(hash_token(code.expose(), app.crypto.digest));
    let tx_code = tx_code.map(|tx_code| offer::tx_code_mac(app, &hash, tx_code.expose()));
    let (secret, tenant) = (code.clone(), issued.announcement.tenant());
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
        if !issued.details_fit(&code.configuration_id) {
            return Ok(Outcome::RejectRollback(Refusal::OtherDetails));
        }
        match (&code.tx_code, &tx_code) {
            (Some(_), None) => return Ok(Outcome::RejectRollback(Refusal::TxCodeMissing)),
            (None, Some(_)) => return Ok(Outcome::RejectRollback(Refusal::TxCodeUnexpected)),
            (Some(expected), Some(given)) if !bool::from(expected.ct_eq(given)) => {
                let tries = unit.pre_authorized_codes().record_wrong_tx_code(&hash)?;
                let burnt = tries >= MAX_WRONG_TX_CODES;
                let outcome = if burnt { "code_locked" } else { "tx_code_wrong" };
                audit(unit, &issued, "offer.redeem", code.offer_id.as_str(), outcome)?;
                if burnt {
                    let offer_id = code.offer_id.as_str();
                    issued
                        .announcement
                        .record(unit, EventKind::OfferBurnt, offer_id, Some("tx_code_wrong"))?;
                }
                return Ok(Outcome::RejectCommit(Refusal::TxCodeWrong(tries)));
            }
            _ => {}
        }
        if !unit.pre_authorized_codes().redeem_for(&hash, &issued.hash)? {
            return Ok(Outcome::RejectRollback(Refusal::CodeConsumed));
        }
        let subject = match issued.pass_on(&code.subject, &code.configuration_id, &secret) {
            Ok(subject) => subject,
            Err(fault) => return Ok(Outcome::RejectRollback(fault.into())),
        };
        let offer_id = code.offer_id.clone();
        audit(unit, &issued, "offer.redeem", offer_id.as_str(), "issued")?;
        let token = token_for_offer(&issued, code, subject, dpop.as_ref(), client_id);
        unit.access_tokens().add(&token)?;
        issued
            .announcement
            .record(unit, EventKind::OfferRedeemed, offer_id.as_str(), None)?;
        Ok(Outcome::Commit(token.configuration_id))
    });
    let answer = answer.await.map_err(Fault::from)?;
    if is_told(&answer) {
        app.events.notify_tenant(&tenant);
    }
    answer
}

/// Tells whether an event was recorded and kept; whom nothing is told of, a stranger may send as often as they like.
fn is_told(answer: &Result<ConfigurationId, Refusal>) -> bool {
    match answer {
        Ok(_) => true,
        Err(Refusal::TxCodeWrong(tries)) => *tries >= MAX_WRONG_TX_CODES,
        Err(_) => false,
    }
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
