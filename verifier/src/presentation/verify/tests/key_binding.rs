//! TV-03 to TV-08, and TV-10 for the key binding.

use mahfada_base::base64url;

use super::*;
use crate::tests::fixture::{key, path};

const YEAR: i64 = 365 * 86_400;

/// Returns the code for a good presentation whose key binding has one member changed.
fn changed(change: Value) -> String {
    let country = Country::new();
    code(&judge(&bind(&country, &unbound(&good()), change, "kb+jwt", &*holder())))
}

#[test]
fn tv_03_an_answer_for_another_verifier_is_refused() {
    assert_eq!(changed(json!({})), "accepted");
    assert_eq!(changed(json!({"aud": "x509_hash:other"})), "kb_aud");
    // The identifier counts with its prefix, and one audience is not a list of them.
    assert_eq!(changed(json!({"aud": "bank"})), "kb_aud");
    assert_eq!(changed(json!({"aud": [CLIENT]})), "kb_typ");
}

#[test]
fn tv_04_another_nonce_is_refused() {
    assert_eq!(changed(json!({"nonce": "n-0S6_WzA2Mj-0S6_WzA2MJ"})), "kb_nonce");
    assert_eq!(changed(json!({"nonce": ""})), "kb_nonce");
}

#[test]
fn tv_05_a_stripped_key_binding_is_refused() {
    assert_eq!(code(&judge(&unbound(&good()))), "kb_missing");
}

#[test]
fn whether_a_key_binding_is_needed_is_the_query_s_to_say() {
    let country = Country::new();
    let mut query = pid_query();
    query["credentials"][0]["require_cryptographic_holder_binding"] = json!(false);
    let vp_token = token(&[("pid", &unbound(&good()))]);
    let verdict = judge_with(&country, &country.store(), &query, &vp_token, &BTreeMap::new());
    assert_eq!(code(&verdict), "accepted");
    assert!(lines(&verdict).contains(&("key_binding".to_owned(), "not_checked".to_owned())));
}

#[test]
fn tv_06_only_the_holder_s_key_binds() {
    let country = Country::new();
    let sd_jwt = unbound(&good());
    let by = |signer: &dyn Signer| code(&judge(&bind(&country, &sd_jwt, json!({}), "kb+jwt", signer)));
    assert_eq!(by(&*country.issuer().signer), "kb_sig");
    assert_eq!(by(&*key("thief")), "kb_sig");

    let presentation = good();
    let (rest, signature) = presentation.rsplit_once('.').unwrap();
    let mut signature = base64url::decode(signature).unwrap();
    signature[40] ^= 1;
    assert_eq!(
        code(&judge(&format!("{rest}.{}", base64url::encode(signature)))),
        "kb_sig"
    );
}

#[test]
fn tv_06_a_credential_without_a_holder_key_is_refused() {
    for cnf in [Value::Null, json!({"kid": "holder"})] {
        let country = Country::new();
        let issuer = country.issuer();
        let payload = country.payload(json!({"cnf": cnf}));
        let presentation = by_hand(&country, &payload, &[], &issuer);
        assert_eq!(code(&judge(&presentation)), "cnf", "{cnf}");
    }
}

#[test]
fn tv_07_disclosures_are_bound() {
    let country = Country::new();
    let issuer = country.issuer();
    let held = country.held(&country.issue(json!({}), &issuer), &issuer);
    let both = [path(json!(["family_name"])), path(json!(["given_name"]))];
    let (one, two) = (held.present(&both[..1]).unwrap(), held.present(&both).unwrap());
    for (signed_over, shown) in [(one.text(), two.text()), (two.text(), one.text())] {
        let bound = bind(&country, signed_over, json!({}), "kb+jwt", &*holder());
        let binding = bound.rsplit_once('~').unwrap().1;
        assert_eq!(code(&judge(&format!("{shown}{binding}"))), "sd_hash");
    }
}

#[test]
fn tv_08_a_key_binding_of_another_time_is_refused() {
    let now = Country::new().now;
    for iat in [now.minus(YEAR), now.plus(YEAR), now.minus(120 + 61), now.plus(61)] {
        assert_eq!(changed(json!({"iat": iat})), "kb_iat", "{iat}");
    }
    assert_eq!(changed(json!({"iat": now.minus(120)})), "accepted");
    assert_eq!(changed(json!({"iat": null})), "kb_typ");
}

#[test]
fn another_type_of_token_binds_nothing() {
    let country = Country::new();
    for typ in ["jwt", "dc+sd-jwt", "oauth-authz-req+jwt", "dpop+jwt"] {
        let presentation = bind(&country, &unbound(&good()), json!({}), typ, &*holder());
        assert_eq!(code(&judge(&presentation)), "kb_typ", "{typ}");
    }
}

#[test]
fn tv_10_a_key_binding_under_another_algorithm_is_refused() {
    let country = Country::new();
    let sd_jwt = unbound(&good());
    let claims = base64url::encode(binding_claims(&country, &sd_jwt, json!({})).to_string());
    for alg in ["none", "NONE", "nOnE", "HS256", "HS384", "RS256", "ES256K", ""] {
        let header = base64url::encode(json!({"alg": alg, "typ": "kb+jwt"}).to_string());
        let input = format!("{header}.{claims}");
        // The public key as the secret of an HMAC, in the spellings that confused others.
        let jwk = mahfada_jose::Jwk::from_public_key(holder().public_key())
            .to_value()
            .to_string();
        let mac = PROVIDER.mac.hmac_sha256(jwk.as_bytes(), input.as_bytes());
        for signature in [String::new(), base64url::encode(mac), base64url::encode([1; 64])] {
            let presentation = format!("{sd_jwt}{input}.{signature}");
            assert_eq!(code(&judge(&presentation)), "alg_not_allowed", "{alg:?} {signature:?}");
        }
    }
}
