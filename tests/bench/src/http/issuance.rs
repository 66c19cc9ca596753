//! One credential from an offer: what the agency's back office and the wallet send.

use std::sync::Arc;

use mahfada_base::{Secret, base64url};
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_crypto::{Random as _, Signer};
use mahfada_jose::Jwk;
use mahfada_oauth2::{TokenRequest, TokenResponse, dpop_signing_input};
use mahfada_openid4vci::{
    CredentialOfferUri, CredentialRequest, CredentialResponse, NonceResponse, UnverifiedProofs, proof_signing_input,
};
use reqwest::RequestBuilder;
use serde_json::json;

use super::client::{Client, bytes, json as answer, now, text};
use super::server::Server;
use crate::measure::Failure;

const CONFIGURATION: &str = "cnss-rights";
const CLIENT_ID: &str = "mahfada-wallet";

/// A credential and the key that it is bound to.
pub(super) struct Held {
    pub(super) credential: String,
    pub(super) key: Arc<dyn Signer>,
}

/// Makes an offer and redeems it.
pub(super) async fn issue(client: &Client, issuer: &Server, api_key: &str) -> Result<Held, Failure> {
    let wanted = json!({"credential_configuration_id": CONFIGURATION, "subject": "M-0001", "qr": false});
    let request = client.post(&format!("{}/v1/offers", issuer.management_url));
    let offered = answer(json_body(request, &wanted).bearer_auth(api_key)).await?;
    let CredentialOfferUri::ByValue(offer) = CredentialOfferUri::parse(text(&offered, "offer_uri")?)? else {
        return Err("the offer is not in the link".into());
    };
    let code = offer.grants.and_then(|grants| grants.pre_authorized_code);
    let code = code.ok_or("an offer without code")?.pre_authorized_code;

    let base = format!("{}/cnss", issuer.public_url);
    let wallet_key = PROVIDER.keys.generate_es256(&SystemRandom)?;
    let form = TokenRequest::PreAuthorizedCode {
        pre_authorized_code: Secret::new(code),
        tx_code: None,
        client_id: Some(CLIENT_ID.to_owned()),
    };
    let url = format!("{base}/token");
    let request = client
        .post(&url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.to_form());
    let token = TokenResponse::parse(&bytes(prove(request, &url, &*wallet_key, None)?).await?)?;

    let nonce = NonceResponse::parse(&bytes(client.post(&format!("{base}/nonce"))).await?)?;
    let key = PROVIDER.keys.generate_es256(&SystemRandom)?;
    let jwk = Jwk::from_public_key(key.public_key());
    let input = proof_signing_input(&jwk, &base, now(), &nonce.c_nonce, Some(CLIENT_ID))?;
    let proof = input.with_signature(&key.sign(input.as_bytes())?);
    let wanted = CredentialRequest::for_configuration(CONFIGURATION.to_owned(), UnverifiedProofs::new(vec![proof]));

    let url = format!("{base}/credential");
    let access_token = token.access_token.expose();
    let request = client
        .post(&url)
        .header("content-type", "application/json")
        .header("authorization", format!("DPoP {access_token}"))
        .body(wanted.to_json());
    let body = bytes(prove(request, &url, &*wallet_key, Some(access_token))?).await?;
    let response = CredentialResponse::parse(&body, 1)?;
    let credential = response.credentials.first().and_then(|issued| issued.as_compact());
    Ok(Held {
        credential: credential.ok_or("no credential")?.to_owned(),
        key,
    })
}

/// Writes a JSON body.
pub(super) fn json_body(request: RequestBuilder, body: &serde_json::Value) -> RequestBuilder {
    request
        .header("content-type", "application/json")
        .body(body.to_string())
}

/// Adds a DPoP proof.
fn prove(
    request: RequestBuilder,
    url: &str,
    key: &dyn Signer,
    access_token: Option<&str>,
) -> Result<RequestBuilder, Failure> {
    let mut jti = [0; 16];
    SystemRandom.fill(&mut jti)?;
    let jwk = Jwk::from_public_key(key.public_key());
    let jti = base64url::encode(jti);
    let input = dpop_signing_input(&jwk, "POST", url, &jti, now(), access_token, None, PROVIDER.digest)?;
    Ok(request.header("dpop", input.with_signature(&key.sign(input.as_bytes())?)))
}
