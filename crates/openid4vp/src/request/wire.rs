//! The claims of a request object.

use mahfada_base::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ClientMetadata, RESPONSE_MODE, RESPONSE_TYPE, RequestObject, STATIC_AUDIENCE, VerifierInfo};

/// What a verifier writes, and what a wallet reads before it has judged any of it.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Claims {
    pub(super) aud: Option<String>,
    pub(super) client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_metadata: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dcql_query: Option<Value>,
    pub(super) exp: Option<UnixTime>,
    pub(super) iat: Option<UnixTime>,
    pub(super) nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) redirect_uri: Option<Value>,
    pub(super) response_mode: Option<String>,
    pub(super) response_type: Option<String>,
    pub(super) response_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transaction_data: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) verifier_info: Vec<VerifierInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wallet_nonce: Option<String>,
}

impl TryFrom<&RequestObject> for Claims {
    type Error = serde_json::Error;

    fn try_from(request: &RequestObject) -> Result<Self, serde_json::Error> {
        Ok(Self {
            aud: Some(STATIC_AUDIENCE.to_owned()),
            client_id: Some(request.client_id.clone()),
            client_metadata: Some(metadata(&request.client_metadata)),
            dcql_query: Some(serde_json::to_value(&request.dcql_query)?),
            exp: Some(request.exp),
            iat: Some(request.iat),
            nonce: Some(request.nonce.clone()),
            response_mode: Some(RESPONSE_MODE.to_owned()),
            response_type: Some(RESPONSE_TYPE.to_owned()),
            response_uri: Some(request.response_uri.clone()),
            state: request.state.clone(),
            verifier_info: request.verifier_info.clone(),
            wallet_nonce: request.wallet_nonce.clone(),
            ..Self::default()
        })
    }
}

fn metadata(metadata: &ClientMetadata) -> Value {
    let encryptions = &metadata.encrypted_response_enc_values_supported;
    json!({
        "jwks": {"keys": [metadata.key.to_value()]},
        "encrypted_response_enc_values_supported": encryptions.iter().map(|enc| enc.name()).collect::<Vec<_>>(),
        "vp_formats_supported": metadata.vp_formats_supported,
    })
}
