use mahfada_base::{CLOCK_SKEW, base64url};
use mahfada_crypto::pure::PROVIDER;
use mahfada_x509::eku;
use serde_json::{Map, json};

use super::*;
use crate::fixture::{Authority, BANK, Country, DAY, Leaf, NONCE, NOW, agreement_key, key, path, registration};

fn verify(country: &Country, text: &str, wallet_nonce: Option<&str>) -> Result<VerifiedRequest, RequestError> {
    UnverifiedRequest::parse(text)?.verify(&country.client_id(), wallet_nonce, &country.store, NOW, &PROVIDER)
}

fn claims_of(request: &RequestObject) -> Value {
    serde_json::to_value(wire::Claims::try_from(request).unwrap()).unwrap()
}

fn sign(claims: &Value, leaf: &Leaf) -> String {
    JwsBuilder::new(REQUEST_TYP)
        .x5c(&leaf.chain)
        .sign(claims, &*leaf.signer)
        .unwrap()
}

/// Signs the request again after one change, so that only the check in question can refuse it.
fn changed(change: impl FnOnce(&mut Map<String, Value>)) -> Result<VerifiedRequest, RequestError> {
    let country = Country::new();
    let mut claims = claims_of(&country.request());
    change(claims.as_object_mut().unwrap());
    verify(&country, &sign(&claims, &country.access), None)
}

