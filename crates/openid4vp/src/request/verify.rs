//! From a signed text to a request that may be shown to the citizen.

use mahfada_base::{UnixTime, base64url};
use mahfada_crypto::CryptoProvider;
use mahfada_jose::Expectation;
use mahfada_trust::{RelyingPartyIdentity, TrustStore, UnverifiedRegistration, VerifiedRegistration};
use mahfada_x509::UnverifiedChain;
use serde_json::Value;

use super::wire::Claims;
use super::{
    REGISTRATION_CERTIFICATE_FORMAT, REQUEST_TYP, RequestError, UnverifiedRequest, VerifiedRequest, VerifierInfo,
    checks, encryption,
};
use crate::{DcqlQuery, exceeds_registration};

impl UnverifiedRequest {
    /// Checks who asks, that they signed it, that it was meant for this wallet and this exchange, where the answer would
    /// go, and that nothing is asked beyond the registration (OpenID4VP 1.0 §5, HAIP §5, ARF `RPRC_17` to `RPRC_21`).
    ///
    /// `expected_client_id` is the one of the link, `wallet_nonce` the one sent when fetching. What the citizen holds and
    /// wants is not looked at, nor the revocation of the registration.
    ///
    /// # Errors
    /// [`RequestError`] naming the first fault.
    pub fn verify(
        self,
        expected_client_id: &str,
        wallet_nonce: Option<&str>,
        store: &TrustStore,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedRequest, RequestError> {
        let x5c = self.0.header().x5c.as_ref().ok_or(RequestError::ChainMissing)?;
        let chain = UnverifiedChain::from_x5c(x5c).map_err(RequestError::Chain)?;
        let relying_party = store
            .trusted_access_certificate(&chain, now, provider)
            .map_err(RequestError::Untrusted)?;
        let expectation = Expectation::es256(&[REQUEST_TYP]);
        let jws = self
            .0
            .verify(relying_party.key(), &expectation, provider)
            .map_err(RequestError::Signature)?;
        let claims: Claims = jws.claims().map_err(|error| RequestError::Invalid(error.to_string()))?;

        let client_id = checks::client_id(&claims, expected_client_id, &relying_party)?;
        checks::parameters(&claims)?;
        let expires_at = checks::times(&claims, now)?;
        let nonce = checks::nonces(&claims, wallet_nonce)?;
        let response_uri = checks::response_uri(&claims, &relying_party)?;
        let query = read_query(&claims)?;
        checks::state(&claims, &query)?;
        let encryption = encryption::choose(claims.client_metadata.as_ref(), &query, provider)?;
        let registration = read_registration(&claims.verifier_info, &relying_party, store, now, provider)?;
        let excess = exceeds_registration(&query, &registration);
        if !excess.is_empty() {
            return Err(RequestError::OverAsking(excess));
        }
        Ok(VerifiedRequest {
            relying_party,
            registration,
            query,
            nonce,
            client_id,
            response_uri,
            state: claims.state,
            encryption,
            expires_at,
        })
    }
}

fn read_query(claims: &Claims) -> Result<DcqlQuery, RequestError> {
    let query = claims
        .dcql_query
        .as_ref()
        .ok_or_else(|| RequestError::invalid("there is no dcql_query"))?;
    DcqlQuery::parse(query).map_err(|error| RequestError::Invalid(error.to_string()))
}

fn read_registration(
    verifier_info: &[VerifierInfo],
    relying_party: &RelyingPartyIdentity,
    store: &TrustStore,
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<VerifiedRegistration, RequestError> {
    let mut certificates = verifier_info
        .iter()
        .filter(|info| info.format == REGISTRATION_CERTIFICATE_FORMAT);
    let info = certificates.next().ok_or(RequestError::RegistrationMissing)?;
    if certificates.next().is_some() {
        return Err(RequestError::invalid("there are two registration certificates"));
    }
    let compact =
        compact_text(&info.data).ok_or_else(|| RequestError::invalid("the registration certificate cannot be read"))?;
    UnverifiedRegistration::parse(&compact)
        .and_then(|unverified| unverified.verify(store, relying_party.organization_identifier(), now, provider))
        .map_err(RequestError::Registration)
}

/// ETSI TS 119 472-2 wraps the compact text in base64url, deployed verifiers send it as it is: both are read.
fn compact_text(data: &Value) -> Option<String> {
    let text = data.as_str()?;
    if text.contains('.') {
        return Some(text.to_owned());
    }
    String::from_utf8(base64url::decode(text).ok()?).ok()
}
