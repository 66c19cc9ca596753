//! Messages that nobody signs: links, forms, metadata. They go as far as their form.

use mahfada_oauth2::{
    AuthorizationChallengeRequest, AuthorizationChallengeResponse, AuthorizationServerMetadata, Form, TokenRequest,
    TokenResponse,
};
use mahfada_openid4vci::{
    CredentialIssuerMetadata, CredentialOffer, CredentialOfferUri, CredentialRequest, CredentialResponse,
};
use mahfada_openid4vp::AuthorizationRequestUri;

use crate::Reached;

const ISSUER: &str = "https://issuer.example";

/// Takes the link of an offer, or the offer.
pub fn offer(data: &[u8]) -> Reached {
    if let Ok(offer) = CredentialOffer::parse(data) {
        check_offer(&offer);
        return Reached::Parsed;
    }
    let Some(Ok(link)) = std::str::from_utf8(data).ok().map(CredentialOfferUri::parse) else {
        return Reached::Refused;
    };
    assert_eq!(
        CredentialOfferUri::parse(&link.to_uri()).as_ref().ok(),
        Some(&link),
        "a link reads as it writes"
    );
    if let CredentialOfferUri::ByValue(offer) = &link {
        check_offer(offer);
    }
    Reached::Parsed
}

fn check_offer(offer: &CredentialOffer) {
    let again = CredentialOffer::parse(offer.to_json().as_bytes());
    assert_eq!(again.as_ref().ok(), Some(offer), "an offer reads as it writes");
    let grant = offer
        .grants
        .as_ref()
        .and_then(|grants| grants.pre_authorized_code.as_ref());
    if let Some(code) = grant.and_then(|grant| grant.tx_code.as_ref()) {
        let _ = (code.accepts(""), code.accepts("1234"), code.accepts("١٢٣٤"));
    }
}

/// Takes the link that starts a presentation.
pub fn request_uri(data: &[u8]) -> Reached {
    let Some(Ok(link)) = std::str::from_utf8(data).ok().map(AuthorizationRequestUri::parse) else {
        return Reached::Refused;
    };
    assert_eq!(link.request_uri.scheme(), "https");
    let again = AuthorizationRequestUri::parse(&link.to_uri());
    assert_eq!(again.as_ref().ok(), Some(&link), "a link reads as it writes");
    Reached::Parsed
}

/// Takes metadata of an issuer or an authorization server, or the JSON body of a request or response of theirs.
pub fn metadata(data: &[u8]) -> Reached {
    let mut reached = Reached::Refused;
    if let Ok(metadata) = CredentialIssuerMetadata::parse(data, ISSUER) {
        assert_eq!(metadata.credential_issuer, ISSUER, "metadata of another issuer");
        let again = CredentialIssuerMetadata::parse(metadata.to_json().as_bytes(), ISSUER);
        assert_eq!(again.map(|again| again.to_json()).ok(), Some(metadata.to_json()));
        let _ = (
            metadata.batch_size(),
            metadata.requires_encryption(),
            metadata.authorization_server(None),
        );
        reached = Reached::Parsed;
    }
    if let Ok(metadata) = AuthorizationServerMetadata::parse(data, ISSUER) {
        assert_eq!(metadata.issuer, ISSUER, "metadata of another server");
        let again = AuthorizationServerMetadata::parse(metadata.to_json().as_bytes(), ISSUER);
        assert_eq!(again.map(|again| again.to_json()).ok(), Some(metadata.to_json()));
        reached = Reached::Parsed;
    }
    if let Ok(request) = CredentialRequest::parse(data) {
        let again = CredentialRequest::parse(request.to_json().as_bytes());
        assert_eq!(again.map(|again| again.to_json()).ok(), Some(request.to_json()));
        reached = Reached::Parsed;
    }
    if let Ok(response) = CredentialResponse::parse(data, 2) {
        let again = CredentialResponse::parse(response.to_json().as_bytes(), 2);
        assert_eq!(again.map(|again| again.to_json()).ok(), Some(response.to_json()));
        reached = Reached::Parsed;
    }
    let tokens = TokenResponse::parse(data).is_ok();
    let challenge = [200, 400].map(|status| AuthorizationChallengeResponse::parse(status, data).is_ok());
    if tokens || challenge.contains(&true) {
        Reached::Parsed
    } else {
        reached
    }
}