fn code(result: Result<VerifiedRequest, RequestError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn a_good_request_says_who_asks_what_and_where_the_answer_goes() {
    let country = Country::new();
    let text = country
        .request()
        .sign(&country.access.chain, &*country.access.signer)
        .unwrap();
    let request = verify(&country, &text, None).unwrap();
    assert_eq!(request.relying_party().organization_identifier(), BANK);
    assert_eq!(request.registration().purpose("fr"), Some("Connaître le client"));
    assert_eq!(request.query(), &country.request().dcql_query);
    assert_eq!((request.nonce(), request.state()), (NONCE, Some("af0ifjsldkj")));
    assert_eq!(request.client_id(), country.client_id());
    assert_eq!(request.response_uri().as_str(), "https://verifier.example/responses/1");
    assert_eq!(
        request.encryption_key(),
        (agreement_key("encryption").public_key(), "ephemeral-1")
    );
    assert_eq!(request.encryption().enc, ContentEncryption::A256Gcm);
    assert_eq!(request.expires_at(), NOW.plus(120));
}

#[test]
fn the_signed_form_is_that_of_the_profile() {
    let country = Country::new();
    let text = country
        .request()
        .sign(&country.access.chain, &*country.access.signer)
        .unwrap();
    let jws = UnverifiedJws::parse(&text).unwrap();
    assert_eq!(jws.header().typ.as_deref(), Some("oauth-authz-req+jwt"));
    assert_eq!(jws.header().x5c.as_ref().unwrap().len(), 1);
    assert_eq!(jws.header().other["iat"], NOW.seconds());
    let claims = claims_of(&country.request());
    assert_eq!(claims["response_type"], "vp_token");
    assert_eq!(claims["response_mode"], "direct_post.jwt");
    assert_eq!(claims["aud"], STATIC_AUDIENCE);
    let metadata = &claims["client_metadata"];
    assert_eq!(
        metadata["encrypted_response_enc_values_supported"],
        json!(["A128GCM", "A256GCM"])
    );
    assert_eq!(metadata["jwks"]["keys"][0]["use"], "enc");
    assert_eq!(metadata["jwks"]["keys"][0]["alg"], "ECDH-ES");
    assert!(claims.get("redirect_uri").is_none());
}

#[test]
fn refuses_each_fault_of_the_claims() {
    let country = Country::new();
    let hashless = country.client_id().replace("x509_hash:", "");
    for (name, value, expected) in [
        (
            "client_id",
            json!(format!("x509_hash:{}", base64url::encode([7; 32]))),
            "client_id_mismatch",
        ),
        ("client_id", json!(hashless), "client_id_mismatch"),
        ("client_id", Value::Null, "invalid_request"),
        ("nonce", Value::Null, "nonce_missing"),
        ("nonce", json!(""), "nonce_missing"),
        ("nonce", json!("n-0S6_WzA2Mj-0S6_WzA2"), "nonce_too_short"),
        ("nonce", json!("n 0S6_WzA2Mj-0S6_WzA2M"), "invalid_request"),
        ("nonce", json!("n".repeat(513)), "invalid_request"),
        (
            "redirect_uri",
            json!("https://verifier.example/back"),
            "invalid_request",
        ),
        ("scope", json!("pid"), "invalid_request"),
        ("response_type", json!("vp_token id_token"), "invalid_request"),
        ("response_mode", json!("direct_post"), "invalid_request"),
        ("response_mode", json!("fragment"), "invalid_request"),
        ("aud", json!("https://wallet.example"), "invalid_request"),
        ("aud", Value::Null, "invalid_request"),
        ("transaction_data", json!(["eyJ9"]), "invalid_transaction_data"),
        ("response_uri", Value::Null, "invalid_request"),
        (
            "response_uri",
            json!("http://verifier.example/responses/1"),
            "invalid_request",
        ),
        (
            "response_uri",
            json!("https://a@verifier.example/responses/1"),
            "invalid_request",
        ),
        ("response_uri", json!("https://verifier.example/1#x"), "invalid_request"),
        (
            "response_uri",
            json!("https://elsewhere.example/1"),
            "response_uri_mismatch",
        ),
        (
            "response_uri",
            json!("https://a.verifier.example/1"),
            "response_uri_mismatch",
        ),
        ("dcql_query", Value::Null, "invalid_request"),
        ("dcql_query", json!({"credentials": []}), "invalid_request"),
        ("exp", Value::Null, "invalid_request"),
        ("exp", json!(NOW.minus(CLOCK_SKEW + 1)), "request_expired"),
        ("exp", json!(NOW.plus(601)), "request_lifetime"),
        ("exp", json!(NOW), "request_lifetime"),
        ("exp", json!(i64::MAX), "request_lifetime"),
        ("iat", json!(NOW.plus(CLOCK_SKEW + 1)), "request_not_yet_valid"),
        ("iat", Value::Null, "invalid_request"),
        ("iat", json!(NOW.plus(120 - 601)), "request_lifetime"),
        ("iat", json!(i64::MIN), "request_lifetime"),
        ("verifier_info", json!([]), "registration_missing"),
        (
            "verifier_info",
            json!([{"format": "other", "data": {}}]),
            "registration_missing",
        ),
        (
            "verifier_info",
            json!([{"format": "registration_cert", "data": {}}]),
            "invalid_request",
        ),
        (
            "verifier_info",
            json!([{"format": "registration_cert", "data": "a.b"}]),
            "registration_malformed",
        ),
        ("client_metadata", Value::Null, "invalid_request"),
    ] {
        let result = changed(|claims| drop(claims.insert(name.to_owned(), value.clone())));
        assert_eq!(code(result), expected, "{name} {value}");
    }
}

#[test]
fn refuses_other_client_id_prefixes_even_when_the_link_agrees() {
    let country = Country::new();
    let other_hash = format!("x509_hash:{}", base64url::encode([7; 32]));
    let other_case = country.client_id().replace("x509_hash", "X509_HASH");
    for client_id in [
        "x509_san_dns:verifier.example",
        "redirect_uri:https://verifier.example",
        "origin:https://verifier.example",
        "verifier",
        &other_hash,
        &other_case,
    ] {
        let mut claims = claims_of(&country.request());
        claims["client_id"] = client_id.into();
        let request = UnverifiedRequest::parse(&sign(&claims, &country.access)).unwrap();
        let result = request.verify(client_id, None, &country.store, NOW, &PROVIDER);
        assert_eq!(code(result), "invalid_request", "{client_id}");
    }
}

#[test]
fn refuses_a_signature_that_is_not_of_the_access_certificate() {
    let country = Country::new();
    let claims = claims_of(&country.request());
    let other_key = Leaf {
        chain: country.access.chain.clone(),
        signer: key("other"),
    };
    let stranger = Authority::new("Stranger").leaf(eku::ACCESS, "Banque", Some(BANK));
    let wrong_purpose = Authority::new("Access CA").leaf(eku::CREDENTIAL_SIGNING, "Banque", Some(BANK));
    for leaf in [other_key, stranger, wrong_purpose] {
        assert_eq!(code(verify(&country, &sign(&claims, &leaf), None)), "request_signature");
    }
    let bare = JwsBuilder::new(REQUEST_TYP)
        .sign(&claims, &*country.access.signer)
        .unwrap();
    assert_eq!(code(verify(&country, &bare, None)), "request_signature");
}

#[test]
fn refuses_another_typ() {
    let country = Country::new();
    let claims = claims_of(&country.request());
    let text = JwsBuilder::new("JWT")
        .x5c(&country.access.chain)
        .sign(&claims, &*country.access.signer)
        .unwrap();
    assert_eq!(code(verify(&country, &text, None)), "invalid_request");
}

#[test]
fn the_wallets_nonce_must_come_back() {
    let country = Country::new();
    let with = |wallet_nonce: Option<&str>| {
        let request = RequestObject {
            wallet_nonce: wallet_nonce.map(str::to_owned),
            ..country.request()
        };
        request.sign(&country.access.chain, &*country.access.signer).unwrap()
    };
    verify(&country, &with(Some("abc")), Some("abc")).unwrap();
    verify(&country, &with(Some("abc")), None).unwrap();
    assert_eq!(
        code(verify(&country, &with(Some("abd")), Some("abc"))),
        "wallet_nonce_mismatch"
    );
    assert_eq!(
        code(verify(&country, &with(None), Some("abc"))),
        "wallet_nonce_mismatch"
    );
}

#[test]
fn over_asking_names_the_exact_excess() {
    let error = changed(|claims| {
        let asked = claims["dcql_query"]["credentials"][0]["claims"].as_array_mut().unwrap();
        asked.push(json!({"path": ["birthdate"]}));
    })
    .unwrap_err();
    let RequestError::OverAsking(excess) = &error else {
        panic!("{error:?}")
    };
    let expected = crate::Excess {
        query_id: "pid".to_owned(),
        path: Some(path(json!(["birthdate"]))),
    };
    assert_eq!(
        (error.code(), excess.as_slice()),
        ("over_asking", [expected].as_slice())
    );
}

fn with_registration(change: impl FnOnce(&mut mahfada_trust::RegistrationCertificate)) -> &'static str {
    let country = Country::new();
    let mut certificate = registration();
    change(&mut certificate);
    let verifier_info = vec![VerifierInfo::registration(country.sign_registration(&certificate))];
    let request = RequestObject {
        verifier_info,
        ..country.request()
    };
    code(verify(
        &country,
        &request.sign(&country.access.chain, &*country.access.signer).unwrap(),
        None,
    ))
}

