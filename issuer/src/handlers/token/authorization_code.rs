//! Way A: the code that a card session ended in.

use mahfada_base::Secret;
use mahfada_oauth2::{CodeChallenge, CodeVerifier, UnspentDpop};
use mahfada_storage::{AccessToken, AuthorizationCode, ConfigurationId, Outcome, Sealed, TokenHash, UnitOfWork};
use mahfada_web::token::hash_token;

use super::refusal::Refusal;
use super::{Issued, TOKEN_LIFETIME, audit, spend_dpop};
use crate::app::App;
use crate::fault::Fault;

/// Redeems a code for the key that it was made for (decision D2); a second use revokes what the first one bought.
pub(super) async fn redeem(
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
            audit(unit, &issued, "code.redeem", issued.issuer.as_str(), "code_consumed")?;
            return Ok(Outcome::RejectCommit(Refusal::CodeConsumed));
        }
        if code.expires_at < issued.now {
            return Ok(Outcome::RejectRollback(Refusal::CodeExpired));
        }
        if !issued.details_fit(&code.configuration_id) {
            return Ok(Outcome::RejectRollback(Refusal::OtherDetails));
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
        audit(unit, &issued, "code.redeem", issued.issuer.as_str(), "issued")?;
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
