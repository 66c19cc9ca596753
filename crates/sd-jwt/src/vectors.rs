//! Published tokens of RFC 9901 and encodings that the reference implementation made.

use mahfada_base::UnixTime;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{PublicKey, SignatureAlgorithm};
use mahfada_jose::{Expectation, Jwk};
use serde_json::{Value, json};

use crate::vc::UnverifiedSdJwtVc;
use crate::{KeyBindingExpectation, UnverifiedSdJwt, VerifiedSdJwt};

const PUBLISHED: &str = include_str!("../../../tests/vectors/rfc9901/published_tokens.json");
/// Between `iat` and `exp` of every token.
const NOW: UnixTime = UnixTime::new(1_795_348_800);

struct Case {
    name: &'static str,
    issuance: &'static str,
    presentation: &'static str,
    user_claims: &'static str,
    verified: &'static str,
}

macro_rules! cases {
    ($($set:literal: $($name:literal),+;)+) => {
        [$($(Case {
            name: concat!($set, "/", $name),
            issuance: include_str!(concat!("../../../tests/vectors/", $set, "/regenerated/", $name, "/sd_jwt_issuance.txt")),
            presentation: include_str!(concat!("../../../tests/vectors/", $set, "/regenerated/", $name, "/sd_jwt_presentation.txt")),
            user_claims: include_str!(concat!("../../../tests/vectors/", $set, "/regenerated/", $name, "/user_claims.json")),
            verified: include_str!(concat!("../../../tests/vectors/", $set, "/regenerated/", $name, "/verified_contents.json")),
        }),+),+]
    };
}

const CASES: [Case; 16] = cases! {
    "rfc9901": "address_only_flat", "address_only_recursive", "address_only_structured",
        "address_only_structured_one_open", "arf-pid", "complex_eidas", "complex_eidas_proposal", "complex_ekyc",
        "jsonld", "simple", "simple_structured", "w3c-vc", "w3c-vc_for_slide_deck";
    "sd-jwt-vc": "01", "02", "03-pid";
};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The keys of `settings.yml` of both repositories.
fn issuer_key() -> PublicKey {
    key(&json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
        "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
    }))
}

fn holder_jwk() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc",
        "y": "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ",
    })
}

fn key(jwk: &Value) -> PublicKey {
    Jwk::parse(jwk).unwrap().to_public_key(&PROVIDER).unwrap()
}

fn verify(text: &str) -> VerifiedSdJwt {
    let expectation = Expectation {
        typ: &["example+sd-jwt", "dc+sd-jwt"],
        algorithms: &[SignatureAlgorithm::Es256],
    };
    let parsed = UnverifiedSdJwt::parse(text.trim_end()).unwrap();
    parsed.verify(&issuer_key(), &expectation, &PROVIDER).unwrap()
}

/// Verifies the key binding, if there is one, and that another nonce is refused.
fn check_key_binding(verified: &VerifiedSdJwt, audience: &str, now: UnixTime) {
    let expectation = KeyBindingExpectation {
        audience,
        nonce: "1234567890",
        max_age: 300,
    };
    let holder = Jwk::parse(&verified.claims()["cnf"]["jwk"]).unwrap();
    assert_eq!(holder.to_value(), holder_jwk());
    let binding = verified
        .verify_key_binding(&holder, &expectation, now, &PROVIDER)
        .unwrap();
    assert!(now.since(binding.issued_at()).abs() <= 300);
    let other = KeyBindingExpectation {
        nonce: "0",
        ..expectation
    };
    let refused = verified
        .verify_key_binding(&holder, &other, now, &PROVIDER)
        .unwrap_err();
    assert_eq!(refused.code(), "kb_nonce");
}

#[test]
fn verifies_every_published_token() {
    let published = json(PUBLISHED);
    let tokens = published["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 7);
    let mut bound = 0;
    for token in tokens {
        let section = token["rfc9901_section"].as_str().unwrap();
        let verified = verify(token["compact"].as_str().unwrap());
        assert_eq!(
            Value::Object(verified.signed_payload().clone()),
            token["payload"],
            "{section}"
        );
        let disclosures = token["disclosures"].as_array().unwrap();
        assert_eq!(verified.disclosures().len(), disclosures.len(), "{section}");
        for ((disclosure, _), expected) in verified.disclosures().iter().zip(disclosures) {
            let contents = expected["contents"].as_array().unwrap();
            assert_eq!(disclosure.value(), contents.last().unwrap(), "{section}");
            let digest = verified.hash_algorithm().digest(disclosure.encoded(), PROVIDER.digest);
            assert_eq!(digest, expected["sha256_b64url"], "{section}");
        }
        let Some(kb) = token.get("kb_jwt").filter(|kb| !kb.is_null()) else {
            continue;
        };
        let iat = kb["payload"]["iat"].as_i64().unwrap();
        check_key_binding(&verified, "https://verifier.example.org", UnixTime::new(iat));
        bound += 1;
    }
    assert_eq!(bound, 2);
}

#[test]
fn verifies_published_credentials_by_the_rules_of_sd_jwt_vc() {
    let published = json(PUBLISHED);
    let credentials: Vec<&str> = published["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|token| token["header"]["typ"] == "dc+sd-jwt")
        .map(|token| token["compact"].as_str().unwrap())
        .chain(
            CASES
                .iter()
                .filter(|case| case.name.starts_with("sd-jwt-vc"))
                .map(|case| case.presentation.trim_end()),
        )
        .collect();
    assert_eq!(credentials.len(), 5);
    for text in credentials {
        let credential = UnverifiedSdJwtVc::parse(text).unwrap();
        let vct = credential.unverified_vct().unwrap().to_owned();
        let verified = credential.verify(&issuer_key(), NOW, &PROVIDER).unwrap();
        assert_eq!(verified.vct(), vct);
        assert_eq!(verified.expires_at(), Some(UnixTime::new(1_883_000_000)));
    }
}

#[test]
fn a_verifier_sees_what_the_reference_implementation_sees() {
    let mut bound = 0;
    for case in &CASES {
        let verified = verify(case.presentation);
        assert_eq!(*verified.claims(), json(case.verified), "{}", case.name);
        let Some(kb) = verified.key_binding() else {
            continue;
        };
        let claims = mahfada_jose::UnverifiedJws::parse(kb).unwrap();
        let claims: Value = serde_json::from_slice(claims.unverified_payload()).unwrap();
        let audience = match case.name.split('/').next() {
            Some("rfc9901") => "https://verifier.example.org",
            _ => "https://example.com/verifier",
        };
        check_key_binding(&verified, audience, UnixTime::new(claims["iat"].as_i64().unwrap()));
        bound += 1;
    }
    assert_eq!(bound, 6);
}

#[test]
fn a_holder_sees_every_claim_that_was_issued() {
    for case in &CASES {
        let issued = verify(case.issuance);
        let Value::Object(expected) = json(case.user_claims) else {
            panic!("{}", case.name)
        };
        for (name, value) in &expected {
            assert_eq!(issued.claims().get(name), Some(value), "{} {name}", case.name);
        }
    }
}
