//! A request whose access certificate stands under an anchor chosen by hand: no registration, the other rules as ever.
//!
//! Beyond what this country's verifiers do it takes `x509_san_dns` as a client identifier and requests without `iat` and
//! `exp`; those expire ten minutes after they came.

use mahfada_base::{CLOCK_SKEW, Seconds, UnixTime, base64url};
use mahfada_crypto::{ContentEncryption, CryptoProvider};
use mahfada_jose::{Expectation, Jwk, UnverifiedJws};
use mahfada_openid4vp::{AuthorizationRequestUri, DcqlQuery, RequestError, ResponseEncryption, STATIC_AUDIENCE};
use mahfada_trust::TrustError;
use mahfada_x509::{Certificate, ChainError, UnverifiedChain};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::request::AcceptedRequest;
use crate::vouching::{identifier_of, name_of};
use crate::{AnchorsByHand, Context};

const REQUEST_TYP: &str = "oauth-authz-req+jwt";
/// 128 bits as base64url without padding.
const LEAST_NONCE: usize = 22;
const LONGEST_NONCE: usize = 512;
const LONGEST_LIFE: Seconds = 600;
/// The strongest first.
const ENCRYPTIONS: [ContentEncryption; 2] = [ContentEncryption::A256Gcm, ContentEncryption::A128Gcm];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Claims {
    aud: Option<String>,
    client_id: Option<String>,
    client_metadata: Option<Value>,
    dcql_query: Option<Value>,
    exp: Option<UnixTime>,
    iat: Option<UnixTime>,
    nonce: Option<String>,
    redirect_uri: Option<Value>,
    response_mode: Option<String>,
    response_type: Option<String>,
    response_uri: Option<String>,
    scope: Option<Value>,
    state: Option<String>,
    transaction_data: Option<Value>,
    wallet_nonce: Option<String>,
}

/// Checks who asks, that they signed it for this exchange, and that the answer goes to a host of theirs.
pub(super) fn verify(
    text: &str,
    link: &AuthorizationRequestUri,
    wallet_nonce: Option<&str>,
    anchors: &AnchorsByHand,
    context: &Context<'_>,
) -> Result<AcceptedRequest, RequestError> {
    let jws = UnverifiedJws::parse(text).map_err(|error| RequestError::Invalid(error.to_string()))?;
    let x5c = jws.header().x5c.as_ref().ok_or(RequestError::ChainMissing)?;
    let chain = UnverifiedChain::from_x5c(x5c).map_err(RequestError::Chain)?;
    let chain = anchors
        .verify(&chain, context.now, context.crypto)
        .map_err(|error| match error {
            ChainError::Untrusted => RequestError::Untrusted(TrustError::UnknownEntity),
            other => RequestError::Untrusted(TrustError::Chain(other)),
        })?;
    let claims: Claims = jws
        .verify(chain.leaf_key(), &Expectation::es256(&[REQUEST_TYP]), context.crypto)
        .map_err(RequestError::Signature)?
        .claims()
        .map_err(|error| invalid(&error.to_string()))?;
    let leaf = chain.leaf();
    let client_id = client_id(&claims, &link.client_id, leaf, context.crypto)?;
    require_parameters(&claims)?;
    let query = claims
        .dcql_query
        .as_ref()
        .ok_or_else(|| invalid("there is no dcql_query"))?;
    let query = DcqlQuery::parse(query).map_err(|error| invalid(&error.to_string()))?;
    Ok(AcceptedRequest {
        name: name_of(leaf),
        organization_identifier: identifier_of(leaf, context.crypto),
        registration: None,
        nonce: nonce(&claims, wallet_nonce)?,
        client_id,
        response_uri: response_uri(&claims, leaf, link, context)?,
        encryption: encryption(claims.client_metadata.as_ref(), &query, context.crypto)?,
        expires_at: expires_at(&claims, context.now)?,
        state: state(claims.state, &query)?,
        query,
    })
}

/// The identifier of the link, of the request and of the certificate are one (OpenID4VP 1.0 §5.9.3).
fn client_id(
    claims: &Claims,
    expected: &str,
    leaf: &Certificate,
    provider: &CryptoProvider,
) -> Result<String, RequestError> {
    let client_id = claims
        .client_id
        .as_deref()
        .ok_or_else(|| invalid("there is no client_id"))?;
    if client_id != expected {
        return Err(RequestError::ClientIdMismatch);
    }
    let is_leaf = match client_id.split_once(':') {
        Some(("x509_hash", hash)) => hash == base64url::encode(leaf.sha256(provider.digest)),
        Some(("x509_san_dns", name)) => names(leaf, name),
        _ => {
            return Err(invalid(
                "the client identifier prefix is neither x509_hash nor x509_san_dns",
            ));
        }
    };
    if is_leaf {
        Ok(client_id.to_owned())
    } else {
        Err(invalid("the client identifier is not that of the access certificate"))
    }
}

fn require_parameters(claims: &Claims) -> Result<(), RequestError> {
    let is = |value: &Option<String>, expected| value.as_deref() == Some(expected);
    let rules = [
        (
            is(&claims.response_type, "vp_token"),
            "the response_type is not vp_token",
        ),
        (
            is(&claims.response_mode, "direct_post.jwt"),
            "the response_mode is not direct_post.jwt",
        ),
        (
            is(&claims.aud, STATIC_AUDIENCE),
            "the request is meant for somebody else",
        ),
        (
            claims.redirect_uri.is_none(),
            "there is a redirect_uri beside the response_uri",
        ),
        (claims.scope.is_none(), "there is a scope beside the dcql_query"),
    ];
    match rules.iter().find(|(holds, _)| !holds) {
        Some((_, fault)) => Err(invalid(fault)),
        // §8.4: a wallet that does not support a type of transaction data must refuse.
        None if claims.transaction_data.is_some() => Err(RequestError::TransactionData),
        None => Ok(()),
    }
}

