//! Requests and responses of the credential endpoint, one row per rule (TI-15, TI-17).

use super::*;

#[test]
fn requests_come_back_as_written() {
    for body in [
        r#"{"credential_configuration_id":"pid","proofs":{"jwt":["a.b.c","d.e.f"]}}"#,
        r#"{"credential_identifier":"pid-1","proofs":{"jwt":["a.b.c"]}}"#,
        r#"{"credential_configuration_id":"pid"}"#,
    ] {
        assert_eq!(CredentialRequest::parse(body.as_bytes()).unwrap().to_json(), body);
    }
}

#[test]
fn refuses_requests_with_the_code_that_names_the_fault() {
    const JWT: &str = r#""proofs":{"jwt":["a"]}"#;
    for (body, reason, wire) in [
        (
            format!(r#"{{"credential_configuration_id":"a","credential_identifier":"b",{JWT}}}"#),
            "duplicate_member",
            "invalid_credential_request",
        ),
        (
            format!(r#"{{"credential_configuration_id":"a","credential_configuration_id":"a",{JWT}}}"#),
            "duplicate_member",
            "invalid_credential_request",
        ),
        (
            format!(r#"{{"credential_configuration_id":"a",{JWT},{JWT}}}"#),
            "duplicate_member",
            "invalid_credential_request",
        ),
        (
            r#"{"credential_configuration_id":"a","proofs":{"jwt":["a"],"jwt":["b"]}}"#.to_owned(),
            "duplicate_member",
            "invalid_credential_request",
        ),
        (
            format!(r#"{{"credential_configuration_id":"a","zz":{{"a":1,"a":2}},{JWT}}}"#),
            "duplicate_member",
            "invalid_credential_request",
        ),
        (
            format!(r#"{{"credential_configuration_id":"a","proof":{{"proof_type":"jwt","jwt":"a"}},{JWT}}}"#),
            "duplicate_member",
            "invalid_credential_request",
        ),
        (format!("{{{JWT}}}"), "target_missing", "invalid_credential_request"),
        (
            format!(r#"{{"format":"dc+sd-jwt","vct":"urn:mahfada:pid:1",{JWT}}}"#),
            "target_missing",
            "invalid_credential_request",
        ),
        (
            format!(r#"{{"credential_configuration_id":"",{JWT}}}"#),
            "request_malformed",
            "invalid_credential_request",
        ),
        (
            format!(r#"{{"credential_configuration_id":1,{JWT}}}"#),
            "request_malformed",
            "invalid_credential_request",
        ),
        (
            r#"{"credential_configuration_id":"a","proofs":[]}"#.to_owned(),
            "request_malformed",
            "invalid_credential_request",
        ),
        (
            r#"{"credential_configuration_id":"a","proofs":{"jwt":"a"}}"#.to_owned(),
            "request_malformed",
            "invalid_credential_request",
        ),
        (
            r#"{"credential_configuration_id":"a","proofs":{"jwt":[1]}}"#.to_owned(),
            "request_malformed",
            "invalid_credential_request",
        ),
        (
            r#"{"credential_configuration_id":"a","proofs":{}}"#.to_owned(),
            "proofs_missing",
            "invalid_proof",
        ),
        (
            r#"{"credential_configuration_id":"a","proofs":{"jwt":[]}}"#.to_owned(),
            "proofs_missing",
            "invalid_proof",
        ),
        (
            r#"{"credential_configuration_id":"a","proofs":{"di_vp":[{}]}}"#.to_owned(),
            "proof_type",
            "invalid_credential_request",
        ),
        (
            r#"{"credential_configuration_id":"a","proofs":{"jwt":["a"],"attestation":["b"]}}"#.to_owned(),
            "proof_type",
            "invalid_credential_request",
        ),
        (
            format!(r#"{{"credential_configuration_id":"a","credential_response_encryption":{{}},{JWT}}}"#),
            "response_encryption",
            "invalid_encryption_parameters",
        ),
        ("[]".to_owned(), "request_malformed", "invalid_credential_request"),
        ("{".to_owned(), "request_malformed", "invalid_credential_request"),
        (String::new(), "request_malformed", "invalid_credential_request"),
    ] {
        let error = CredentialRequest::parse(body.as_bytes()).unwrap_err();
        assert_eq!(error.code(), reason, "{body}");
        assert_eq!(error.to_response().error.as_str(), wire, "{body}");
    }
}

#[test]
fn a_request_without_proofs_is_refused_where_a_key_is_bound() {
    for body in [
        r#"{"credential_configuration_id":"pid"}"#,
        // `proof` is of older drafts and unknown here.
        r#"{"credential_configuration_id":"pid","proof":{"proof_type":"jwt","jwt":"a"}}"#,
    ] {
        let error = CredentialRequest::parse(body.as_bytes())
            .unwrap()
            .require_proofs()
            .unwrap_err()
            .to_response();
        assert_eq!(error.error, CredentialErrorCode::InvalidProof);
    }
}

#[test]
fn unknown_members_of_older_wallets_are_ignored() {
    let body = r#"{"credential_configuration_id":"pid","format":"dc+sd-jwt","vct":"x","doctype":"y","zz":[{}],"proofs":{"jwt":["a"]}}"#;
    let request = CredentialRequest::parse(body.as_bytes()).unwrap();
    assert_eq!(request.target, CredentialTarget::Configuration("pid".to_owned()));
    assert_eq!(request.require_proofs().unwrap().jwts(), ["a"]);
}

#[test]
fn responses_come_back_as_written() {
    let mut response = CredentialResponse::new(vec!["a~".to_owned(), "b~".to_owned()]);
    response.notification_id = Some("n".to_owned());
    assert_eq!(
        response.to_json(),
        r#"{"credentials":[{"credential":"a~"},{"credential":"b~"}],"notification_id":"n"}"#
    );
    assert_eq!(
        CredentialResponse::parse(response.to_json().as_bytes(), 2).unwrap(),
        response
    );
    assert_eq!(response.credentials[0].as_compact(), Some("a~"));
}

#[test]
fn refuses_responses_with_the_code_that_names_the_fault() {
    for (body, code) in [
        (r#"{"credentials":[]}"#, "response_empty"),
        (r#"{"credentials":[{"credential":""}]}"#, "response_empty"),
        (r#"{"credentials":[{"credential":1}]}"#, "response_empty"),
        (
            r#"{"credentials":[{"credential":"a"},{"credential":"b"}]}"#,
            "response_too_many",
        ),
        (r#"{"transaction_id":"t","interval":5}"#, "response_malformed"),
        (r#"{"credential":"a"}"#, "response_malformed"),
        (r#"{"credentials":["a"]}"#, "response_malformed"),
        (r#"{"credentials":[["a"]]}"#, "response_malformed"),
        (r#"[[{"credential":"a"}]]"#, "response_malformed"),
        (
            r#"{"credentials":[{"credential":"a","credential":"b"}]}"#,
            "response_malformed",
        ),
    ] {
        let error = CredentialResponse::parse(body.as_bytes(), 1).unwrap_err();
        assert_eq!(error.code(), code, "{body}");
    }
    let sprinkled = r#"{"zz":{},"credentials":[{"credential":"a","zz":1}]}"#;
    CredentialResponse::parse(sprinkled.as_bytes(), 1).unwrap();
}
