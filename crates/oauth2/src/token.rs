//! The token endpoint: requests for two grants, and the response (RFC 6749 §4.1.3, §5.1; OID4VCI §6).

use mahfada_base::Secret;
use mahfada_base::json::JsonError;
use serde::{Deserialize, Serialize};

use crate::form::client_id;
use crate::{
    AccessToken, AuthorizationDetail, CodeVerifier, ErrorCode, Form, FormError, OAuthError, PkceError, TokenType,
    encode_form, object_from_slice,
};

/// The grant type of an authorization code (RFC 6749 §4.1.3).
pub const AUTHORIZATION_CODE: &str = "authorization_code";
/// The grant type of a pre-authorized code (OID4VCI §4.1.1).
pub const PRE_AUTHORIZED_CODE: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// A token request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenRequest {
    /// Redeems an authorization code; PKCE is not optional.
    AuthorizationCode {
        /// The code.
        code: Secret<String>,
        /// The verifier behind the challenge of the first request.
        code_verifier: CodeVerifier,
        /// The redirect URI, when the authorization request had one.
        redirect_uri: Option<String>,
        /// The client.
        client_id: String,
    },
    /// Redeems the pre-authorized code of an offer.
    PreAuthorizedCode {
        /// The code of the offer.
        pre_authorized_code: Secret<String>,
        /// The transaction code, which came by another channel.
        tx_code: Option<Secret<String>>,
        /// The client; absent when anonymous access is allowed.
        client_id: Option<String>,
    },
}

/// Why a token request or response was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The form is malformed, repeats or lacks a parameter.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The grant type is another one.
    #[error("unsupported grant type")]
    UnsupportedGrantType,
    /// The code verifier is malformed.
    #[error(transparent)]
    Pkce(#[from] PkceError),
    /// `authorization_details` is not an array of `openid_credential` objects with a configuration each.
    #[error("authorization_details does not name credential configurations")]
    AuthorizationDetails,
    /// The response is no token response.
    #[error("malformed token response: {0}")]
    Response(#[source] JsonError),
    /// The response has an empty token, a negative lifetime, or incomplete authorization details.
    #[error("the token response has an invalid value for {0}")]
    ResponseValue(&'static str),
}

impl TokenError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(error) => error.code(),
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::Pkce(error) => error.code(),
            Self::AuthorizationDetails => "authorization_details",
            Self::Response(_) | Self::ResponseValue(_) => "token_response_malformed",
        }
    }

    /// Returns the error response for a refused request.
    #[must_use]
    pub fn to_oauth(&self) -> OAuthError {
        let error = match self {
            Self::UnsupportedGrantType => ErrorCode::UnsupportedGrantType,
            Self::AuthorizationDetails => ErrorCode::InvalidAuthorizationDetails,
            _ => ErrorCode::InvalidRequest,
        };
        OAuthError::described(error, &self.to_string())
    }
}

impl TokenRequest {
    /// Reads a form body; unknown parameters are ignored, repeated ones refused.
    ///
    /// It does not know whether the code exists or the client may redeem it.
    ///
    /// # Errors
    /// [`TokenError`] naming the first fault.
    pub fn parse_form(body: &[u8]) -> Result<Self, TokenError> {
        let form = Form::parse(body)?;
        let secret = |text: &str| Secret::new(text.to_owned());
        match form.require("grant_type")? {
            AUTHORIZATION_CODE => Ok(Self::AuthorizationCode {
                code: secret(form.require("code")?),
                code_verifier: CodeVerifier::parse(form.require("code_verifier")?)?,
                redirect_uri: form.get("redirect_uri").map(str::to_owned),
                client_id: client_id(&form)?.ok_or(FormError::Missing("client_id"))?,
            }),
            PRE_AUTHORIZED_CODE => Ok(Self::PreAuthorizedCode {
                pre_authorized_code: secret(form.require("pre-authorized_code")?),
                tx_code: form.get("tx_code").map(secret),
                client_id: client_id(&form)?,
            }),
            _ => Err(TokenError::UnsupportedGrantType),
        }
    }

    /// Reads what the form body of either grant narrows the token to, if anything (RFC 9396 §6; OID4VCI §6.1.1).
    ///
    /// It does not know whether the code covers it.
    ///
    /// # Errors
    /// [`TokenError::AuthorizationDetails`] when the parameter asks for anything but credential configurations, and
    /// [`TokenError::Form`].
    pub fn parse_authorization_details(body: &[u8]) -> Result<Option<Vec<AuthorizationDetail>>, TokenError> {
        Form::parse(body)?
            .get("authorization_details")
            .map(|text| AuthorizationDetail::parse_requested(text).ok_or(TokenError::AuthorizationDetails))
            .transpose()
    }