fn expires_at(claims: &Claims, now: UnixTime) -> Result<UnixTime, RequestError> {
    let issued_at = claims.iat.unwrap_or(now);
    let expires_at = claims.exp.unwrap_or_else(|| issued_at.plus(LONGEST_LIFE));
    if issued_at > now.plus(CLOCK_SKEW) {
        return Err(RequestError::NotYetValid);
    }
    if expires_at.plus(CLOCK_SKEW) < now {
        return Err(RequestError::Expired);
    }
    if (1..=LONGEST_LIFE).contains(&expires_at.since(issued_at)) {
        Ok(expires_at)
    } else {
        Err(RequestError::Lifetime)
    }
}

fn nonce(claims: &Claims, wallet_nonce: Option<&str>) -> Result<String, RequestError> {
    let nonce = claims.nonce.as_deref().filter(|nonce| !nonce.is_empty());
    let nonce = nonce.ok_or(RequestError::NonceMissing)?;
    if nonce.len() < LEAST_NONCE {
        return Err(RequestError::NonceTooShort);
    }
    let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if nonce.len() > LONGEST_NONCE || !nonce.bytes().all(url_safe) {
        return Err(invalid("the nonce is not URL-safe text"));
    }
    if wallet_nonce.is_some() && claims.wallet_nonce.as_deref() != wallet_nonce {
        return Err(RequestError::WalletNonceMismatch);
    }
    Ok(nonce.to_owned())
}

/// The answer goes to a host that the certificate names. No certificate names this machine itself: without TLS the
/// answer goes back to where the request came from.
fn response_uri(
    claims: &Claims,
    leaf: &Certificate,
    link: &AuthorizationRequestUri,
    context: &Context<'_>,
) -> Result<Url, RequestError> {
    let text = claims.response_uri.as_deref();
    let text = text.ok_or_else(|| invalid("there is no response_uri"))?;
    let uri = Url::parse(text).map_err(|_| invalid("the response_uri is no address"))?;
    let plain = uri.username().is_empty() && uri.password().is_none() && uri.fragment().is_none();
    if !plain || !context.trust.addresses().allow(uri.as_str()) {
        return Err(invalid("the response_uri is not a plain https address"));
    }
    let is_theirs = if uri.scheme() == "https" {
        uri.host_str().is_some_and(|host| names(leaf, host))
    } else {
        uri.origin() == link.request_uri.origin()
    };
    is_theirs.then_some(uri).ok_or(RequestError::ResponseUriMismatch)
}

/// Without holder binding only `state` ties the answer to the request (§5.3).
fn state(state: Option<String>, query: &DcqlQuery) -> Result<Option<String>, RequestError> {
    let mut queries = query.credentials().iter();
    let strong = state.as_ref().is_some_and(|state| state.len() >= LEAST_NONCE);
    if strong || queries.all(|query| query.require_cryptographic_holder_binding) {
        Ok(state)
    } else {
        Err(invalid("without holder binding a state of 128 bits is required"))
    }
}

/// Chooses the first usable key and the strongest common algorithm (§8.3); keys of other kinds are passed over.
fn encryption(
    metadata: Option<&Value>,
    query: &DcqlQuery,
    provider: &CryptoProvider,
) -> Result<ResponseEncryption, RequestError> {
    let metadata = metadata.ok_or_else(|| invalid("there is no client_metadata"))?;
    let formats = metadata.get("vp_formats_supported").and_then(Value::as_object);
    let understood = |format: &str| formats.is_some_and(|formats| formats.contains_key(format));
    if !query.credentials().iter().all(|query| understood(&query.format)) {
        return Err(RequestError::FormatsNotSupported);
    }
    let supported = metadata.get("encrypted_response_enc_values_supported");
    let encryptions: Vec<&str> = supported.and_then(Value::as_array).map_or_else(
        // §5.1: a verifier that says nothing reads A128GCM.
        || vec![ContentEncryption::A128Gcm.name()],
        |values| values.iter().filter_map(Value::as_str).collect(),
    );
    let enc = ENCRYPTIONS.into_iter().find(|enc| encryptions.contains(&enc.name()));
    let enc = enc.ok_or_else(|| invalid("there is no common content encryption"))?;
    let keys = metadata.pointer("/jwks/keys").and_then(Value::as_array);
    let usable = |key: &Value| {
        let jwk = Jwk::parse(key).ok().filter(|jwk| jwk.alg() == Some("ECDH-ES"))?;
        Some(ResponseEncryption {
            kid: jwk.kid()?.to_owned(),
            key: jwk.to_encryption_key(provider).ok()?,
            enc,
        })
    };
    keys.into_iter()
        .flatten()
        .find_map(usable)
        .ok_or_else(|| invalid("there is no key to encrypt the answer with"))
}

fn names(leaf: &Certificate, host: &str) -> bool {
    leaf.dns_names().iter().any(|name| name.eq_ignore_ascii_case(host))
}

fn invalid(fault: &str) -> RequestError {
    RequestError::Invalid(fault.to_owned())
}
