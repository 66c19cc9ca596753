//! The signed authorization request (OpenID4VP 1.0 §5, `OpenID4VC` HAIP 1.0 §5).

use mahfada_base::UnixTime;
use mahfada_crypto::{ContentEncryption, P256PublicKey, PublicKey, Signer};
use mahfada_jose::{Jwk, JwsBuilder, UnverifiedJws};
use mahfada_trust::{RelyingPartyIdentity, VerifiedRegistration};
use mahfada_x509::Certificate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::DcqlQuery;

pub use error::RequestError;
pub use mahfada_jose::SignError as RequestSignError;

mod checks;
mod encryption;
mod error;
#[cfg(test)]
mod tests;
mod verify;
mod wire;

/// The audience of a request to a wallet that has no issuer identifier (§5.8).
pub const STATIC_AUDIENCE: &str = "https://self-issued.me/v2";
/// The `format` of a registration certificate in `verifier_info` (ETSI TS 119 472-2).
pub const REGISTRATION_CERTIFICATE_FORMAT: &str = "registration_cert";

const REQUEST_TYP: &str = "oauth-authz-req+jwt";
const RESPONSE_TYPE: &str = "vp_token";
const RESPONSE_MODE: &str = "direct_post.jwt";

/// What a verifier asks: always `response_type` `vp_token`, `response_mode` `direct_post.jwt` and the static audience.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestObject {
    /// The client identifier, `x509_hash:…` of the access certificate.
    pub client_id: String,
    /// Where the answer is posted; its host is a name of the access certificate.
    pub response_uri: String,
    /// The nonce, at least 128 random bits as base64url.
    pub nonce: String,
    /// The state that comes back with the answer.
    pub state: Option<String>,
    /// What is asked for.
    pub dcql_query: DcqlQuery,
    /// How the answer is encrypted, and the formats that the verifier understands.
    pub client_metadata: ClientMetadata,
    /// What others certify about the verifier.
    pub verifier_info: Vec<VerifierInfo>,
    /// The nonce that the wallet sent when it fetched the request.
    pub wallet_nonce: Option<String>,
    /// When the request was made.
    pub iat: UnixTime,
    /// When the request expires.
    pub exp: UnixTime,
}

/// The metadata of a verifier that travels with a request (§5.1).
#[derive(Clone, Debug, PartialEq)]
pub struct ClientMetadata {
    /// The ephemeral key for this answer, with `kid`, `use` and `alg`.
    pub key: Jwk,
    /// The content encryptions that the verifier understands.
    pub encrypted_response_enc_values_supported: Vec<ContentEncryption>,
    /// The credential formats that the verifier understands.
    pub vp_formats_supported: Value,
}

/// Something that somebody certifies about the verifier (§5.11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifierInfo {
    /// The kind, such as [`REGISTRATION_CERTIFICATE_FORMAT`].
    pub format: String,
    /// The statement: for a registration certificate its compact text, or that in base64url once more.
    pub data: Value,
}

/// A request whose signature has not been checked.
#[derive(Clone, Debug)]
pub struct UnverifiedRequest(UnverifiedJws);

/// A request of a known relying party, signed by its access certificate, within its registration.
#[derive(Clone, Debug)]
pub struct VerifiedRequest {
    relying_party: RelyingPartyIdentity,
    registration: VerifiedRegistration,
    query: DcqlQuery,
    nonce: String,
    client_id: String,
    response_uri: Url,
    state: Option<String>,
    encryption: ResponseEncryption,
    expires_at: UnixTime,
}

/// With which key and algorithm an answer is encrypted (§8.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseEncryption {
    /// The verifier's ephemeral key.
    pub key: P256PublicKey,
    /// The name of the key, which the answer repeats.
    pub kid: String,
    /// The content encryption.
    pub enc: ContentEncryption,
}

impl ClientMetadata {
    /// Describes a verifier of SD-JWT VCs that reads both AES-GCM variants, as HAIP demands, with the key of this answer.
    #[must_use]
    pub fn new(key: P256PublicKey, kid: impl Into<String>) -> Self {
        let algorithms = ["ES256"];
        Self {
            key: Jwk::from_public_key(&PublicKey::P256(key))
                .with_kid(kid)
                .with_use("enc")
                .with_alg("ECDH-ES"),
            encrypted_response_enc_values_supported: vec![ContentEncryption::A128Gcm, ContentEncryption::A256Gcm],
            vp_formats_supported: json!({
                "dc+sd-jwt": {"sd-jwt_alg_values": algorithms, "kb-jwt_alg_values": algorithms}
            }),
        }
    }
}

impl VerifierInfo {
    /// Encloses a registration certificate as its compact text, which deployed wallets parse.
    #[must_use]
    pub fn registration(compact: impl Into<String>) -> Self {
        Self {
            format: REGISTRATION_CERTIFICATE_FORMAT.to_owned(),
            data: Value::String(compact.into()),
        }
    }

    /// Encloses a registration certificate in base64url, as ETSI TS 119 472-2 says.
    #[must_use]
    pub fn registration_base64url(compact: &str) -> Self {
        Self::registration(mahfada_base::base64url::encode(compact))
    }
}

impl RequestObject {
    /// Signs the request; `chain` is the access certificate and those between it and the anchor, without the anchor.
    ///
    /// # Errors
    /// [`RequestSignError`] when the key is out of reach or the request cannot be written.
    pub fn sign(&self, chain: &[Certificate], signer: &dyn Signer) -> Result<String, RequestSignError> {
        let claims = wire::Claims::try_from(self).map_err(RequestSignError::Claims)?;
        JwsBuilder::new(REQUEST_TYP)
            .x5c(chain)
            .member("iat", self.iat.seconds())
            .sign(&claims, signer)
    }
}

impl UnverifiedRequest {
    /// Parses the text of a request object.
    ///
    /// # Errors
    /// [`RequestError::Invalid`] when it is no compact signature.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        UnverifiedJws::parse(text)
            .map(Self)
            .map_err(|error| RequestError::Invalid(error.to_string()))
    }
}

impl VerifiedRequest {
    /// Returns who asks.
    #[must_use]
    pub const fn relying_party(&self) -> &RelyingPartyIdentity {
        &self.relying_party
    }

    /// Returns the registration that covers the query.
    #[must_use]
    pub const fn registration(&self) -> &VerifiedRegistration {
        &self.registration
    }

    /// Returns what is asked for.
    #[must_use]
    pub const fn query(&self) -> &DcqlQuery {
        &self.query
    }

    /// Returns the nonce that key bindings repeat.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Returns the full client identifier with its prefix: the audience of key bindings (§5.9, §14.1.2).
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns where the answer is posted.
    #[must_use]
    pub const fn response_uri(&self) -> &Url {
        &self.response_uri
    }

    /// Returns the state that the answer repeats.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Returns with which key and algorithm the answer is encrypted.
    #[must_use]
    pub const fn encryption(&self) -> &ResponseEncryption {
        &self.encryption
    }

    /// Returns the key of the answer and its name.
    #[must_use]
    pub fn encryption_key(&self) -> (&P256PublicKey, &str) {
        (&self.encryption.key, &self.encryption.kid)
    }

    /// Returns when the request expires.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }
}
