//! The credential endpoint: request and response (OID4VCI §8.2, §8.3).

use mahfada_base::json::{self, JsonError};
use mahfada_oauth2::object_from_slice;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{CredentialError, CredentialErrorCode, UnverifiedProofs};

#[cfg(test)]
mod tests;

/// Which credential a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialTarget {
    /// The configuration, when the token response named no data sets.
    Configuration(String),
    /// The data set, when the token response named some.
    Identifier(String),
}

/// A credential request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRequest {
    /// Which credential is asked for.
    pub target: CredentialTarget,
    /// The key proofs, unverified.
    pub proofs: Option<UnverifiedProofs>,
}

/// Why a credential request was refused before its proofs were looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialRequestError {
    /// The body is not strict JSON.
    #[error("malformed request: {0}")]
    Malformed(#[source] JsonError),
    /// A member is repeated, or two members contradict each other (TI-17).
    #[error("the request says one thing twice")]
    Duplicate,
    /// Neither a configuration nor an identifier is named.
    #[error("the request names no credential")]
    TargetMissing,
    /// A member has a value of the wrong kind.
    #[error("member {0} has an invalid value")]
    Invalid(&'static str),
    /// `proofs` has a type that is not offered, or more than one.
    #[error("proofs has exactly one member, jwt")]
    ProofType,
    /// A key is to be bound, and there is no proof (TI-15).
    #[error("the request carries no key proof")]
    ProofsMissing,
    /// The request asks for an encrypted response, which is not offered.
    #[error("response encryption is not offered")]
    Encryption,
}

impl CredentialRequestError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::Invalid(_) => "request_malformed",
            Self::Duplicate => "duplicate_member",
            Self::TargetMissing => "target_missing",
            Self::ProofType => "proof_type",
            Self::ProofsMissing => "proofs_missing",
            Self::Encryption => "response_encryption",
        }
    }

    /// Returns the error response.
    #[must_use]
    pub fn to_response(&self) -> CredentialError {
        let error = match self {
            Self::ProofsMissing => CredentialErrorCode::InvalidProof,
            Self::Encryption => CredentialErrorCode::InvalidEncryptionParameters,
            _ => CredentialErrorCode::InvalidCredentialRequest,
        };
        CredentialError::described(error, &self.to_string())
    }
}

impl CredentialRequest {
    /// Asks for the credential of a configuration.
    #[must_use]
    pub const fn for_configuration(id: String, proofs: UnverifiedProofs) -> Self {
        Self {
            target: CredentialTarget::Configuration(id),
            proofs: Some(proofs),
        }
    }

    /// Asks for the credential of a data set that the token response named.
    #[must_use]
    pub const fn for_identifier(identifier: String, proofs: UnverifiedProofs) -> Self {
        Self {
            target: CredentialTarget::Identifier(identifier),
            proofs: Some(proofs),
        }
    }

    /// Reads a request body; unknown members are ignored, repeated ones refused.
    ///
    /// It verifies no proof and does not know what the token allows.
    ///
    /// # Errors
    /// [`CredentialRequestError`] naming the first fault.
    pub fn parse(body: &[u8]) -> Result<Self, CredentialRequestError> {
        let members: Map<String, Value> = json::from_slice(body).map_err(from_json)?;
        let target = target(&members)?;
        if members.contains_key("credential_response_encryption") {
            return Err(CredentialRequestError::Encryption);
        }
        // `proof` is of older drafts; beside `proofs` nobody could say which one counts.
        if members.contains_key("proof") && members.contains_key("proofs") {
            return Err(CredentialRequestError::Duplicate);
        }
        let proofs = members.get("proofs").map(proofs).transpose()?;
        Ok(Self { target, proofs })
    }

    /// Returns the proofs, which a credential with key binding needs.
    ///
    /// # Errors
    /// [`CredentialRequestError::ProofsMissing`] when there is none.
    pub fn require_proofs(&self) -> Result<&UnverifiedProofs, CredentialRequestError> {
        self.proofs.as_ref().ok_or(CredentialRequestError::ProofsMissing)
    }

    /// Writes the request body.
    #[must_use]
    pub fn to_json(&self) -> String {
        let (name, value) = match &self.target {
            CredentialTarget::Configuration(id) => ("credential_configuration_id", id),
            CredentialTarget::Identifier(identifier) => ("credential_identifier", identifier),
        };
        let mut members = Map::new();
        members.insert(name.to_owned(), value.clone().into());
        if let Some(proofs) = &self.proofs {
            members.insert("proofs".to_owned(), json!({ "jwt": proofs.jwts() }));
        }
        Value::Object(members).to_string()
    }
}