/// Takes the form of a token request or an authorization challenge request.
pub fn form(data: &[u8]) -> Reached {
    let request = TokenRequest::parse_form(data);
    if let Ok(request) = &request {
        let written = request.to_form();
        let again = TokenRequest::parse_form(written.as_bytes()).expect("a request reads as it writes");
        assert_eq!(again.to_form(), written);
    }
    let challenge = AuthorizationChallengeRequest::parse_form(data);
    if request.is_ok() || challenge.is_ok() {
        assert!(Form::parse(data).is_ok(), "a request is a form");
        return Reached::Parsed;
    }
    Reached::Refused
}

pub(crate) mod seeds {
    use serde_json::json;

    use super::{CredentialOffer, CredentialOfferUri, ISSUER};
    use crate::Seed;

    macro_rules! vector {
        ($name:literal) => {
            &include_bytes!(concat!("../../../vectors/openid4vci/", $name))[..]
        };
    }

    pub(crate) fn offer() -> Vec<Seed> {
        let offer = CredentialOffer::parse(vector!("credential_offer_pre-authz_code.json")).unwrap();
        vec![
            Seed::new("pre-authorized", offer.to_json()),
            Seed::new("by-value", CredentialOfferUri::ByValue(offer).to_uri()),
            Seed::new("several", vector!("credential_offer_multiple_credentials.json")),
            Seed::new(
                "by-reference",
                CredentialOfferUri::ByReference(format!("{ISSUER}/offers/1")).to_uri(),
            ),
        ]
    }

    pub(crate) fn request_uri() -> Vec<Seed> {
        let query = "client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fverifier.example%2Frequests%2F1";
        vec![
            Seed::new("get", format!("openid4vp://?{query}")),
            Seed::new("post", format!("haip-vp://?{query}&request_uri_method=post")),
        ]
    }

    pub(crate) fn metadata() -> Vec<Seed> {
        let server = json!({
            "issuer": ISSUER, "token_endpoint": format!("{ISSUER}/token"), "response_types_supported": ["code"],
            "authorization_challenge_endpoint": format!("{ISSUER}/challenge"),
            "grant_types_supported": ["authorization_code"], "dpop_signing_alg_values_supported": ["ES256"]
        });
        let issuer = json!({
            "credential_issuer": ISSUER, "credential_endpoint": format!("{ISSUER}/credential"),
            "nonce_endpoint": format!("{ISSUER}/nonce"), "batch_credential_issuance": {"batch_size": 10},
            "credential_configurations_supported": {"pid": {
                "format": "dc+sd-jwt", "vct": "urn:mahfada:pid:1", "scope": "pid",
                "cryptographic_binding_methods_supported": ["jwk"],
                "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
                "credential_metadata": {
                    "display": [{"name": "Carte", "locale": "fr", "logo": {"uri": "https://a.example/l.png"}}],
                    "claims": [{"path": ["family_name"], "mandatory": true}]
                }
            }}
        });
        let request = json!({"credential_configuration_id": "pid", "proofs": {"jwt": ["a.b.c"]}});
        let response = json!({"credentials": [{"credential": "a~"}, {"credential": "b~"}]});
        let token = json!({"access_token": "t", "token_type": "DPoP", "expires_in": 60, "authorization_details": [
            {"type": "openid_credential", "credential_configuration_id": "pid", "credential_identifiers": ["1"]}]});
        let documents = [
            ("server", server),
            ("issuer", issuer),
            ("credential-request", request),
            ("credential-response", response),
            ("token-response", token),
            ("challenge-response", json!({"authorization_code": "c"})),
        ];
        documents
            .map(|(name, document)| Seed::new(name, document.to_string()))
            .to_vec()
    }

    pub(crate) fn form() -> Vec<Seed> {
        let pre_authorized = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code\
                              &pre-authorized_code=c&tx_code=1234&client_id=wallet";
        let verifier = "a".repeat(43);
        let code = format!("grant_type=authorization_code&code=c&code_verifier={verifier}&client_id=wallet");
        vec![
            Seed::new("pre-authorized", pre_authorized),
            Seed::new("code", code),
            Seed::new("continue", "auth_session=s&card_evidence=a.b.c&client_id=wallet"),
        ]
    }
}
