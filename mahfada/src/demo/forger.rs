//! A forger with a genuine key: an issuer's valid leaf signs a credential that this issuer is not entitled to.
//!
//! wallet-core would not take part, so the forger speaks to the verifier by hand.

use mahfada_base::ClaimsPath;
use mahfada_base::{Clock as _, base64url};
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};
use mahfada_crypto::{ContentEncryption, SignatureAlgorithm, Signer};
use mahfada_jose::{Jwk, JwsBuilder, UnverifiedJws};
use mahfada_openid4vp::{AuthorizationRequestUri, AuthorizationResponse, ResponseEncryption, VpToken};
use mahfada_sd_jwt::SdJwtIssuance;
use mahfada_sd_jwt::vc::UnverifiedSdJwtVc;
use mahfada_web::clock::SystemClock;
use serde_json::{Value, json};

use super::DemoError;
use super::authority::Identity;
use super::office::Https;
use super::world::PID;

/// Answers a request for an identity credential with one that `signer` has signed, and returns the HTTP status.
///
/// # Errors
/// [`DemoError`] when the verifier does not even take the answer.
pub(super) async fn answer(https: &Https, link: &str, signer: &Identity, status_uri: &str) -> Result<u16, DemoError> {
    let request = fetch(https, link).await?;
    let holder = PROVIDER.keys.generate_es256(&SystemRandom)?;
    let names = ["family_name", "given_name", "birthdate", "address"];
    let credential = forge(signer, &*holder, status_uri, &names)?;
    let presentation = present(&credential, signer, &*holder, &request, &names)?;
    let query_id = text(&request, "/dcql_query/credentials/0/id")?;
    let response = AuthorizationResponse {
        vp_token: VpToken::from([(query_id, vec![presentation])]),
        state: request.get("state").and_then(Value::as_str).map(ToOwned::to_owned),
    };
    let form = response
        .encrypt(&recipient(&request)?, &SystemRandom, &PROVIDER)
        .map_err(unexpected)?;
    let sent = https
        .client()
        .post(text(&request, "/response_uri")?)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await?;
    Ok(sent.status().as_u16())
}

async fn fetch(https: &Https, link: &str) -> Result<Value, DemoError> {
    let link = AuthorizationRequestUri::parse(link).map_err(unexpected)?;
    let object = https
        .client()
        .get(link.request_uri.as_str())
        .send()
        .await?
        .text()
        .await?;
    let object = UnverifiedJws::parse(&object).map_err(unexpected)?;
    mahfada_base::json::parse(object.unverified_payload()).map_err(unexpected)
}

fn forge(signer: &Identity, holder: &dyn Signer, status_uri: &str, names: &[&str]) -> Result<String, DemoError> {
    let day = SystemClock.now().start_of_day();
    let payload = json!({
        "vct": PID,
        "iat": day,
        "nbf": day,
        "exp": day.plus(7 * 86_400),
        "cnf": { "jwk": Jwk::from_public_key(holder.public_key()).to_value() },
        "status": { "status_list": { "uri": status_uri, "idx": 0 } },
        "family_name": "FORGED",
        "given_name": "FORGED",
        "birthdate": "1990-01-01",
        "address": { "formatted": "FORGED" },
    });
    let Value::Object(payload) = payload else {
        return Err(unexpected("no object"));
    };
    let issuance = SdJwtIssuance {
        payload,
        selectively_disclosable: names.iter().map(|name| ClaimsPath::name(*name)).collect(),
        decoys: 0,
    };
    let builder = JwsBuilder::new("dc+sd-jwt").x5c(std::slice::from_ref(&signer.certificate));
    issuance
        .sign(builder, &*signer.signer, &SystemRandom, PROVIDER.digest)
        .map_err(unexpected)
}

fn present(
    credential: &str,
    signer: &Identity,
    holder: &dyn Signer,
    request: &Value,
    names: &[&str],
) -> Result<String, DemoError> {
    let own = UnverifiedSdJwtVc::parse(credential)
        .map_err(unexpected)?
        .verify(signer.signer.public_key(), SystemClock.now(), &PROVIDER)
        .map_err(unexpected)?;
    let paths: Vec<_> = names.iter().map(|name| ClaimsPath::name(*name)).collect();
    let input = own.present(&paths).map_err(unexpected)?.key_binding_input(
        &text(request, "/client_id")?,
        &text(request, "/nonce")?,
        SystemClock.now(),
        SignatureAlgorithm::Es256,
        PROVIDER.digest,
    );
    let signature = holder.sign(input.as_bytes()).map_err(unexpected)?;
    Ok(input.with_signature(&signature))
}

fn recipient(request: &Value) -> Result<ResponseEncryption, DemoError> {
    let coordinate = |name: &str| {
        base64url::decode(text(request, &format!("/client_metadata/jwks/keys/0/{name}"))?).map_err(unexpected)
    };
    Ok(ResponseEncryption {
        key: PROVIDER.keys.p256_public(&coordinate("x")?, &coordinate("y")?)?,
        kid: text(request, "/client_metadata/jwks/keys/0/kid")?,
        enc: ContentEncryption::A256Gcm,
    })
}

fn text(value: &Value, pointer: &str) -> Result<String, DemoError> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
        .ok_or_else(|| unexpected(format!("the request has no {pointer}")))
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn unexpected(what: impl ToString) -> DemoError {
    DemoError::Unexpected(what.to_string())
}
