use serde_json::json;

use super::validity::MAX_ITEMS;
use super::*;

fn examples() -> Vec<(&'static str, &'static str)> {
    macro_rules! example {
        ($name:literal) => {
            (
                $name,
                include_str!(concat!(
                    "../../../../tests/vectors/openid4vp/query_lang/",
                    $name,
                    ".json"
                )),
            )
        };
    }
    vec![
        example!("claims_alternatives"),
        example!("complex_mdoc"),
        example!("credentials_alternatives"),
        example!("multi_credentials"),
        example!("simple"),
        example!("simple_mdoc"),
        example!("value_matching_simple"),
    ]
}

#[test]
fn the_examples_of_the_specification_round_trip() {
    for (name, text) in examples() {
        let value = mahfada_base::json::parse(text.as_bytes()).unwrap();
        let query = DcqlQuery::parse(&value).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = query.to_value().unwrap();
        assert_eq!(
            serde_json::from_value::<DcqlQuery>(written.clone()).unwrap(),
            query,
            "{name}"
        );
        assert_eq!(written["credentials"], value["credentials"], "{name}");
    }
}

fn valid() -> Value {
    json!({
        "credentials": [
            {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:a"]},
             "trusted_authorities": [{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}],
             "claims": [{"id": "x", "path": ["x"], "values": ["1", 1, true]}, {"id": "y", "path": ["y", null, 0]}],
             "claim_sets": [["x", "y"], ["y"]]},
            {"id": "b", "format": "dc+sd-jwt", "meta": {}, "require_cryptographic_holder_binding": false, "multiple": true}
        ],
        "credential_sets": [{"options": [["a"], ["a", "b"]], "required": false}]
    })
}

#[test]
fn defaults_are_those_of_the_specification() {
    let query = DcqlQuery::parse(&valid()).unwrap();
    let [a, b] = query.credentials() else { panic!() };
    assert!(a.require_cryptographic_holder_binding && !a.multiple);
    assert!(!b.require_cryptographic_holder_binding && b.multiple);
    assert!(b.claims().is_empty());
    let bare = json!({"credentials": [{"id": "a", "format": "f", "meta": {}}]});
    let needs = DcqlQuery::parse(&bare).unwrap().needs();
    assert_eq!(
        needs,
        [CredentialSetQuery {
            options: vec![vec!["a".to_owned()]],
            required: true
        }]
    );
}

#[test]
fn ignores_members_it_does_not_know() {
    let mut value = valid();
    value["new"] = json!(1);
    value["credentials"][0]["new"] = json!(1);
    value["credentials"][0]["claims"][0]["new"] = json!(1);
    DcqlQuery::parse(&value).unwrap();
}

#[test]
fn refuses_each_fault() {
    for (pointer, fault) in [
        ("/credentials", json!([])),
        ("/credentials/0/id", json!("")),
        ("/credentials/0/id", json!("a b")),
        ("/credentials/0/id", json!("b")),
        ("/credentials/0/meta", json!(null)),
        ("/credentials/0/meta/vct_values", json!([])),
        ("/credentials/0/meta/vct_values", json!("urn:a")),
        ("/credentials/0/trusted_authorities", json!([])),
        ("/credentials/0/trusted_authorities/0/values", json!([])),
        ("/credentials/0/claims", json!([])),
        ("/credentials/0/claims/0/id", json!("y")),
        ("/credentials/0/claims/0/path", json!([])),
        ("/credentials/0/claims/0/path", json!([-1])),
        ("/credentials/0/claims/0/path", json!(["y", null, 0])),
        ("/credentials/0/claims/0/values", json!([])),
        ("/credentials/0/claims/0/values", json!([1.5])),
        ("/credentials/0/claims/0/values", json!([null])),
        ("/credentials/0/claim_sets", json!([])),
        ("/credentials/0/claim_sets/0", json!([])),
        ("/credentials/0/claim_sets/0", json!(["z"])),
        ("/credential_sets", json!([])),
        ("/credential_sets/0/options", json!([])),
        ("/credential_sets/0/options/0", json!([])),
        ("/credential_sets/0/options/0", json!(["c"])),
    ] {
        let mut value = valid();
        *value.pointer_mut(pointer).unwrap() = fault.clone();
        let error = DcqlQuery::parse(&value).unwrap_err();
        assert_eq!(error.code(), "invalid_request", "{pointer} {fault}");
    }
}

#[test]
fn refuses_missing_members_and_claim_sets_without_claims() {
    for name in ["id", "format", "meta", "claims"] {
        let mut value = valid();
        value["credentials"][0].as_object_mut().unwrap().remove(name).unwrap();
        assert!(DcqlQuery::parse(&value).is_err(), "{name}");
    }
    DcqlQuery::parse(&json!({})).unwrap_err();
}

#[test]
fn refuses_more_than_a_person_could_look_through() {
    let claim = |n: usize| json!({"path": [n.to_string()]});
    let query = |n: usize| {
        let claims: Vec<Value> = (0..n).map(claim).collect();
        json!({"credentials": [{"id": "a", "format": "f", "meta": {}, "claims": claims}]})
    };
    DcqlQuery::parse(&query(MAX_ITEMS)).unwrap();
    DcqlQuery::parse(&query(MAX_ITEMS + 1)).unwrap_err();
}

#[test]
fn a_verifier_may_not_ask_by_position_and_a_wallet_reads_it_all_the_same() {
    let query = DcqlQuery::parse(&valid()).unwrap();
    let error = query.check_askable().unwrap_err();
    assert_eq!(error.code(), "dcql_index_not_askable");
    assert!(error.to_string().contains("y.*.0"), "{error}");
    let mut all = valid();
    all["credentials"][0]["claims"][1]["path"] = json!(["y", null, "0"]);
    DcqlQuery::parse(&all).unwrap().check_askable().unwrap();
}

#[test]
fn neither_errors_nor_debug_show_the_wanted_values() {
    let mut wanted = valid();
    wanted["credentials"][0]["claims"][0]["values"] = json!(["Canari-Elidrissi"]);
    let query = DcqlQuery::parse(&wanted).unwrap();
    assert!(!format!("{query:?} {query:#?}").contains("Canari"));
    for (pointer, value) in [
        ("/credentials/0/claims/0/values", json!("Canari-Elidrissi")),
        ("/credentials/0/claims/0/path", json!("Canari-Elidrissi")),
        ("/credentials/0/claims/0", json!("Canari-Elidrissi")),
        ("/credentials/0/claims/0/values/0", json!({"Canari-Elidrissi": 1})),
    ] {
        let mut faulty = wanted.clone();
        *faulty.pointer_mut(pointer).unwrap() = value;
        let error = DcqlQuery::parse(&faulty).unwrap_err();
        assert_eq!(error.code(), "invalid_request");
        assert!(!format!("{error} {error:?}").contains("Canari"), "{error}");
    }
}

#[test]
fn errors_repeat_only_the_beginning_of_an_id() {
    let mut long = valid();
    long["credentials"][0]["id"] = json!("\n".repeat(10_000));
    let error = DcqlQuery::parse(&long).unwrap_err().to_string();
    assert!(error.len() < 250 && !error.contains('\n'), "{error}");
}
