//! Authorization server metadata (RFC 8414) and where it is found.

use mahfada_base::json::JsonError;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::object_from_slice;

/// The well-known suffix of authorization server metadata (RFC 8414 §3).
pub const AUTHORIZATION_SERVER_SUFFIX: &str = "oauth-authorization-server";

/// Authorization server metadata: the members that this system reads or serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationServerMetadata {
    /// The identifier; equal, character by character, to the one that the metadata was asked for.
    pub issuer: String,
    /// Where tokens are asked for.
    pub token_endpoint: String,
    /// Where codes are asked for without a browser (OAuth 2.0 for First-Party Applications).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_challenge_endpoint: Option<String>,
    /// Required by RFC 8414; empty when there is no authorization endpoint.
    #[serde(default)]
    pub response_types_supported: Vec<String>,
    /// The grant types; RFC 8414 names a default, which holds no pre-authorized code.
    #[serde(default = "default_grant_types")]
    pub grant_types_supported: Vec<String>,
    /// The PKCE methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    /// The algorithms of DPoP proofs; empty means that DPoP is not spoken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// Whether pre-authorized codes may be redeemed without `client_id` (OID4VCI §12.3).
    #[serde(
        default,
        rename = "pre-authorized_grant_anonymous_access_supported",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub pre_authorized_grant_anonymous_access_supported: bool,
}

fn default_grant_types() -> Vec<String> {
    vec!["authorization_code".to_owned(), "implicit".to_owned()]
}

/// Why metadata was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The body is no metadata document.
    #[error("malformed metadata: {0}")]
    Malformed(#[from] JsonError),
    /// The document speaks for another issuer (RFC 8414 §3.3).
    #[error("the metadata names another issuer")]
    Mismatch,
    /// The identifier is not an https URL without query, fragment and user.
    #[error("not an issuer identifier")]
    Identifier,
    /// An endpoint is not an https URL.
    #[error("{0} is not an https URL")]
    Endpoint(&'static str),
}

impl MetadataError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "metadata_malformed",
            Self::Mismatch => "metadata_mismatch",
            Self::Identifier => "issuer_identifier",
            Self::Endpoint(_) => "endpoint_not_https",
        }
    }
}

impl AuthorizationServerMetadata {
    /// Reads the document fetched for `issuer`; unknown members are ignored, repeated ones refused.
    ///
    /// It does not check that anyone trusts the issuer.
    ///
    /// # Errors
    /// [`MetadataError`] naming the first fault.
    pub fn parse(body: &[u8], issuer: &str) -> Result<Self, MetadataError> {
        let metadata: Self = object_from_slice(body)?;
        metadata.validate(issuer)?;
        Ok(metadata)
    }

    /// Checks that the document speaks for `issuer` and names https endpoints only (RFC 8414 §3.3, decision D1).
    ///
    /// # Errors
    /// [`MetadataError`] naming the first fault.
    pub fn validate(&self, issuer: &str) -> Result<(), MetadataError> {
        if !is_issuer_identifier(issuer) {
            return Err(MetadataError::Identifier);
        }
        if self.issuer != issuer {
            return Err(MetadataError::Mismatch);
        }
        if !is_https_url(&self.token_endpoint) {
            return Err(MetadataError::Endpoint("token_endpoint"));
        }
        if !self
            .authorization_challenge_endpoint
            .as_deref()
            .is_none_or(is_https_url)
        {
            return Err(MetadataError::Endpoint("authorization_challenge_endpoint"));
        }
        Ok(())
    }

    /// Writes the document.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

/// Returns where the metadata of an identifier is: `/.well-known/{suffix}` goes between host and path (RFC 8414 §3.1).
#[must_use]
pub fn well_known_url(issuer_url: &str, suffix: &str) -> String {
    let issuer_url = issuer_url.strip_suffix('/').unwrap_or(issuer_url);
    let (scheme, rest) = issuer_url.split_once("://").unwrap_or(("https", issuer_url));
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    format!("{scheme}://{host}/.well-known/{suffix}{path}")
}

/// Tells whether a text is an https URL with a host and without user or fragment.
#[must_use]
pub fn is_https_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        text.starts_with("https://")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    })
}

/// Tells whether a text can be an issuer identifier: an https URL without query and fragment (RFC 8414 §2, OID4VCI §12.2.1).
#[must_use]
pub fn is_issuer_identifier(text: &str) -> bool {
    is_https_url(text) && !text.contains(['?', '#'])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document() -> Value {
        json!({
            "issuer": "https://issuer.example:8101/pid",
            "token_endpoint": "https://issuer.example:8101/pid/token",
            "authorization_challenge_endpoint": "https://issuer.example:8101/pid/authorization-challenge",
            "response_types_supported": [],
            "grant_types_supported": [crate::PRE_AUTHORIZED_CODE],
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "pre-authorized_grant_anonymous_access_supported": true
        })
    }

    #[test]
    fn inserts_the_well_known_path_between_host_and_path() {
        for (issuer, expected) in [
            ("https://a.example", "https://a.example/.well-known/x"),
            ("https://a.example/", "https://a.example/.well-known/x"),
            ("https://a.example:8101/pid", "https://a.example:8101/.well-known/x/pid"),
            ("https://a.example/t/pid/", "https://a.example/.well-known/x/t/pid"),
        ] {
            assert_eq!(well_known_url(issuer, "x"), expected);
        }
    }

    #[test]
    fn reads_and_writes_and_ignores_unknown_members() {
        let mut value = document();
        value["zz"] = json!({"a": [1]});
        let metadata =
            AuthorizationServerMetadata::parse(value.to_string().as_bytes(), "https://issuer.example:8101/pid")
                .unwrap();
        assert_eq!(serde_json::from_str::<Value>(&metadata.to_json()).unwrap(), document());
    }

    #[test]
    fn refuses_metadata_with_the_code_that_names_the_fault() {
        for (member, value, code) in [
            ("issuer", "https://issuer.example:8101/pid/", "metadata_mismatch"),
            ("issuer", "https://issuer.example:8101", "metadata_mismatch"),
            ("issuer", "https://ISSUER.example:8101/pid", "metadata_mismatch"),
            (
                "token_endpoint",
                "http://issuer.example:8101/pid/token",
                "endpoint_not_https",
            ),
            (
                "token_endpoint",
                "https://u:p@issuer.example/token",
                "endpoint_not_https",
            ),
            ("authorization_challenge_endpoint", "javascript:0", "endpoint_not_https"),
        ] {
            let mut document = document();
            document[member] = value.into();
            let error =
                AuthorizationServerMetadata::parse(document.to_string().as_bytes(), "https://issuer.example:8101/pid")
                    .unwrap_err();
            assert_eq!(error.code(), code, "{member} {value}");
        }
    }

    #[test]
    fn refuses_identifiers_with_query_fragment_user_or_plain_http() {
        for text in [
            "http://a",
            "https://a?x",
            "https://a#x",
            "https://u@a",
            "a",
            "https://",
            "HTTPS://a",
        ] {
            assert!(!is_issuer_identifier(text), "{text}");
        }
        assert!(is_issuer_identifier("https://localhost:8101/pid"));
    }

    #[test]
    fn refuses_a_repeated_member() {
        let text = document()
            .to_string()
            .replacen('{', r#"{"issuer":"https://evil.example","#, 1);
        let error = AuthorizationServerMetadata::parse(text.as_bytes(), "https://issuer.example:8101/pid");
        assert_eq!(error.unwrap_err().code(), "metadata_malformed");
    }
}
