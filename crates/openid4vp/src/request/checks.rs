//! The single checks of a request's claims, one function per subject.

use mahfada_base::{CLOCK_SKEW, Seconds, UnixTime};
use mahfada_trust::RelyingPartyIdentity;
use url::Url;

use super::wire::Claims;
use super::{RESPONSE_MODE, RESPONSE_TYPE, RequestError, STATIC_AUDIENCE};
use crate::DcqlQuery;

/// 128 bits as base64url without padding.
const LEAST_NONCE_LEN: usize = 22;
const LONGEST_NONCE: usize = 512;
/// The most seconds between `iat` and `exp`: same-device exchanges take longer than the 120 s of cross-device ones.
const LONGEST_LIFE: Seconds = 600;
const X509_HASH: &str = "x509_hash:";

/// The identifier of the link, of the request and of the certificate are one (§5.9.3, RFC 9101 §5).
pub(super) fn client_id(
    claims: &Claims,
    expected: &str,
    relying_party: &RelyingPartyIdentity,
) -> Result<String, RequestError> {
    let client_id = claims
        .client_id
        .as_deref()
        .ok_or_else(|| RequestError::invalid("there is no client_id"))?;
    if client_id != expected {
        return Err(RequestError::ClientIdMismatch);
    }
    if !client_id.starts_with(X509_HASH) {
        return Err(RequestError::invalid("the client identifier prefix is not x509_hash"));
    }
    if client_id != relying_party.client_id() {
        return Err(RequestError::invalid(
            "the client identifier is not the hash of the access certificate",
        ));
    }
    Ok(client_id.to_owned())
}

pub(super) fn parameters(claims: &Claims) -> Result<(), RequestError> {
    let faults = [
        (
            claims.response_type.as_deref() != Some(RESPONSE_TYPE),
            "the response_type is not vp_token",
        ),
        (
            claims.response_mode.as_deref() != Some(RESPONSE_MODE),
            "the response_mode is not direct_post.jwt",
        ),
        (
            claims.aud.as_deref() != Some(STATIC_AUDIENCE),
            "the request is meant for somebody else",
        ),
        // §8.2: with direct_post there is no redirect_uri.
        (
            claims.redirect_uri.is_some(),
            "there is a redirect_uri beside the response_uri",
        ),
        (claims.scope.is_some(), "there is a scope beside the dcql_query"),
    ];
    if let Some((_, fault)) = faults.iter().find(|(found, _)| *found) {
        return Err(RequestError::invalid(fault));
    }
    // §8.4: a wallet that does not support a type of transaction data must refuse.
    if claims.transaction_data.is_some() {
        Err(RequestError::TransactionData)
    } else {
        Ok(())
    }
}

/// A request is for one exchange now; who gets hold of it later must not find it valid (decision D9).
pub(super) fn times(claims: &Claims, now: UnixTime) -> Result<UnixTime, RequestError> {
    let issued_at = claims.iat.ok_or_else(|| RequestError::invalid("there is no iat"))?;
    let expires_at = claims.exp.ok_or_else(|| RequestError::invalid("there is no exp"))?;
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

pub(super) fn nonces(claims: &Claims, wallet_nonce: Option<&str>) -> Result<String, RequestError> {
    let nonce = claims
        .nonce
        .as_deref()
        .filter(|nonce| !nonce.is_empty())
        .ok_or(RequestError::NonceMissing)?;
    if nonce.len() < LEAST_NONCE_LEN {
        return Err(RequestError::NonceTooShort);
    }
    if nonce.len() > LONGEST_NONCE || !nonce.bytes().all(is_url_safe) {
        return Err(RequestError::invalid("the nonce is not URL-safe text"));
    }
    // §5.10: what the wallet sent must come back; what it did not send is ignored.
    if wallet_nonce.is_some() && claims.wallet_nonce.as_deref() != wallet_nonce {
        return Err(RequestError::WalletNonceMismatch);
    }
    Ok(nonce.to_owned())
}

/// The answer goes only to a host that the access certificate names (decision D9).
pub(super) fn response_uri(claims: &Claims, relying_party: &RelyingPartyIdentity) -> Result<Url, RequestError> {
    let text = claims
        .response_uri
        .as_deref()
        .ok_or_else(|| RequestError::invalid("there is no response_uri"))?;
    let uri = Url::parse(text).map_err(|_| RequestError::invalid("the response_uri is no address"))?;
    let plain = uri.username().is_empty() && uri.password().is_none() && uri.fragment().is_none();
    if uri.scheme() != "https" || !plain {
        return Err(RequestError::invalid("the response_uri is not a plain https address"));
    }
    let host = uri.host_str().unwrap_or_default();
    if relying_party
        .dns_names()
        .iter()
        .any(|name| name.eq_ignore_ascii_case(host))
    {
        return Ok(uri);
    }
    Err(RequestError::ResponseUriMismatch)
}

/// Without holder binding only `state` ties the answer to the request (§5.3).
pub(super) fn state(claims: &Claims, query: &DcqlQuery) -> Result<(), RequestError> {
    let unbound = query
        .credentials()
        .iter()
        .any(|credential| !credential.require_cryptographic_holder_binding);
    let strong = claims
        .state
        .as_deref()
        .is_some_and(|state| state.len() >= LEAST_NONCE_LEN);
    if unbound && !strong {
        return Err(RequestError::invalid(
            "without holder binding a state of 128 bits is required",
        ));
    }
    Ok(())
}

const fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}