#[test]
fn the_registration_is_current_and_that_of_the_one_who_asks() {
    assert_eq!(
        with_registration(|certificate| certificate.sub = "NTRMA-OTHER".to_owned()),
        "registration_subject"
    );
    assert_eq!(
        with_registration(|certificate| certificate.exp = NOW.minus(DAY / 2)),
        "registration_expired"
    );
    assert_eq!(
        with_registration(|certificate| certificate.credentials.clear()),
        "over_asking"
    );
}

#[test]
fn reads_the_registration_in_both_encodings_but_not_twice() {
    let country = Country::new();
    let compact = country.sign_registration(&registration());
    let verify_with = |verifier_info| {
        let request = RequestObject {
            verifier_info,
            ..country.request()
        };
        verify(
            &country,
            &request.sign(&country.access.chain, &*country.access.signer).unwrap(),
            None,
        )
    };
    let (plain, wrapped) = (
        VerifierInfo::registration(compact.as_str()),
        VerifierInfo::registration_base64url(&compact),
    );
    let foreign = VerifierInfo {
        format: "policy".to_owned(),
        data: json!({"x": 1}),
    };
    verify_with(vec![wrapped.clone(), foreign]).unwrap();
    assert_eq!(code(verify_with(vec![plain, wrapped])), "invalid_request");
}

