use serde_json::{Value, json};

use super::*;
use crate::fixture::{Held, PID, path, query};

fn asked() -> DcqlQuery {
    query(&json!({
        "credentials": [
            {"id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]},
             "claims": [{"id": "n", "path": ["name"], "values": ["Amina"]}, {"id": "a", "path": ["age"]}, {"id": "s", "path": ["adult"]}],
             "claim_sets": [["n", "s"], ["n", "a"]]},
            {"id": "rights", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:rights"]}, "multiple": true},
            {"id": "extra", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:extra"]}}
        ],
        "credential_sets": [{"options": [["pid", "rights"]]}, {"options": [["extra"]], "required": false}]
    }))
}

fn person() -> Held {
    Held::new(PID, json!({"name": "Amina", "adult": true}))
}

fn rights() -> Held {
    Held::new("urn:rights", json!({}))
}

fn check(presented: &[(&str, Vec<Held>)]) -> Result<(), DcqlError> {
    let presented = presented
        .iter()
        .map(|(id, held)| ((*id).to_owned(), held.iter().map(Held::claims).collect()))
        .collect();
    satisfied_by(&asked(), &presented)
}

fn refuses(presented: &[(&str, Vec<Held>)]) {
    assert_eq!(
        check(presented).unwrap_err().code(),
        "dcql_unsatisfied",
        "{presented:?}"
    );
}

#[test]
fn accepts_what_was_asked_for() {
    check(&[("pid", vec![person()]), ("rights", vec![rights(), rights()])]).unwrap();
    let second = Held::new(PID, json!({"name": "Amina", "age": 33}));
    let extra = Held::new("urn:extra", json!({}));
    check(&[
        ("pid", vec![second]),
        ("rights", vec![rights()]),
        ("extra", vec![extra]),
    ])
    .unwrap();
}

#[test]
fn refuses_a_presentation_that_does_not_answer_its_query() {
    for (vct, claims) in [
        ("urn:other", json!({"name": "Amina", "adult": true})),
        (PID, json!({"name": "Autre", "adult": true})),
        (PID, json!({"name": "Amina"})),
        (PID, json!({"adult": true})),
    ] {
        refuses(&[("pid", vec![Held::new(vct, claims)]), ("rights", vec![rights()])]);
    }
}

#[test]
fn refuses_missing_unknown_and_too_many() {
    refuses(&[]);
    refuses(&[("pid", vec![person()])]);
    refuses(&[("pid", vec![person()]), ("rights", vec![])]);
    refuses(&[("pid", vec![]), ("rights", vec![rights()])]);
    refuses(&[("pid", vec![person(), person()]), ("rights", vec![rights()])]);
    refuses(&[
        ("pid", vec![person()]),
        ("rights", vec![rights()]),
        ("other", vec![rights()]),
    ]);
    refuses(&[
        ("pid", vec![person()]),
        ("rights", vec![rights()]),
        ("extra", vec![rights()]),
    ]);
}

#[test]
fn names_what_nobody_asked_for() {
    let wanted = query(&json!({"credentials": [{
        "id": "pid", "format": "dc+sd-jwt", "meta": {},
        "claims": [{"path": ["address", "locality"]}, {"path": ["nationalities", null]}, {"path": ["degrees"]}]
    }]}));
    let disclosed: Vec<ClaimsPath> = [
        json!(["address"]),
        json!(["address", "locality"]),
        json!(["nationalities", 0]),
        json!(["degrees", 0, "type"]),
        json!(["address", "street"]),
        json!(["name"]),
    ]
    .into_iter()
    .map(path)
    .collect();
    let beyond: Vec<ClaimsPath> = [json!(["address", "street"]), json!(["name"])]
        .into_iter()
        .map(path)
        .collect();
    assert_eq!(unrequested(wanted.credential("pid").unwrap(), &disclosed), beyond);
    let none =
        query(&json!({"credentials": [{"id": "a", "format": "f", "meta": Value::Object(serde_json::Map::new())}]}));
    assert_eq!(unrequested(none.credential("a").unwrap(), &disclosed), disclosed);
}

fn answers(claims: &Value, value: Value) -> bool {
    let wanted = query(&json!({"credentials": [
        {"id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]}, "claims": claims}
    ]}));
    let held = Held::new(PID, value);
    let result = satisfied_by(&wanted, &BTreeMap::from([("pid".to_owned(), vec![held.claims()])]));
    if let Err(error) = &result {
        assert_eq!(error.code(), "dcql_unsatisfied");
    }
    result.is_ok()
}

#[test]
fn a_container_whose_content_is_withheld_answers_nothing() {
    let address = json!([{"path": ["address"]}]);
    for hollow in [json!({}), json!([]), json!({"geo": {}, "lines": [{}, []]}), json!([{}])] {
        assert!(!answers(&address, json!({"address": hollow})), "{hollow}");
    }
    for held in [
        json!({"geo": {"lat": 34}}),
        json!([{}, 1]),
        json!(null),
        json!(""),
        json!(false),
    ] {
        assert!(answers(&address, json!({"address": held})), "{held}");
    }
    let each = json!([{"path": ["degrees", null]}]);
    assert!(!answers(&each, json!({"degrees": [{}, {}]})));
    assert!(answers(&each, json!({"degrees": [{}, {"type": "L"}]})));
}

/// The second of three elements is the first that is disclosed: its position is another one here than in the wallet.
#[test]
fn a_position_in_an_array_is_never_taken_for_answered() {
    let disclosed = json!({"nationalities": ["FR"], "degrees": [{"type": "M"}]});
    for claim in [json!(["nationalities", 0]), json!(["degrees", 0, "type"])] {
        assert!(!answers(&json!([{"path": claim}]), disclosed.clone()), "{claim}");
    }
    for claim in [json!(["nationalities", null]), json!(["degrees", null, "type"])] {
        assert!(answers(&json!([{"path": claim}]), disclosed.clone()), "{claim}");
    }
    let wanted = query(&json!({"credentials": [{
        "id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]},
        "claims": [{"id": "first", "path": ["nationalities", 0]}, {"id": "all", "path": ["nationalities", null]}],
        "claim_sets": [["first"], ["all"]]
    }]}));
    let held = Held::new(PID, disclosed);
    satisfied_by(&wanted, &BTreeMap::from([("pid".to_owned(), vec![held.claims()])])).unwrap();
}
