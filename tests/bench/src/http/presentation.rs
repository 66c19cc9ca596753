//! One presentation across devices: what the agency and the wallet send.

use mahfada_base::ClaimsPath;
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_crypto::{ContentEncryption, SignatureAlgorithm};
use mahfada_jose::{Jwk, UnverifiedJws};
use mahfada_openid4vp::{AuthorizationResponse, ResponseEncryption, VpToken};
use mahfada_sd_jwt::vc::UnverifiedSdJwtVc;
use mahfada_x509::UnverifiedChain;
use serde_json::{Value, json};

use super::client::{Client, bytes, json as answer, now, text};
use super::issuance::{Held, json_body};
use super::server::Server;
use crate::measure::Failure;

const CLAIMS: [&str; 2] = ["cnss_number", "rights_open"];

/// Asks for a presentation and returns the answer of the management API.
pub(super) async fn ask(client: &Client, verifier: &Server, api_key: &str) -> Result<Value, Failure> {
    let claims: Vec<Value> = CLAIMS.iter().map(|name| json!({"path": [name]})).collect();
    let meta = json!({"vct_values": ["urn:mahfada:cnss-rights:1"]});
    let credential = json!({"id": "rights", "format": "dc+sd-jwt", "meta": meta, "claims": claims});
    let wanted = json!({"query": {"credentials": [credential]}, "flow": "cross_device", "qr": false});
    let request = client.post(&format!("{}/v1/presentations", verifier.management_url));
    answer(json_body(request, &wanted).bearer_auth(api_key)).await
}

/// Asks, fetches the request object, answers it, and reads the verdict, which must be to accept.
pub(super) async fn present(
    client: &Client,
    verifier: &Server,
    api_key: &str,
    held: Option<Held>,
) -> Result<(), Failure> {
    let held = held.ok_or("no credential left")?;
    let created = ask(client, verifier, api_key).await?;
    let request_object = bytes(client.get(text(&created, "request_uri")?)).await?;
    let request = UnverifiedJws::parse(std::str::from_utf8(&request_object)?)?;
    let request: Value = serde_json::from_slice(request.unverified_payload())?;

    let response = AuthorizationResponse {
        vp_token: VpToken::from([("rights".to_owned(), vec![sign(&held, &request)?])]),
        state: Some(text(&request, "state")?.to_owned()),
    };
    let form = response.encrypt(&encryption(&request)?, &SystemRandom, &PROVIDER)?;
    let post = client
        .post(text(&request, "response_uri")?)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    bytes(post).await?;

    let id = text(&created, "presentation_id")?;
    let url = format!("{}/v1/presentations/{id}", verifier.management_url);
    let seen = answer(client.get(&url).bearer_auth(api_key)).await?;
    if seen.get("accepted") == Some(&Value::Bool(true)) {
        Ok(())
    } else {
        Err(format!("not accepted: {seen}").into())
    }
}

fn sign(held: &Held, request: &Value) -> Result<String, Failure> {
    let credential = UnverifiedSdJwtVc::parse(&held.credential)?;
    let chain = UnverifiedChain::from_x5c(credential.x5c().ok_or("no x5c")?)?;
    let issuer_key = chain.leaf().public_key(&PROVIDER)?;
    let paths: Vec<ClaimsPath> = CLAIMS.iter().map(|name| ClaimsPath::name(*name)).collect();
    let verified = credential.verify(&issuer_key, now(), &PROVIDER)?;
    let input = verified.present(&paths)?.key_binding_input(
        text(request, "client_id")?,
        text(request, "nonce")?,
        now(),
        SignatureAlgorithm::Es256,
        PROVIDER.digest,
    );
    let signature = held.key.sign(input.as_bytes())?;
    Ok(input.with_signature(&signature))
}

fn encryption(request: &Value) -> Result<ResponseEncryption, Failure> {
    let jwk = Jwk::parse(request.pointer("/client_metadata/jwks/keys/0").ok_or("no key")?)?;
    Ok(ResponseEncryption {
        key: jwk.to_encryption_key(&PROVIDER)?,
        kid: jwk.kid().ok_or("no kid")?.to_owned(),
        enc: ContentEncryption::A256Gcm,
    })
}
