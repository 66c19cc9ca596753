use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::fixture::{Held, PID, path, query};

fn person() -> Held {
    Held::new(
        PID,
        json!({
            "family_name": "El Idrissi", "given_name": "Amina", "age": 33, "adult": true,
            "address": {"locality": "Rabat", "postal_code": "10000"},
            "nationalities": ["MA", "FR"], "degrees": [{"type": "licence"}, {"type": "master"}]
        }),
    )
}

fn pid(members: &Value) -> DcqlQuery {
    let mut credential = json!({"id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]}});
    for (name, value) in members.as_object().unwrap() {
        credential[name] = value.clone();
    }
    query(&json!({"credentials": [credential]}))
}

fn paths(query: &DcqlQuery) -> Option<Vec<ClaimsPath>> {
    let held = person();
    let found = match_query(query, &[("card", held.claims())]).ok()?;
    Some(found.candidates("pid")[0].paths.clone())
}

#[test]
fn without_claims_nothing_is_disclosed() {
    assert_eq!(paths(&pid(&json!({}))), Some(vec![]));
}

#[test]
fn exactly_the_claims_asked_for_are_named() {
    let asked = [
        json!(["family_name"]),
        json!(["address", "locality"]),
        json!(["nationalities", null]),
        json!(["degrees", 1, "type"]),
    ];
    let claims: Vec<Value> = asked.iter().map(|path| json!({"path": path})).collect();
    let expected: Vec<ClaimsPath> = asked.into_iter().map(path).collect();
    assert_eq!(paths(&pid(&json!({"claims": claims}))), Some(expected));
}

#[test]
fn a_claim_that_is_not_there_answers_nothing() {
    for absent in [
        json!(["middle_name"]),
        json!(["family_name", "x"]),
        json!(["family_name", null]),
        json!(["degrees", 2]),
        json!(["degrees", "type"]),
        json!(["address", 0]),
    ] {
        let both = json!({"claims": [{"path": ["given_name"]}, {"path": absent}]});
        assert_eq!(paths(&pid(&both)), None, "{both}");
    }
}

#[test]
fn a_claim_without_content_answers_nothing() {
    let asked = pid(&json!({"claims": [{"path": ["address"]}]}));
    for (value, answers) in [(json!({}), false), (json!([[]]), false), (json!({"a": 1}), true)] {
        let held = Held::new(PID, json!({"address": value}));
        assert_eq!(match_query(&asked, &[((), held.claims())]).is_ok(), answers, "{value}");
    }
}

#[test]
fn values_match_by_type_and_value() {
    for (claim, values, matches) in [
        (json!(["family_name"]), json!(["Alaoui", "El Idrissi"]), true),
        (json!(["family_name"]), json!(["el idrissi"]), false),
        (json!(["age"]), json!([33]), true),
        (json!(["age"]), json!(["33"]), false),
        (json!(["adult"]), json!([true]), true),
        (json!(["adult"]), json!([1, "true", false]), false),
        (json!(["nationalities", null]), json!(["FR"]), true),
        (json!(["nationalities", 0]), json!(["FR"]), false),
    ] {
        let asked = json!({"claims": [{"path": claim, "values": values}]});
        assert_eq!(paths(&pid(&asked)).is_some(), matches, "{asked}");
    }
}

#[test]
fn the_first_combination_that_can_be_given_is_given() {
    let claims = json!([
        {"id": "n", "path": ["family_name"]}, {"id": "m", "path": ["middle_name"]}, {"id": "g", "path": ["given_name"]}
    ]);
    let chosen = |sets: Value| paths(&pid(&json!({"claims": claims.clone(), "claim_sets": sets})));
    assert_eq!(
        chosen(json!([["g", "n"], ["n"]])),
        Some(vec![path(json!(["given_name"])), path(json!(["family_name"]))])
    );
    assert_eq!(
        chosen(json!([["n"], ["g", "n"]])),
        Some(vec![path(json!(["family_name"]))])
    );
    assert_eq!(
        chosen(json!([["m", "n"], ["g"]])),
        Some(vec![path(json!(["given_name"]))])
    );
    assert_eq!(chosen(json!([["m", "n"], ["m"]])), None);
}

#[test]
fn type_and_format_must_be_the_wanted_ones() {
    let held = person();
    for (name, value) in [
        ("format", json!("mso_mdoc")),
        ("meta", json!({"vct_values": ["urn:other"]})),
    ] {
        let other = pid(&json!({(name): value}));
        assert_eq!(
            match_query(&other, &[("card", held.claims())]),
            Err(DcqlError::Unsatisfied),
            "{name}"
        );
    }
    match_query(&pid(&json!({"meta": {}})), &[("card", held.claims())]).unwrap();
}

fn two() -> [Held; 2] {
    [Held::new("urn:a", json!({"x": 1})), Held::new("urn:c", json!({"x": 2}))]
}

fn sets(sets: &Value) -> DcqlQuery {
    let credential = |id: &str| json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [format!("urn:{id}")]}});
    let credentials: Vec<Value> = ["a", "b", "c"].map(credential).into();
    query(&json!({"credentials": credentials, "credential_sets": sets}))
}