#[test]
fn without_holder_binding_the_state_must_be_strong() {
    for (state, accepted) in [
        (Value::Null, false),
        (json!("af0ifjsldkj"), false),
        (json!("s".repeat(22)), true),
    ] {
        let result = changed(|claims| {
            claims["dcql_query"]["credentials"][0]["require_cryptographic_holder_binding"] = false.into();
            claims.insert("state".to_owned(), state.clone());
        });
        assert_eq!(result.is_ok(), accepted, "{state}");
        assert!(result.is_ok() || code(result) == "invalid_request");
    }
}

#[test]
fn unusable_keys_are_passed_over() {
    let country = Country::new();
    let usable = claims_of(&country.request())["client_metadata"]["jwks"]["keys"][0].clone();
    let with = |name: &str, value: Value| {
        let mut key = usable.clone();
        key[name] = value;
        key
    };
    let without = |name: &str| {
        let mut key = usable.clone();
        key.as_object_mut().unwrap().remove(name).unwrap();
        key
    };
    let mut unusable = vec![
        json!({"kty": "AKP", "alg": "ML-KEM-768", "kid": "x", "pub": "AA"}),
        with("use", json!("sig")),
        with("alg", json!("ECDH-ES+A256KW")),
        without("kid"),
        without("alg"),
        with("x", json!(base64url::encode([1; 32]))),
    ];
    let keys = |keys: &[Value]| changed(|claims| claims["client_metadata"]["jwks"]["keys"] = keys.to_vec().into());
    for key in &unusable {
        assert_eq!(code(keys(std::slice::from_ref(key))), "invalid_request", "{key}");
    }
    unusable.push(usable);
    assert_eq!(keys(&unusable).unwrap().encryption().kid, "ephemeral-1");
}

#[test]
fn the_content_encryption_is_one_that_both_know() {
    for (listed, expected) in [
        (Some(json!(["A128GCM"])), Some(ContentEncryption::A128Gcm)),
        (Some(json!(["A128GCM", "A256GCM"])), Some(ContentEncryption::A256Gcm)),
        (Some(json!(["A128CBC-HS256"])), None),
        (Some(json!([])), None),
        (None, Some(ContentEncryption::A128Gcm)),
    ] {
        let result = changed(|claims| {
            let metadata = claims["client_metadata"].as_object_mut().unwrap();
            metadata.remove("encrypted_response_enc_values_supported");
            metadata.extend(
                listed
                    .clone()
                    .map(|list| ("encrypted_response_enc_values_supported".to_owned(), list)),
            );
        });
        assert_eq!(
            result.ok().map(|request| request.encryption().enc),
            expected,
            "{listed:?}"
        );
    }
}

#[test]
fn the_verifier_understands_the_formats_it_asks_for() {
    let result = changed(|claims| {
        claims["client_metadata"]["vp_formats_supported"] = json!({"mso_mdoc": {}});
    });
    assert_eq!(code(result), "vp_formats_not_supported");
}

#[test]
fn members_of_other_profiles_are_ignored() {
    changed(|claims| drop(claims.insert("iss".to_owned(), "anything".into()))).unwrap();
}

#[test]
fn a_request_lives_ten_minutes_at_most() {
    let longest = changed(|claims| drop(claims.insert("exp".to_owned(), json!(NOW.plus(600)))));
    assert_eq!(longest.unwrap().expires_at(), NOW.plus(600));
    let just_made = changed(|claims| {
        claims.insert("iat".to_owned(), json!(NOW.plus(CLOCK_SKEW)));
        claims.insert("exp".to_owned(), json!(NOW.plus(CLOCK_SKEW + 600)));
    });
    assert_eq!(just_made.unwrap().expires_at(), NOW.plus(CLOCK_SKEW + 600));
}