    /// Writes the form body.
    #[must_use]
    pub fn to_form(&self) -> String {
        match self {
            Self::AuthorizationCode {
                code,
                code_verifier,
                redirect_uri,
                client_id,
            } => {
                let mut parameters = vec![
                    ("grant_type", AUTHORIZATION_CODE),
                    ("code", code.expose().as_str()),
                    ("code_verifier", code_verifier.as_str()),
                    ("client_id", client_id),
                ];
                parameters.extend(redirect_uri.as_deref().map(|uri| ("redirect_uri", uri)));
                encode_form(parameters)
            }
            Self::PreAuthorizedCode {
                pre_authorized_code,
                tx_code,
                client_id,
            } => {
                let mut parameters = vec![
                    ("grant_type", PRE_AUTHORIZED_CODE),
                    ("pre-authorized_code", pre_authorized_code.expose().as_str()),
                ];
                parameters.extend(tx_code.as_ref().map(|code| ("tx_code", code.expose().as_str())));
                parameters.extend(client_id.as_deref().map(|id| ("client_id", id)));
                encode_form(parameters)
            }
        }
    }
}

/// A successful token response.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The token.
    pub access_token: AccessToken,
    /// How the token is presented.
    pub token_type: TokenType,
    /// How long the token lives, in seconds.
    pub expires_in: u64,
    /// What the token covers, when the request named it (OID4VCI §6.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<Vec<AuthorizationDetail>>,
}

impl TokenResponse {
    /// Reads a response body; unknown members are ignored, repeated ones refused.
    ///
    /// # Errors
    /// [`TokenError::Response`] or [`TokenError::ResponseValue`].
    pub fn parse(body: &[u8]) -> Result<Self, TokenError> {
        let response: Self = object_from_slice(body).map_err(TokenError::Response)?;
        if response.access_token.expose().is_empty() {
            return Err(TokenError::ResponseValue("access_token"));
        }
        let details = response.authorization_details.as_deref().unwrap_or_default();
        if !details.iter().all(AuthorizationDetail::is_complete_in_token_response) {
            return Err(TokenError::ResponseValue("authorization_details"));
        }
        Ok(response)
    }

