use mahfada_crypto::hazmat::{FailingRandom, SeededRandom};
use mahfada_crypto::pure::PROVIDER;

use super::*;
use crate::testing::{issuer, path, payload, verify};
use crate::vc::TYP;

fn issuance(claims: Value, paths: &[Value], decoys: usize) -> SdJwtIssuance {
    let Value::Object(payload) = payload(claims) else {
        panic!("not an object")
    };
    let selectively_disclosable = paths.iter().cloned().map(path).collect();
    SdJwtIssuance {
        payload,
        selectively_disclosable,
        decoys,
    }
}

fn sign(issuance: &SdJwtIssuance) -> Result<String, SdJwtIssueError> {
    let random = SeededRandom::new("salts");
    issuance.sign(JwsBuilder::new(TYP), &*issuer(), &random, PROVIDER.digest)
}

fn code(claims: Value, paths: &[Value]) -> &'static str {
    sign(&issuance(claims, paths, 0)).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn hides_exactly_the_claims_named() {
    let claims = json!({
        "name": "Amina",
        "address": {"city": "Fes", "country": "MA"},
        "nationalities": ["MA", "FR"],
        "sex": 2,
    });
    let paths = [
        json!(["name"]),
        json!(["address"]),
        json!(["address", "city"]),
        json!(["nationalities", null]),
    ];
    let text = sign(&issuance(claims.clone(), &paths, 3)).unwrap();
    let verified = verify(&text).unwrap();
    assert_eq!(*verified.claims(), payload(claims));
    assert_eq!(verified.disclosed_paths().len(), 5);
    // Two `_sd` arrays with three decoys each.
    assert_eq!(verified.undisclosed_digests(), 6);
    let jwt = text.split('~').next().unwrap();
    let bare = verify(&format!("{jwt}~")).unwrap();
    assert_eq!(*bare.claims(), payload(json!({"nationalities": [], "sex": 2})));
}

#[test]
fn sorts_digests_and_draws_fresh_salts() {
    let paths: Vec<Value> = (0..20).map(|n| json!([format!("claim{n}")])).collect();
    let claims = (0..20).map(|n| (format!("claim{n}"), json!("same"))).collect();
    let text = sign(&issuance(Value::Object(claims), &paths, 5)).unwrap();
    let parsed = crate::UnverifiedSdJwt::parse(&text).unwrap();
    let payload: Value = serde_json::from_slice(parsed.jws().unverified_payload()).unwrap();
    let digests: Vec<&str> = payload["_sd"]
        .as_array()
        .unwrap()
        .iter()
        .map(|digest| digest.as_str().unwrap())
        .collect();
    assert_eq!(digests.len(), 25);
    assert!(digests.is_sorted());
    assert_eq!(payload["_sd_alg"], "sha-256");
    let salts: BTreeSet<Vec<u8>> = text
        .split('~')
        .skip(1)
        .filter(|disclosure| !disclosure.is_empty())
        .map(|disclosure| {
            let content: Value = serde_json::from_slice(&base64url::decode(disclosure).unwrap()).unwrap();
            base64url::decode(content[0].as_str().unwrap()).unwrap()
        })
        .collect();
    assert_eq!(salts.len(), 20);
    assert!(salts.iter().all(|salt| salt.len() == SALT_LENGTH));
}

#[test]
fn a_credential_without_disclosures_names_no_hash() {
    let text = sign(&issuance(json!({"a": 1}), &[], 4)).unwrap();
    let verified = verify(&text).unwrap();
    assert_eq!(*verified.claims(), payload(json!({"a": 1})));
    assert_eq!(verified.undisclosed_digests(), 0);
    assert_eq!(text.matches('~').count(), 1);
}

#[test]
fn refuses_to_hide_what_must_be_visible() {
    for name in NEVER_DISCLOSABLE {
        let claims = json!({*name: {"jwk": [1]}});
        for path in [json!([name]), json!([name, "jwk"]), json!([name, "jwk", 0])] {
            assert_eq!(code(claims.clone(), &[path]), "sd_forbidden_claim", "{name}");
        }
    }
    assert_eq!(code(json!({"a": {"exp": 1}}), &[json!(["a", "exp"])]), "ok");
}

#[test]
fn refuses_reserved_names_in_claims() {
    for claims in [
        json!({"_sd": ["x"]}),
        json!({"a": {"_sd_alg": "x"}}),
        json!({"a": [{"...": "x"}]}),
    ] {
        assert_eq!(code(claims.clone(), &[]), "sd_reserved_name", "{claims}");
    }
}

#[test]
fn refuses_paths_that_select_nothing_and_too_many() {
    assert_eq!(code(json!({"a": 1}), &[json!(["b"])]), "sd_path");
    assert_eq!(code(json!({"a": 1}), &[json!(["a", "b"])]), "sd_path");
    let elements = |count: usize| json!({"a": vec![1; count]});
    assert_eq!(code(elements(MAX_DISCLOSURES), &[json!(["a", null])]), "ok");
    assert_eq!(
        code(elements(MAX_DISCLOSURES + 1), &[json!(["a", null])]),
        "sd_too_many_disclosures"
    );
}

#[test]
fn refuses_to_issue_what_no_recipient_reads() {
    let text = "x".repeat(100_000);
    let claims = json!({"a": text.clone(), "b": text.clone()});
    assert_eq!(code(claims.clone(), &[json!(["a"])]), "sd_too_long");
    assert_eq!(code(json!({"a": text}), &[json!(["a"])]), "ok");
}

#[test]
fn stops_without_randomness() {
    let issuance = issuance(json!({"a": 1}), &[json!(["a"])], 0);
    let refused = issuance.sign(JwsBuilder::new(TYP), &*issuer(), &FailingRandom, PROVIDER.digest);
    assert_eq!(refused.unwrap_err().code(), "random");
}
