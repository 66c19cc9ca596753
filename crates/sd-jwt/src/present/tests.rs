use std::collections::BTreeSet;

use mahfada_crypto::pure::PROVIDER;
use proptest::prelude::*;
use serde_json::Map;

use super::*;
use crate::testing::{NOW, VCT, holder, issue, path, payload, verify};

fn presented(text: &str, paths: &[Value]) -> Value {
    let paths: Vec<_> = paths.iter().cloned().map(path).collect();
    let presentation = verify(text).unwrap().present(&paths).unwrap();
    let mut claims = verify(presentation.text()).unwrap().claims().clone();
    claims
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name != "vct" && name != "cnf");
    claims
}

#[test]
fn presents_the_claims_chosen_and_no_siblings() {
    let claims = json!({
        "name": "Amina",
        "address": {"city": "Fes", "street": "Talaa", "country": "MA"},
        "degrees": [{"type": "L", "year": 1}, {"type": "M", "year": 2}],
        "open": 1,
    });
    let text = issue(
        claims.clone(),
        &[
            json!(["name"]),
            json!(["address"]),
            json!(["address", "city"]),
            json!(["address", "street"]),
            json!(["degrees", null]),
            json!(["degrees", null, "year"]),
        ],
    );
    for (paths, expected) in [
        (vec![], json!({"degrees": [], "open": 1})),
        (vec![json!(["open"])], json!({"degrees": [], "open": 1})),
        (
            vec![json!(["name"])],
            json!({"name": "Amina", "degrees": [], "open": 1}),
        ),
        (
            vec![json!(["address", "city"])],
            json!({"address": {"city": "Fes", "country": "MA"}, "degrees": [], "open": 1}),
        ),
        (
            vec![json!(["address", "country"])],
            json!({"address": {"country": "MA"}, "degrees": [], "open": 1}),
        ),
        (
            vec![json!(["address"])],
            json!({
                "address": {"city": "Fes", "street": "Talaa", "country": "MA"},
                "degrees": [],
                "open": 1,
            }),
        ),
        (
            vec![json!(["degrees", 1, "type"])],
            json!({"degrees": [{"type": "M"}], "open": 1}),
        ),
        (
            vec![json!(["degrees", null, "year"])],
            json!({"degrees": [{"type": "L", "year": 1}, {"type": "M", "year": 2}], "open": 1}),
        ),
        (vec![json!(["name"]), json!(["address"]), json!(["degrees"])], claims),
    ] {
        assert_eq!(presented(&text, &paths), expected, "{paths:?}");
    }
}

#[test]
fn refuses_a_path_that_selects_nothing() {
    let text = issue(json!({"name": "Amina"}), &[json!(["name"])]);
    let verified = verify(&text).unwrap();
    for pointer in [json!(["city"]), json!(["name", "first"]), json!(["name", 0])] {
        assert_eq!(verified.present(&[path(pointer)]).unwrap_err().code(), "sd_path");
    }
    let bare = verified.present(&[]).unwrap();
    let withheld = verify(bare.text()).unwrap().present(&[path(json!(["name"]))]);
    assert_eq!(withheld.unwrap_err().code(), "sd_path");
}

type Place = Vec<PathSegment>;

/// Returns every place in the value but its root.
fn places(value: &Value, at: &[PathSegment], into: &mut Vec<Place>) {
    let children: Vec<(PathSegment, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, v)| (PathSegment::Name(name.clone()), v))
            .collect(),
        Value::Array(elements) => (0..)
            .zip(elements)
            .map(|(index, v)| (PathSegment::Index(index), v))
            .collect(),
        _ => return,
    };
    for (segment, child) in children {
        let place = step(at, &segment);
        places(child, &place, into);
        into.push(place);
    }
}

/// Takes the hidden places out of the value: what a verifier should see, without any SD-JWT.
fn prune(value: &Value, at: &[PathSegment], hidden: &BTreeSet<Place>) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, v)| (name, step(at, &PathSegment::Name(name.clone())), v))
            .filter(|(_, place, _)| !hidden.contains(place))
            .map(|(name, place, v)| (name.clone(), prune(v, &place, hidden)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(elements) => (0..)
            .zip(elements)
            .map(|(index, v)| (step(at, &PathSegment::Index(index)), v))
            .filter(|(place, _)| !hidden.contains(place))
            .map(|(place, v)| prune(v, &place, hidden))
            .collect::<Vec<_>>()
            .into(),
        plain => plain.clone(),
    }
}

fn claims() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![any::<i32>().prop_map(Value::from), "[a-zé]{0,3}".prop_map(Value::from)];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[a-d]", value, 1..4).prop_map(|members| Value::Object(members.into_iter().collect()))
}

fn chosen(places: &[Place], mask: u64) -> BTreeSet<Place> {
    let bit = |index: usize| mask >> (index % 64) & 1 == 1;
    places
        .iter()
        .enumerate()
        .filter(|(i, _)| bit(*i))
        .map(|(_, place)| place.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn presents_exactly_the_subset(claims in claims(), disclosable: u64, wanted: u64) {
        let mut all = Vec::new();
        places(&claims, &[], &mut all);
        let disclosable = chosen(&all, disclosable);
        let wanted = chosen(&all, wanted);
        let pointer = |place: &Place| serde_json::to_value(place).unwrap();
        let text = issue(claims.clone(), &disclosable.iter().map(pointer).collect::<Vec<_>>());
        let full = verify(&text).unwrap();
        prop_assert_eq!(full.claims(), &payload(claims.clone()));

        let paths: Vec<ClaimsPath> = wanted.iter().cloned().map(|p| p.try_into().unwrap()).collect();
        let presentation = full.present(&paths).unwrap();
        let seen = verify(presentation.text()).unwrap();
        let hidden: BTreeSet<Place> = disclosable
            .iter()
            .filter(|place| !wanted.iter().any(|w| w.starts_with(place) || place.starts_with(w)))
            .cloned()
            .collect();
        prop_assert_eq!(seen.claims(), &payload(prune(&claims, &[], &hidden)));
        prop_assert_eq!(seen.disclosed_paths().len(), disclosable.len() - hidden.len());
        prop_assert_eq!(
            presentation.text().matches('~').count(),
            1 + disclosable.len() - hidden.len()
        );
    }

    #[test]
    fn any_changed_byte_is_refused(position: prop::sample::Index, replacement in 0_u8..0x80) {
        let text = issue(json!({"a": 1, "b": ["x"], "vct": VCT}), &[json!(["a"]), json!(["b", 0])]);
        let holder = holder();
        let input = verify(&text)
            .unwrap()
            .present(&[path(json!(["a"])), path(json!(["b"]))])
            .unwrap()
            .key_binding_input("aud", "nonce", NOW, holder.algorithm(), PROVIDER.digest);
        let mut bytes = input.with_signature(&holder.sign(input.as_bytes()).unwrap()).into_bytes();
        let expectation =
            crate::KeyBindingExpectation { audience: "aud", nonce: "nonce", max_age: 60 };
        let accepted = |bytes: &[u8]| {
            verify(std::str::from_utf8(bytes).unwrap())
                .is_ok_and(|vc| vc.verify_key_binding(&expectation, NOW, &PROVIDER).is_ok())
        };
        prop_assert!(accepted(&bytes));
        let position = position.index(bytes.len());
        prop_assume!(bytes[position] != replacement);
        bytes[position] = replacement;
        prop_assert!(!accepted(&bytes));
    }
}
