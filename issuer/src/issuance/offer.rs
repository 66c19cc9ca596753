//! Offers: the code of an offer is derived from its id, so that the offer can be served again without the code being stored.

use mahfada_base::{Seconds, base64url};
use mahfada_openid4vci::{
    CredentialOffer, CredentialOfferUri, Grants, PreAuthorizedCodeGrant, TxCode, TxCodeInputMode,
};
use mahfada_storage::{OfferId, PreAuthorizedCode, TokenHash};
use mahfada_web::token::hash_token;

use crate::app::App;
use crate::credential_issuer::CredentialIssuer;
use crate::fault::Fault;

/// How long an offer may be redeemed, in seconds.
pub(crate) const OFFER_LIFETIME: Seconds = 600;
/// The digits of a transaction code.
const TX_CODE_DIGITS: u32 = 6;

/// A code that was just drawn.
#[derive(Debug)]
pub(crate) struct DrawnCode {
    pub(crate) offer_id: OfferId,
    pub(crate) hash: TokenHash,
}

/// Draws an offer id, and a transaction code if one is wanted.
pub(crate) fn draw(app: &App, with_tx_code: bool) -> Result<(DrawnCode, Option<String>), Fault> {
    let mut id = [0; 16];
    app.random.fill(&mut id)?;
    let offer_id = OfferId::new(base64url::encode(id));
    let hash = TokenHash::new(hash_token(&pre_authorized_code(app, &offer_id), app.crypto.digest));
    let tx_code = with_tx_code.then(|| draw_tx_code(app)).transpose()?;
    Ok((DrawnCode { offer_id, hash }, tx_code))
}

/// Six decimal digits without modulo bias.
fn draw_tx_code(app: &App) -> Result<String, Fault> {
    const LIMIT: u32 = 1_000_000;
    loop {
        let mut bytes = [0; 4];
        app.random.fill(&mut bytes)?;
        let number = u32::from_be_bytes(bytes);
        if number < u32::MAX - u32::MAX % LIMIT {
            return Ok(format!("{:06}", number % LIMIT));
        }
    }
}

/// The MAC under which a transaction code is stored; the key keeps a stolen database from trying a million codes.
pub(crate) fn tx_code_mac(app: &App, code: &TokenHash, tx_code: &str) -> [u8; 32] {
    let message = [b"tx_code\0".as_slice(), code.as_bytes(), tx_code.as_bytes()].concat();
    app.crypto.mac.hmac_sha256(app.keys.offer.expose(), &message)
}

/// Writes the offer of a stored code (OpenID4VCI 1.0 §4.1.1).
pub(crate) fn credential_offer(app: &App, issuer: &CredentialIssuer, code: &PreAuthorizedCode) -> CredentialOffer {
    let tx_code = code.tx_code.map(|_| TxCode {
        input_mode: TxCodeInputMode::Numeric,
        length: Some(TX_CODE_DIGITS),
        description: None,
    });
    CredentialOffer {
        credential_issuer: issuer.identifier.clone(),
        credential_configuration_ids: vec![code.configuration_id.to_string()],
        grants: Some(Grants {
            authorization_code: None,
            pre_authorized_code: Some(PreAuthorizedCodeGrant {
                pre_authorized_code: pre_authorized_code(app, &code.offer_id),
                tx_code,
                authorization_server: None,
            }),
        }),
    }
}

/// Returns the link that holds the address of an offer.
pub(crate) fn link_by_reference(issuer: &CredentialIssuer, offer_id: &OfferId) -> String {
    let reference = issuer.endpoint(&format!("/offers/{offer_id}"));
    CredentialOfferUri::ByReference(reference).to_uri()
}

/// Derives the code of an offer, so that it need not be stored.
pub(crate) fn pre_authorized_code(app: &App, offer_id: &OfferId) -> String {
    let message = [b"pre-authorized_code\0".as_slice(), offer_id.as_str().as_bytes()].concat();
    base64url::encode(app.crypto.mac.hmac_sha256(app.keys.offer.expose(), &message))
}
