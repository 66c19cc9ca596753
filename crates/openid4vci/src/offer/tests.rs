//! The rules of OID4VCI §4.1, one row each.

use serde_json::{Value, json};

use super::*;

fn offer() -> Value {
    json!({
        "credential_issuer": "https://issuer.example:8101/cnss",
        "credential_configuration_ids": ["cnss-rights"],
        "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {
            "pre-authorized_code": "oaKazRN8I0IbtZ0C7JuMn5",
            "tx_code": {"length": 6, "description": "Sent to your phone"}
        }}
    })
}

fn with(path: &str, value: Value) -> String {
    let mut offer = offer();
    *offer.pointer_mut(path).unwrap() = value;
    offer.to_string()
}

const GRANT: &str = "/grants/urn:ietf:params:oauth:grant-type:pre-authorized_code";

#[test]
fn an_offer_comes_back_as_written() {
    let parsed = CredentialOffer::parse(offer().to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&parsed.to_json()).unwrap(), offer());
    for uri in [
        CredentialOfferUri::ByValue(parsed),
        CredentialOfferUri::ByReference("https://issuer.example/cnss/offers/a?b=c&d".to_owned()),
    ] {
        assert_eq!(CredentialOfferUri::parse(&uri.to_uri()).unwrap(), uri);
    }
}