fn match_sets(value: &Value) -> Result<QueryMatch<usize>, DcqlError> {
    let held = two();
    let candidates: Vec<_> = held.iter().map(Held::claims).enumerate().collect();
    match_query(&sets(value), &candidates)
}

#[test]
fn a_required_set_that_cannot_be_given_answers_nothing_at_all() {
    let refused = match_sets(&json!([{"options": [["a"]]}, {"options": [["b"], ["a", "b"]]}]));
    assert_eq!(refused.unwrap_err().code(), "dcql_unsatisfied");
    let without_sets = query(&json!({"credentials": [
        {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:a"]}},
        {"id": "b", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:b"]}}
    ]}));
    let held = two();
    assert_eq!(
        match_query(&without_sets, &[(0, held[0].claims())]),
        Err(DcqlError::Unsatisfied)
    );
}

#[test]
fn options_that_cannot_be_given_are_left_out_and_the_preferred_one_is_first() {
    let found = match_sets(&json!([
        {"options": [["b"], ["c"], ["a"]]},
        {"options": [["a", "b"]], "required": false},
        {"options": [["a"]], "required": false}
    ]))
    .unwrap();
    let option = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(found.sets()[0].options, [option(&["c"]), option(&["a"])]);
    assert!(found.sets()[1].options.is_empty());
    assert_eq!(found.preferred(), BTreeSet::from(["c"]));
    for (chosen, complete) in [
        (vec!["c"], true),
        (vec!["a"], true),
        (vec!["a", "c"], true),
        (vec!["b"], false),
        (vec![], false),
    ] {
        assert_eq!(
            found.is_complete(&chosen.iter().copied().collect()),
            complete,
            "{chosen:?}"
        );
    }
}

#[test]
fn every_credential_that_fits_is_a_candidate() {
    let held = [person(), person(), Held::new("urn:other", json!({"family_name": "x"}))];
    let candidates: Vec<_> = held.iter().map(Held::claims).enumerate().collect();
    let asked = pid(&json!({"claims": [{"path": ["family_name"]}]}));
    let found = match_query(&asked, &candidates).unwrap();
    let ids: Vec<usize> = found
        .candidates("pid")
        .iter()
        .map(|candidate| candidate.credential)
        .collect();
    assert_eq!(ids, [0, 1]);
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Finds the paths of the first combination whose claims all exist, the slow and plain way.
fn brute_force(held: &Value, claims: &[usize], sets: &[Vec<usize>]) -> Option<BTreeSet<usize>> {
    let all = vec![claims.to_vec()];
    let alternatives = if sets.is_empty() { &all } else { sets };
    for alternative in alternatives {
        if alternative.iter().all(|name| held.get(NAMES[*name]).is_some()) {
            return Some(alternative.iter().copied().collect());
        }
    }
    None
}

proptest! {
    #[test]
    fn discloses_no_more_and_no_less_than_brute_force(
        present in prop::collection::vec(any::<bool>(), 4),
        sets in prop::collection::vec(prop::collection::vec(0..4_usize, 1..4), 0..4),
    ) {
        let members = NAMES.iter().zip(&present).filter(|(_, there)| **there);
        let value = Value::Object(members.map(|(name, _)| ((*name).to_owned(), json!(1))).collect());
        let claims: Vec<Value> = NAMES.iter().map(|name| json!({"id": name, "path": [name]})).collect();
        let mut asked = json!({"claims": claims});
        if !sets.is_empty() {
            let named: Vec<Vec<&str>> = sets.iter().map(|set| set.iter().map(|n| NAMES[*n]).collect()).collect();
            asked["claim_sets"] = json!(named);
        }
        let held = Held::new(PID, value.clone());
        let found = match_query(&pid(&asked), &[((), held.claims())])
            .ok()
            .map(|found| found.candidates("pid")[0].paths.iter().cloned().collect::<BTreeSet<_>>());
        let expected = brute_force(&value, &[0, 1, 2, 3], &sets)
            .map(|names| names.into_iter().map(|name| ClaimsPath::name(NAMES[name])).collect::<BTreeSet<_>>());
        prop_assert_eq!(found, expected);
    }
}