fn from_json(error: JsonError) -> CredentialRequestError {
    // The base parser has no kind for this fault of its own; a test holds its words to these.
    if error.to_string().contains("same member twice") {
        CredentialRequestError::Duplicate
    } else {
        CredentialRequestError::Malformed(error)
    }
}

fn target(members: &Map<String, Value>) -> Result<CredentialTarget, CredentialRequestError> {
    let text = |name: &'static str| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(CredentialRequestError::Invalid(name)),
    };
    match (text("credential_configuration_id")?, text("credential_identifier")?) {
        (Some(id), None) => Ok(CredentialTarget::Configuration(id)),
        (None, Some(identifier)) => Ok(CredentialTarget::Identifier(identifier)),
        (Some(_), Some(_)) => Err(CredentialRequestError::Duplicate),
        (None, None) => Err(CredentialRequestError::TargetMissing),
    }
}

fn proofs(value: &Value) -> Result<UnverifiedProofs, CredentialRequestError> {
    let types = value.as_object().ok_or(CredentialRequestError::Invalid("proofs"))?;
    if types.is_empty() {
        return Err(CredentialRequestError::ProofsMissing);
    }
    let jwts = types
        .get("jwt")
        .filter(|_| types.len() == 1)
        .ok_or(CredentialRequestError::ProofType)?;
    let jwts = Vec::<String>::deserialize(jwts).map_err(|_| CredentialRequestError::Invalid("proofs"))?;
    if jwts.is_empty() {
        return Err(CredentialRequestError::ProofsMissing);
    }
    Ok(UnverifiedProofs::new(jwts))
}

/// A credential response with credentials; deferred issuance is not offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialResponse {
    /// The credentials: at least one, at most one for each key of the request.
    pub credentials: Vec<IssuedCredential>,
    /// The name under which the wallet may report what became of them (OID4VCI §11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_id: Option<String>,
}

/// One credential of a response, unverified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct IssuedCredential {
    /// The credential: a text, or an object in formats that are JSON.
    pub credential: Value,
}

impl TryFrom<Map<String, Value>> for IssuedCredential {
    type Error = &'static str;

    fn try_from(mut members: Map<String, Value>) -> Result<Self, Self::Error> {
        members
            .remove("credential")
            .map(|credential| Self { credential })
            .ok_or("no credential")
    }
}

impl IssuedCredential {
    /// Returns the text of a credential in a compact format.
    #[must_use]
    pub fn as_compact(&self) -> Option<&str> {
        self.credential.as_str()
    }
}

/// Why a credential response was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialResponseError {
    /// The body is not strict JSON of the right shape.
    #[error("malformed response: {0}")]
    Malformed(#[from] JsonError),
    /// There is no credential, or one that is neither text nor object.
    #[error("the response holds no credential")]
    Empty,
    /// There are more credentials than keys were sent.
    #[error("the response holds more credentials than keys were sent")]
    TooMany,
}

impl CredentialResponseError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "response_malformed",
            Self::Empty => "response_empty",
            Self::TooMany => "response_too_many",
        }
    }
}

impl CredentialResponse {
    /// Hands out credentials in a compact format.
    #[must_use]
    pub fn new(credentials: Vec<String>) -> Self {
        let issued = |text| IssuedCredential {
            credential: Value::String(text),
        };
        Self {
            credentials: credentials.into_iter().map(issued).collect(),
            notification_id: None,
        }
    }

    /// Reads the response to a request with `keys` keys; unknown members are ignored, repeated ones refused.
    ///
    /// It verifies no credential.
    ///
    /// # Errors
    /// [`CredentialResponseError`] naming the first fault.
    pub fn parse(body: &[u8], keys: usize) -> Result<Self, CredentialResponseError> {
        let response: Self = object_from_slice(body)?;
        let usable = |issued: &IssuedCredential| match &issued.credential {
            Value::String(text) => !text.is_empty(),
            other => other.is_object(),
        };
        if response.credentials.is_empty() || !response.credentials.iter().all(usable) {
            return Err(CredentialResponseError::Empty);
        }
        if response.credentials.len() > keys {
            return Err(CredentialResponseError::TooMany);
        }
        Ok(response)
    }

    /// Writes the response body; send it with `Cache-Control: no-store`.
    #[must_use]
    pub fn to_json(&self) -> String {
        json!(self).to_string()
    }
}