#[test]
fn refuses_offers_with_the_code_that_names_the_fault() {
    let tx_code = format!("{GRANT}/tx_code");
    for (body, code) in [
        ("[]".to_owned(), "offer_malformed"),
        (
            with("/credential_issuer", json!("http://issuer.example")),
            "offer_issuer",
        ),
        (
            with("/credential_issuer", json!("https://issuer.example?x")),
            "offer_issuer",
        ),
        (
            with("/credential_issuer", json!("https://issuer.example#x")),
            "offer_issuer",
        ),
        (with("/credential_issuer", json!(1)), "offer_malformed"),
        (with("/credential_configuration_ids", json!([])), "offer_configurations"),
        (
            with("/credential_configuration_ids", json!(["a", "a"])),
            "offer_configurations",
        ),
        (
            with("/credential_configuration_ids", json!([""])),
            "offer_configurations",
        ),
        (with("/credential_configuration_ids", json!("a")), "offer_malformed"),
        (with("/credential_configuration_ids", json!([1])), "offer_malformed"),
        (with("/grants", json!([])), "offer_malformed"),
        (with("/grants", json!({"authorization_code": []})), "offer_malformed"),
        (r#"["https://issuer.example",["a"]]"#.to_owned(), "offer_malformed"),
        (
            with(
                "/grants",
                json!({"authorization_code": {"authorization_server": "http://a"}}),
            ),
            "offer_grant",
        ),
        (with(GRANT, json!({})), "offer_malformed"),
        (with(GRANT, json!({"pre-authorized_code": ""})), "offer_grant"),
        (
            with(GRANT, json!({"pre-authorized_code": "a", "authorization_server": "a"})),
            "offer_grant",
        ),
        (with(&tx_code, json!(true)), "offer_malformed"),
        (with(&tx_code, json!([])), "offer_malformed"),
        (with(&tx_code, json!({"input_mode": "emoji"})), "offer_malformed"),
        (with(&tx_code, json!({"length": 0})), "offer_tx_code"),
        (with(&tx_code, json!({"length": -4})), "offer_malformed"),
        (with(&tx_code, json!({"description": "é".repeat(301)})), "offer_tx_code"),
        (
            offer()
                .to_string()
                .replacen('{', r#"{"credential_issuer":"https://evil.example","#, 1),
            "offer_malformed",
        ),
    ] {
        assert_eq!(
            CredentialOffer::parse(body.as_bytes()).unwrap_err().code(),
            code,
            "{body}"
        );
    }
}

#[test]
fn accepts_what_the_specification_leaves_open() {
    for body in [
        with("/grants", json!(null)),
        with("/grants", json!({})),
        with("/grants", json!({"authorization_code": {}})),
        with(
            "/grants",
            json!({"urn:other": {"zz": 1}, "authorization_code": {"issuer_state": "x"}}),
        ),
        with(&format!("{GRANT}/tx_code"), json!({})),
        with(
            &format!("{GRANT}/tx_code"),
            json!({"description": "é".repeat(300), "zz": []}),
        ),
    ] {
        CredentialOffer::parse(body.as_bytes()).unwrap();
    }
}

#[test]
fn refuses_links_with_the_code_that_names_the_fault() {
    let value = encode_form([("credential_offer", offer().to_string().as_str())]);
    let reference = "credential_offer_uri=https%3A%2F%2Fissuer.example%2Fo";
    for (link, code) in [
        (format!("https://wallet.example?{value}"), "offer_link"),
        (format!("openid4vp://?{value}"), "offer_link"),
        (format!("openid-credential-offer:{value}"), "offer_link"),
        (format!("openid-credential-offer://{value}"), "offer_link"),
        (format!("openid-credential-offer://?{value}#x"), "offer_link"),
        ("é".to_owned(), "offer_link"),
        ("openid-credential-offer://?".to_owned(), "offer_value_or_reference"),
        ("openid-credential-offer://?x=1".to_owned(), "offer_value_or_reference"),
        (
            format!("openid-credential-offer://?{value}&{reference}"),
            "offer_value_or_reference",
        ),
        (
            format!("openid-credential-offer://?{value}&{value}"),
            "duplicate_parameter",
        ),
        (
            format!("openid-credential-offer://?{reference}&{reference}"),
            "duplicate_parameter",
        ),
        (
            format!("openid-credential-offer://?{value}&x=1&x=1"),
            "duplicate_parameter",
        ),
        (
            "openid-credential-offer://?credential_offer={}".to_owned(),
            "offer_malformed",
        ),
        (
            "openid-credential-offer://?credential_offer=%ff".to_owned(),
            "form_malformed",
        ),
        (
            format!("openid-credential-offer://?{}", reference.replace("https", "http")),
            "offer_uri_not_https",
        ),
        (
            format!("openid-credential-offer://?{}", reference.replace("https", "file")),
            "offer_uri_not_https",
        ),
        (
            "openid-credential-offer://?credential_offer_uri=urn%3Ax".to_owned(),
            "offer_uri_not_https",
        ),
        (
            "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fu%3Ap%40a".to_owned(),
            "offer_uri_not_https",
        ),
    ] {
        assert_eq!(CredentialOfferUri::parse(&link).unwrap_err().code(), code, "{link}");
    }
    for link in [
        format!("haip-vci://?{value}"),
        format!("OpenID-Credential-Offer:///?{value}&unknown=1"),
        format!("openid-credential-offer://?{reference}"),
    ] {
        CredentialOfferUri::parse(&link).unwrap();
    }
}

#[test]
fn a_typed_code_is_judged_by_what_the_offer_says() {
    let numeric = TxCode {
        length: Some(4),
        ..TxCode::default()
    };
    let text = TxCode {
        input_mode: TxCodeInputMode::Text,
        length: None,
        description: None,
    };
    for (tx_code, typed, accepted) in [
        (&numeric, "1234", true),
        (&numeric, "123", false),
        (&numeric, "12345", false),
        (&numeric, "12a4", false),
        (&numeric, "١٢٣٤", false),
        (&text, "été", true),
        (&text, "", false),
    ] {
        assert_eq!(tx_code.accepts(typed), accepted, "{typed}");
    }
}

#[test]
fn debug_shows_no_code() {
    let offer = CredentialOffer::parse(offer().to_string().as_bytes()).unwrap();
    assert!(!format!("{offer:?}").contains("oaKazRN8I0IbtZ0C7JuMn5"));
}