    /// Writes the response body; send it with `Cache-Control: no-store`.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Returns the data sets that the token covers for one configuration (OID4VCI §6.2).
    pub fn credential_identifiers(&self, configuration_id: &str) -> impl Iterator<Item = &str> {
        self.authorization_details
            .iter()
            .flatten()
            .filter(move |detail| detail.credential_configuration_id.as_deref() == Some(configuration_id))
            .flat_map(|detail| detail.credential_identifiers.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const PRE_AUTHORIZED: &str =
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&pre-authorized_code=Spl";

    #[test]
    fn requests_come_back_as_written() {
        for body in [
            format!("grant_type=authorization_code&code=abc&code_verifier={VERIFIER}&client_id=w"),
            format!(
                "grant_type=authorization_code&code=abc&code_verifier={VERIFIER}&client_id=w&redirect_uri=https%3A%2F%2Fw%2Fcb"
            ),
            PRE_AUTHORIZED.to_owned(),
            format!("{PRE_AUTHORIZED}&tx_code=493536&client_id=w"),
        ] {
            assert_eq!(TokenRequest::parse_form(body.as_bytes()).unwrap().to_form(), body);
        }
    }

    #[test]
    fn refuses_requests_with_the_code_that_names_the_fault() {
        let code = format!("grant_type=authorization_code&code=abc&code_verifier={VERIFIER}&client_id=w");
        for (body, reason, wire) in [
            (String::new(), "parameter_missing", "invalid_request"),
            (
                "grant_type=password".to_owned(),
                "unsupported_grant_type",
                "unsupported_grant_type",
            ),
            (format!("{code}&code=abc"), "duplicate_parameter", "invalid_request"),
            (format!("{code}&x=1&x=2"), "duplicate_parameter", "invalid_request"),
            (code.replace("&code=abc", ""), "parameter_missing", "invalid_request"),
            (code.replace("&client_id=w", ""), "parameter_missing", "invalid_request"),
            (
                code.replace(&format!("&code_verifier={VERIFIER}"), ""),
                "parameter_missing",
                "invalid_request",
            ),
            (code.replace(VERIFIER, "short"), "code_verifier", "invalid_request"),
            (
                PRE_AUTHORIZED.replace("Spl", ""),
                "parameter_missing",
                "invalid_request",
            ),
            (
                format!("{PRE_AUTHORIZED}&tx_code=1&tx_code=2"),
                "duplicate_parameter",
                "invalid_request",
            ),
        ] {
            let error = TokenRequest::parse_form(body.as_bytes()).unwrap_err();
            assert_eq!(error.code(), reason, "{body}");
            assert_eq!(error.to_oauth().error.as_str(), wire, "{body}");
        }
    }

    #[test]
    fn a_request_may_narrow_the_token_to_configurations() {
        let details = |text: &str| {
            let parameter = encode_form([("authorization_details", text)]);
            TokenRequest::parse_authorization_details(format!("{PRE_AUTHORIZED}&{parameter}").as_bytes())
        };
        let none = TokenRequest::parse_authorization_details(PRE_AUTHORIZED.as_bytes()).unwrap();
        assert_eq!(none, None);
        let named = details(
            r#"[{"type":"openid_credential","credential_configuration_id":"pid","zz":1,"locations":["https://a"]}]"#,
        );
        let named = named.unwrap().unwrap();
        assert_eq!(named[0].credential_configuration_id.as_deref(), Some("pid"));
        assert_eq!(named[0].locations, ["https://a"]);
        for refused in [
            "[]",
            "{}",
            "pid",
            r#"[{"type":"other","credential_configuration_id":"pid"}]"#,
            r#"[{"type":"openid_credential"}]"#,
            r#"[{"type":"openid_credential","credential_configuration_id":""}]"#,
            r#"[{"type":"openid_credential","credential_configuration_id":1}]"#,
            r#"[{"type":"openid_credential","type":"openid_credential","credential_configuration_id":"pid"}]"#,
            r#"[{"type":"openid_credential","credential_configuration_id":"pid"},{"type":"other"}]"#,
        ] {
            let error = details(refused).unwrap_err();
            assert_eq!(error.code(), "authorization_details", "{refused}");
            assert_eq!(error.to_oauth().error.as_str(), "invalid_authorization_details");
        }
        let twice = format!("{PRE_AUTHORIZED}&authorization_details=[]&authorization_details=[]");
        let error = TokenRequest::parse_authorization_details(twice.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "duplicate_parameter");
    }

    #[test]
    fn a_client_names_itself_in_256_bytes() {
        for (length, accepted) in [(256, true), (257, false)] {
            let name = "w".repeat(length);
            let code = format!("grant_type=authorization_code&code=abc&code_verifier={VERIFIER}&client_id={name}");
            let offer = format!("{PRE_AUTHORIZED}&client_id={name}");
            for body in [code, offer] {
                assert_eq!(TokenRequest::parse_form(body.as_bytes()).is_ok(), accepted, "{length}");
            }
        }
    }

    #[test]
    fn ignores_unknown_parameters_and_prints_no_secret() {
        let request = TokenRequest::parse_form(format!("{PRE_AUTHORIZED}&zz=1&tx_code=493536").as_bytes()).unwrap();
        let shown = format!("{request:?}");
        assert!(!shown.contains("Spl") && !shown.contains("493536"), "{shown}");
    }

    #[test]
    fn reads_the_response_with_details_and_unknown_members() {
        let body = br#"{"access_token":"eyJ","token_type":"dpop","expires_in":300,"zz":{"a":[]},
            "authorization_details":[{"type":"openid_credential","credential_configuration_id":"pid",
            "credential_identifiers":["a","b"],"zz":1},{"type":"other"}]}"#;
        let response = TokenResponse::parse(body).unwrap();
        assert_eq!(response.token_type, TokenType::Dpop);
        assert_eq!(response.credential_identifiers("pid").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(response.credential_identifiers("cnss").count(), 0);
        let again = TokenResponse::parse(response.to_json().as_bytes()).unwrap();
        assert_eq!(again.to_json(), response.to_json());
        assert!(response.to_json().contains(r#""token_type":"DPoP""#));
    }

    #[test]
    fn refuses_malformed_responses() {
        for body in [
            r#"["a","DPoP",1]"#,
            r#"{"access_token":"a","token_type":"DPoP","expires_in":1,"authorization_details":[{"type":"openid_credential","credential_configuration_id":"pid","credential_identifiers":["a",""]}]}"#,
            r#"{"access_token":"","token_type":"DPoP","expires_in":1}"#,
            r#"{"access_token":"a","token_type":"mac","expires_in":1}"#,
            r#"{"access_token":"a","token_type":"DPoP","expires_in":-1}"#,
            r#"{"access_token":"a","access_token":"b","token_type":"DPoP","expires_in":1}"#,
            r#"{"access_token":"a","token_type":"DPoP","expires_in":1,"authorization_details":[{"type":"openid_credential","credential_configuration_id":"pid"}]}"#,
            r#"{"access_token":"a","token_type":"DPoP","expires_in":1,"authorization_details":[{"type":"openid_credential","credential_identifiers":["x"]}]}"#,
        ] {
            let error = TokenResponse::parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "token_response_malformed", "{body}");
        }
    }
}
