//! The Digital Credentials Query Language (OpenID4VP 1.0 §6): what a valid query is.

use std::fmt;

use mahfada_base::ClaimsPath;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use error::DcqlError;

mod error;
#[cfg(test)]
mod tests;
mod validity;

/// A valid query: ids are unique, and every reference leads to something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct DcqlQuery {
    credentials: Vec<CredentialQuery>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    credential_sets: Vec<CredentialSetQuery>,
}

/// A request for one or more presentations of a kind of credential (§6.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CredentialQuery {
    /// The identifier, under which the answer stands.
    pub id: String,
    /// The format, such as `dc+sd-jwt`.
    pub format: String,
    /// Whether more than one presentation may come back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub multiple: bool,
    /// The kind of credential.
    pub meta: CredentialMeta,
    /// Authorities of which one should have certified the issuer; a hint that no security rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_authorities: Option<Vec<TrustedAuthority>>,
    /// Whether the holder must prove that the credential is theirs.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub require_cryptographic_holder_binding: bool,
    /// The claims; without them no selectively disclosable claim is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Vec<ClaimsQuery>>,
    /// Alternatives among the claims, the preferred one first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_sets: Option<Vec<Vec<String>>>,
}

/// The kind of credential (OpenID4VP 1.0 Appendix B); members of other formats are kept as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CredentialMeta {
    /// The types of SD-JWT VCs of which one is wanted (§B.3.5); none sets no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vct_values: Option<Vec<String>>,
    /// The members that other formats define.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One way to name who has certified the issuer (§6.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedAuthority {
    /// The way, such as `aki`.
    pub r#type: String,
    /// The names in that way.
    pub values: Vec<String>,
}

/// A request for one claim (§6.3).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimsQuery {
    /// The identifier to which `claim_sets` refer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where the claim stands.
    pub path: ClaimsPath,
    /// The values of which the claim should have one: strings, integers, booleans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Value>>,
}

/// Combinations of credentials of which one satisfies a need (§6.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialSetQuery {
    /// The combinations, the preferred one first.
    pub options: Vec<Vec<String>>,
    /// Whether nothing at all is answered when no combination can be given.
    #[serde(default = "yes")]
    pub required: bool,
}

/// The error of the deserializer quotes the values that it did not expect, which may be those of a person.
fn ill_formed() -> DcqlError {
    DcqlError::Invalid("a member is missing or of another kind than §6 says".to_owned())
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Wire {
    credentials: Vec<CredentialQuery>,
    #[serde(default)]
    credential_sets: Option<Vec<CredentialSetQuery>>,
}

impl DcqlQuery {
    /// Parses a query and checks everything that §6 demands of a valid one; unknown members are ignored.
    ///
    /// # Errors
    /// [`DcqlError::Invalid`] naming the first fault.
    pub fn parse(value: &Value) -> Result<Self, DcqlError> {
        let wire = Wire::deserialize(value).map_err(|_| ill_formed())?;
        validity::optional("credential_sets", wire.credential_sets.as_deref())?;
        let query = Self {
            credential_sets: wire.credential_sets.unwrap_or_default(),
            credentials: wire.credentials,
        };
        query.check()?;
        Ok(query)
    }

    /// Writes the query.
    ///
    /// # Errors
    /// [`DcqlError::Invalid`] when it cannot be written as JSON.
    pub fn to_value(&self) -> Result<Value, DcqlError> {
        serde_json::to_value(self).map_err(|_| ill_formed())
    }

    /// Returns the credential queries in order.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialQuery] {
        &self.credentials
    }

    /// Returns the credential query of an id.
    #[must_use]
    pub fn credential(&self, id: &str) -> Option<&CredentialQuery> {
        self.credentials.iter().find(|credential| credential.id == id)
    }

    /// Returns the combinations as the query names them; empty when every credential is wanted.
    #[must_use]
    pub fn credential_sets(&self) -> &[CredentialSetQuery] {
        &self.credential_sets
    }

    /// Returns the combinations that must be satisfied or may be; a query without any wants every credential (§6.4.2).
    #[must_use]
    pub fn needs(&self) -> Vec<CredentialSetQuery> {
        if !self.credential_sets.is_empty() {
            return self.credential_sets.clone();
        }
        let all = self
            .credentials
            .iter()
            .map(|credential| credential.id.clone())
            .collect();
        vec![CredentialSetQuery {
            options: vec![all],
            required: true,
        }]
    }
}

impl CredentialQuery {
    /// Returns the claims in order, none when only what is always shown is wanted.
    #[must_use]
    pub fn claims(&self) -> &[ClaimsQuery] {
        self.claims.as_deref().unwrap_or_default()
    }

    /// Returns the combinations of claims that answer the query, the preferred one first (§6.4.1).
    #[must_use]
    pub fn alternatives(&self) -> Vec<Vec<&ClaimsQuery>> {
        let by_id = |id: &String| self.claims().iter().find(|claim| claim.id.as_ref() == Some(id));
        match &self.claim_sets {
            None => vec![self.claims().iter().collect()],
            Some(sets) => sets.iter().map(|set| set.iter().filter_map(by_id).collect()).collect(),
        }
    }
}

impl TryFrom<Value> for DcqlQuery {
    type Error = DcqlError;

    fn try_from(value: Value) -> Result<Self, DcqlError> {
        Self::parse(&value)
    }
}

impl fmt::Debug for ClaimsQuery {
    /// Shows how many values are wanted and not which: they may be those of a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsQuery")
            .field("id", &self.id)
            .field("path", &self.path)
            .field("values", &self.values.as_ref().map(Vec::len))
            .finish()
    }
}
