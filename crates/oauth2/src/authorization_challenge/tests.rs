//! Requests and responses of the authorization challenge endpoint, one row per rule.

use super::*;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn initial() -> String {
    format!("client_id=w&scope=pid&code_challenge={CHALLENGE}&code_challenge_method=S256&key_commitment={CHALLENGE}")
}

#[test]
fn a_client_names_itself_in_256_bytes() {
    let named = |length: usize| initial().replace("client_id=w", &format!("client_id={}", "w".repeat(length)));
    AuthorizationChallengeRequest::parse_form(named(256).as_bytes()).unwrap();
    let error = AuthorizationChallengeRequest::parse_form(named(257).as_bytes()).unwrap_err();
    assert_eq!(error.to_oauth().error.as_str(), "invalid_request");
}

#[test]
fn debug_shows_neither_session_nor_evidence() {
    let request = AuthorizationChallengeRequest::parse_form(b"auth_session=hush&evidence=files.of.card").unwrap();
    assert_eq!(
        format!("{request:?}"),
        "Continue { auth_session: Secret(…), evidence: 13 bytes }"
    );
}

#[test]
fn requests_come_back_as_written() {
    let by_details = AuthorizationChallengeRequest::Initial {
        client_id: "w".to_owned(),
        requested: RequestedCredential::Configuration("pid".to_owned()),
        code_challenge: CodeChallenge::parse(CHALLENGE).unwrap(),
        key_commitment: KeyCommitment([7; 32]),
    };
    for body in [
        initial(),
        by_details.to_form(),
        "auth_session=s&evidence=a.b.c".to_owned(),
    ] {
        let again = AuthorizationChallengeRequest::parse_form(body.as_bytes()).unwrap();
        assert_eq!(again.to_form(), body);
    }
    assert!(by_details.to_form().contains("authorization_details="));
}

#[test]
fn refuses_requests_with_the_code_that_names_the_fault() {
    for (body, code) in [
        (initial().replace("S256", "plain"), "code_challenge_method"),
        (initial().replace("&code_challenge_method=S256", ""), "parameter_missing"),
        (initial().replace(&format!("code_challenge={CHALLENGE}&"), ""), "parameter_missing"),
        (initial().replace(&format!("code_challenge={CHALLENGE}"), "code_challenge=AA"), "code_challenge"),
        (initial().replace("client_id=w&", ""), "parameter_missing"),
        (initial().replace("scope=pid&", ""), "parameter_missing"),
        (initial().replace("key_commitment=E9", "key_commitment="), "parameter_invalid"),
        (format!("{}&authorization_details=[]", initial()), "parameter_invalid"),
        (format!("{}&scope=cnss", initial()), "duplicate_parameter"),
        (initial().replace("scope=pid", "authorization_details=[]"), "authorization_details"),
        (initial().replace("scope=pid", "authorization_details=[{\"type\":\"x\",\"credential_configuration_id\":\"pid\"}]"), "authorization_details"),
        (initial().replace("scope=pid", "authorization_details=[{\"type\":\"openid_credential\"}]"), "authorization_details"),
        (initial().replace("scope=pid", "authorization_details=[{\"type\":\"a\",\"type\":\"openid_credential\",\"credential_configuration_id\":\"pid\"}]"), "authorization_details"),
        ("auth_session=s".to_owned(), "parameter_missing"),
    ] {
        let error = AuthorizationChallengeRequest::parse_form(body.as_bytes()).unwrap_err();
        assert_eq!(error.code(), code, "{body}");
        assert_eq!(error.to_oauth().status(), 400);
    }
}

#[test]
fn responses_come_back_as_written() {
    for response in [
        AuthorizationChallengeResponse::card_challenge("s", "a.b.c"),
        AuthorizationChallengeResponse::Authorized {
            authorization_code: Secret::new("code".to_owned()),
        },
    ] {
        let body = response.to_json();
        let again = AuthorizationChallengeResponse::parse(response.status(), body.as_bytes()).unwrap();
        assert_eq!(again.to_json(), body);
    }
}

#[test]
fn refusals_and_strange_responses_are_errors() {
    let challenge = AuthorizationChallengeResponse::card_challenge("s", "a.b.c").to_json();
    for (status, body, code) in [
        (
            400,
            r#"{"error":"access_denied","zz":1}"#.to_owned(),
            "authorization_refused",
        ),
        (
            401,
            challenge.replace(CARD_INTERACTION, "urn:other"),
            "unknown_interaction",
        ),
        (
            401,
            challenge.replace("auth_session", "x"),
            "challenge_response_malformed",
        ),
        (
            401,
            challenge.replacen('{', "{\"challenge\":\"x\",", 1),
            "challenge_response_malformed",
        ),
        // A challenge that comes with 200 is no code.
        (200, challenge, "challenge_response_malformed"),
        (500, "<html>".to_owned(), "challenge_response_malformed"),
    ] {
        let error = AuthorizationChallengeResponse::parse(status, body.as_bytes()).unwrap_err();
        assert_eq!(error.code(), code, "{body}");
    }
}
