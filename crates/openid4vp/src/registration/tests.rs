use mahfada_crypto::pure::PROVIDER;
use mahfada_trust::{RegisteredClaim, RegistrationCertificate, UnverifiedRegistration};
use serde_json::{Value, json};

use super::*;
use crate::fixture::{BANK, Country, Held, NOW, PID, path, query, registration};

fn verified(certificate: &RegistrationCertificate) -> VerifiedRegistration {
    let country = Country::new();
    UnverifiedRegistration::parse(&country.sign_registration(certificate))
        .unwrap()
        .verify(&country.store, BANK, NOW, &PROVIDER)
        .unwrap()
}

fn excess(credentials: &Value) -> Vec<(String, Option<ClaimsPath>)> {
    let registration = verified(&registration());
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
    let beyond = [json!(["birthdate"]), json!(["portrait"])].map(|claim| ("q".to_owned(), Some(path(claim))));
    assert_eq!(excess(&json!([asked])), beyond);
}

#[test]
fn kinds_that_are_not_registered_are_an_excess_as_a_whole() {
    let claims = json!([{"path": ["family_name"]}]);
    let whole = [("q".to_owned(), None)];
    assert_eq!(excess(&json!([credential(&json!(["urn:other"]), &claims)])), whole);
    assert_eq!(excess(&json!([credential(&json!([PID, "urn:other"]), &claims)])), whole);
    assert_eq!(excess(&json!([{"id": "q", "format": "dc+sd-jwt", "meta": {}}])), whole);
    assert_eq!(
        excess(&json!([{"id": "q", "format": "mso_mdoc", "meta": {"doctype_value": "x"}}])),
        whole
    );
}

/// Registered for the country alone, asked for the country alone, and the issuer put the whole address into one disclosure.
#[test]
fn what_comes_along_in_a_disclosure_is_held_against_the_registration() {
    let mut certificate = registration();
    certificate.credentials[0].claim = vec![RegisteredClaim {
        path: path(json!(["address", "country"])),
    }];
    let registration = verified(&certificate);
    let asked = credential(&json!([PID]), &json!([{"path": ["address", "country"]}]));
    assert!(exceeds_registration(&query(&json!({"credentials": [asked]})), &registration).is_empty());

    let beyond = |vct: &str, revealed: &[&Value]| -> Vec<(String, Option<ClaimsPath>)> {
        let held = Held::new(vct, json!({}));
        let revealed: Vec<ClaimsPath> = revealed.iter().map(|claim| path((*claim).clone())).collect();
        exceeds_registration_revealed("q", &held.claims(), &revealed, &registration)
            .into_iter()
            .map(|excess| (excess.query_id, excess.path))
            .collect()
    };
    let (country, street) = (json!(["address", "country"]), json!(["address", "street"]));
    assert!(beyond(PID, &[]).is_empty());
    assert!(beyond(PID, &[&country]).is_empty());
    let named = |claim: &Value| ("q".to_owned(), Some(path(claim.clone())));
    assert_eq!(beyond(PID, &[&country, &street]), [named(&street)]);
    assert_eq!(beyond("urn:other", &[&country]), [named(&country)]);
}
