use mahfada_crypto::pure::PROVIDER;
use mahfada_trust::UnverifiedRegistration;
use serde_json::{Value, json};

use super::*;
use crate::fixture::{BANK, Country, NOW, PID, path, query, registration};

fn excess(credentials: &Value) -> Vec<(String, Option<ClaimsPath>)> {
    let country = Country::new();
    let text = country.sign_registration(&registration());
    let registration = UnverifiedRegistration::parse(&text)
        .unwrap()
        .verify(&country.store, BANK, NOW, &PROVIDER)
        .unwrap();
    exceeds_registration(&query(&json!({"credentials": credentials})), &registration)
        .into_iter()
        .map(|excess| (excess.query_id, excess.path))
        .collect()
}

fn credential(vct_values: &Value, claims: &Value) -> Value {
    json!({"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": vct_values}, "claims": claims})
}

#[test]
fn a_query_within_the_registration_exceeds_nothing() {
    let claims = json!([{"path": ["family_name"]}, {"path": ["address", "locality"]}]);
    assert!(excess(&json!([credential(&json!([PID]), &claims)])).is_empty());
    let without_claims = json!([{"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]}}]);
    assert!(excess(&without_claims).is_empty());
}

#[test]
fn every_claim_beyond_the_registration_is_named_alternatives_included() {
    let mut asked = credential(
        &json!([PID]),
        &json!([{"id": "a", "path": ["family_name"]}, {"id": "b", "path": ["birthdate"]}, {"id": "c", "path": ["portrait"]}]),
    );
    asked["claim_sets"] = json!([["a"], ["a", "b"]]);
    let beyond = [json!(["birthdate"]), json!(["portrait"])]
        .map(|claim| ("q".to_owned(), Some(path(claim))));
    assert_eq!(excess(&json!([asked])), beyond);
}

#[test]
fn kinds_that_are_not_registered_are_an_excess_as_a_whole() {
    let claims = json!([{"path": ["family_name"]}]);
    let whole = [("q".to_owned(), None)];
    assert_eq!(
        excess(&json!([credential(&json!(["urn:other"]), &claims)])),
        whole
    );
    assert_eq!(
        excess(&json!([credential(&json!([PID, "urn:other"]), &claims)])),
        whole
    );
    assert_eq!(
        excess(&json!([{"id": "q", "format": "dc+sd-jwt", "meta": {}}])),
        whole
    );
    assert_eq!(
        excess(&json!([{"id": "q", "format": "mso_mdoc", "meta": {"doctype_value": "x"}}])),
        whole
    );
}
