use mahfada_base::ClaimsPath;
use mahfada_crypto::pure::PROVIDER;
use mahfada_jose::JwsBuilder;
use mahfada_x509::eku;
use serde_json::{Value, json};

use super::*;
use crate::testing::{
    CNSS, CNSS_ID, DGSN_ID, NOW, PID, SINCE, STATUS_URI, TestTrust, credential, issuer_chain, key, leaf,
};

fn claims(name: &str, value: Value) -> Value {
    let mut claims = json!({
        "vct": PID,
        "exp": NOW.plus(1_000),
        "given_name": "Amina",
        "status": {"status_list": {"idx": 5, "uri": STATUS_URI}},
    });
    let members = claims.as_object_mut().unwrap();
    members.insert(name.to_owned(), value);
    members.retain(|_, value| !value.is_null());
    claims
}

fn verify(text: &str) -> Result<VerifiedCredential, CredentialError> {
    UnverifiedCredential::parse(CredentialFormat::DcSdJwt, text)?.verify(&TestTrust, NOW, &PROVIDER)
}

fn code(text: &str) -> &'static str {
    verify(text).map_or_else(|error| error.code(), |_| "ok")
}

fn changed(name: &str, value: Value) -> &'static str {
    code(&credential(&claims(name, value), &[issuer_chain()], "dgsn"))
}

#[test]
fn tells_who_issued_what() {
    let text = credential(&claims("x", Value::Null), &[issuer_chain()], "dgsn");
    let verified = verify(&text).unwrap();
    assert_eq!(verified.format().as_str(), "dc+sd-jwt");
    assert_eq!(verified.credential_type().as_str(), PID);
    assert_eq!(verified.issuer().organization_identifier(), DGSN_ID);
    assert_eq!(verified.issuer().name("ar"), "Organisme NTRMA-DGSN");
    assert_eq!(verified.issuer().list_sequence(), 7);
    assert_eq!(verified.issuer().key(), key("dgsn").public_key());
    let status = StatusReference {
        uri: STATUS_URI.to_owned(),
        idx: 5,
    };
    assert_eq!(verified.status(), Some(&status));
    assert_eq!(verified.expires_at(), Some(NOW.plus(1_000)));
    assert_eq!(verified.holder_key(), None);
    assert_eq!(verified.sd_jwt().as_issued(), text);
    let name = ClaimsPath::name("given_name");
    assert_eq!(verified.claims().select(&name), Ok(vec![&json!("Amina")]));
    assert_eq!(verified.claims().credential_type.as_str(), PID);
}

#[test]
fn refuses_a_valid_leaf_of_an_agency_that_may_not_issue_the_type() {
    let fund = leaf("ca", "cnss", CNSS_ID, eku::CREDENTIAL_SIGNING);
    let own = claims("vct", json!(CNSS));
    assert_eq!(code(&credential(&own, std::slice::from_ref(&fund), "cnss")), "ok");
    let pid = claims("vct", json!(PID));
    assert_eq!(code(&credential(&pid, &[fund], "cnss")), "issuer_not_entitled");
    assert_eq!(changed("vct", json!("urn:mahfada:other:1")), "issuer_not_entitled");
}

#[test]
fn refuses_a_leaf_of_an_unknown_authority_or_another_role() {
    let pid = claims("x", Value::Null);
    let rogue = leaf("rogue", "dgsn", DGSN_ID, eku::CREDENTIAL_SIGNING);
    assert_eq!(code(&credential(&pid, &[rogue], "dgsn")), "x509_untrusted");
    let status = leaf("ca", "dgsn", DGSN_ID, eku::STATUS_SIGNING);
    assert_eq!(code(&credential(&pid, &[status], "dgsn")), "x509_extended_key_usage");
}

#[test]
fn believes_no_key_but_that_of_the_trusted_leaf() {
    let pid = claims("x", Value::Null);
    assert_eq!(code(&credential(&pid, &[issuer_chain()], "stranger")), "sig");
    let stranger = Jwk::from_public_key(key("stranger").public_key());
    let builder = JwsBuilder::new("dc+sd-jwt").x5c(&[issuer_chain()]).jwk(&stranger);
    let text = format!("{}~", builder.sign(&pid, &*key("stranger")).unwrap());
    assert_eq!(code(&text), "sig");
    let without = JwsBuilder::new("dc+sd-jwt").jwk(&stranger);
    let text = format!("{}~", without.sign(&pid, &*key("stranger")).unwrap());
    assert_eq!(code(&text), "x5c_missing");
    assert_eq!(code(&credential(&pid, &[], "dgsn")), "x509_chain_length");
}

#[test]
fn refuses_what_the_format_refuses() {
    assert_eq!(changed("vct", Value::Null), "vct");
    assert_eq!(changed("vct", json!("")), "vct");
    assert_eq!(changed("exp", json!(NOW.minus(60))), "expired");
    assert_eq!(changed("nbf", json!(NOW.plus(61))), "not_yet_valid");
    assert_eq!(changed("_sd", json!(["x", "x"])), "sd_dup_digest");
    assert_eq!(code("x"), "sd_malformed");
}

#[test]
fn takes_a_status_that_cannot_be_read_for_no_good_one() {
    assert_eq!(changed("status", Value::Null), "ok");
    assert_eq!(changed("status", json!({})), "status_unsupported");
    assert_eq!(changed("status", json!({"other": {}})), "status_unsupported");
    for idx in [json!(-1), json!("5"), json!(1.5), json!(1e30)] {
        let status = json!({"status_list": {"idx": idx, "uri": STATUS_URI}});
        assert_eq!(changed("status", status), "status_index");
    }
}

#[test]
fn a_holder_refuses_a_key_binding() {
    let text = credential(&claims("x", Value::Null), &[issuer_chain()], "dgsn");
    let parse = |text: &str| UnverifiedCredential::parse(CredentialFormat::DcSdJwt, text).unwrap();
    parse(&text).refuse_key_binding().unwrap();
    let refused = parse(&format!("{text}a.b.c")).refuse_key_binding().unwrap_err();
    assert_eq!(refused.code(), "unexpected_key_binding");
}

#[test]
fn formats_are_found_by_their_exact_name() {
    assert_eq!(
        CredentialFormat::from_name("dc+sd-jwt"),
        Some(CredentialFormat::DcSdJwt)
    );
    assert_eq!(CredentialFormat::from_name("vc+sd-jwt"), None);
    assert_eq!(serde_json::to_value(CredentialFormat::DcSdJwt).unwrap(), "dc+sd-jwt");
}

// TV-30
#[test]
fn refuses_what_was_issued_before_the_issuer_was_entitled_or_in_the_future() {
    let granted_on = SINCE.start_of_day();
    assert_eq!(changed("iat", json!(granted_on)), "ok");
    assert_eq!(changed("iat", json!(granted_on.minus(1))), "issued_before_entitlement");
    assert_eq!(changed("iat", json!(NOW.plus(60))), "ok");
    assert_eq!(changed("iat", json!(NOW.plus(61))), "iat");
    assert_eq!(changed("iat", Value::Null), "ok");
}

#[test]
fn refuses_an_issuer_claim_that_the_certificate_does_not_bear_out() {
    assert_eq!(changed("iss", json!("https://issuer.example/pid")), "ok");
    for iss in [
        json!("https://other.example"),
        json!("issuer.example"),
        json!(""),
        json!(1),
    ] {
        assert_eq!(changed("iss", iss.clone()), "iss", "{iss}");
    }
}
