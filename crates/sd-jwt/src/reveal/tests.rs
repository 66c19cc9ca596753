use std::collections::BTreeSet;

use mahfada_base::ClaimsPath;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::testing::{issue, path, verify};

fn revealed(text: &str, paths: &[Value]) -> Vec<String> {
    let paths: Vec<ClaimsPath> = paths.iter().cloned().map(path).collect();
    let leaves = verify(text).unwrap().revealed(&paths);
    leaves.iter().map(ToString::to_string).collect()
}

#[test]
fn what_stands_in_clear_inside_a_needed_disclosure_is_revealed() {
    let claims = json!({
        "name": "Amina",
        "address": {"city": "Fes", "country": "MA", "geo": {"lat": 34, "place": {}}},
        "open": {"x": 1},
    });
    let text = issue(claims, &[json!(["name"]), json!(["address"])]);
    let whole = [
        "address.city",
        "address.country",
        "address.geo.lat",
        "address.geo.place",
    ];
    assert_eq!(revealed(&text, &[json!(["address", "country"])]), whole);
    assert_eq!(revealed(&text, &[json!(["address"])]), whole);
    assert_eq!(revealed(&text, &[json!(["name"])]), ["name"]);
}

#[test]
fn what_every_presentation_shows_and_what_selects_nothing_is_not_revealed() {
    let text = issue(json!({"name": "Amina", "open": {"x": 1}}), &[json!(["name"])]);
    let none: [&str; 0] = [];
    assert_eq!(revealed(&text, &[]), none);
    assert_eq!(revealed(&text, &[json!(["open"]), json!(["vct"])]), none);
    assert_eq!(revealed(&text, &[json!(["city"]), json!(["name", 0])]), none);
    assert_eq!(revealed(&text, &[json!(["city"]), json!(["name"])]), ["name"]);
}

#[test]
fn disclosures_of_their_own_stay_out_and_their_empty_container_counts() {
    let claims = json!({
        "address": {"city": "Fes", "country": "MA", "geo": {"lat": 34}},
        "degrees": [{"type": "L", "year": 1}, {"type": "M", "year": 2}],
    });
    let text = issue(
        claims,
        &[
            json!(["address"]),
            json!(["address", "city"]),
            json!(["address", "country"]),
            json!(["address", "geo", "lat"]),
            json!(["degrees", null]),
            json!(["degrees", null, "year"]),
        ],
    );
    assert_eq!(
        revealed(&text, &[json!(["address", "country"])]),
        ["address.country", "address.geo"]
    );
    assert_eq!(revealed(&text, &[json!(["degrees", 1, "type"])]), ["degrees.1.type"]);
    assert_eq!(
        revealed(&text, &[json!(["degrees", null, "year"])]),
        ["degrees.0.type", "degrees.0.year", "degrees.1.type", "degrees.1.year"]
    );
}

/// Returns the scalars of the value, each with its path.
fn leaves(value: &Value, at: &str, into: &mut BTreeSet<String>) {
    match value.as_object() {
        Some(members) => members
            .iter()
            .for_each(|(name, member)| leaves(member, &format!("{at}.{name}"), into)),
        None => drop(into.insert(format!("{at}={value}"))),
    }
}

fn visible(text: &str) -> BTreeSet<String> {
    let mut into = BTreeSet::new();
    leaves(verify(text).unwrap().claims(), "", &mut into);
    into
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// The presentation is verified again, and what it shows beyond the bare one is what was foretold.
    #[test]
    fn foretells_what_a_recipient_sees(hidden in any::<[bool; 6]>(), asked in any::<[bool; 6]>()) {
        let pointers = [
            json!(["a"]), json!(["a", "b"]), json!(["a", "c"]), json!(["a", "c", "d"]), json!(["a", "c", "e"]), json!(["f"]),
        ];
        let choose = |mask: &[bool; 6]| -> Vec<Value> {
            pointers.iter().zip(mask).filter(|(_, take)| **take).map(|(pointer, _)| pointer.clone()).collect()
        };
        let text = issue(json!({"a": {"b": 1, "c": {"d": 2, "e": 3}}, "f": 4}), &choose(&hidden));
        let held = verify(&text).unwrap();
        let paths: Vec<ClaimsPath> = choose(&asked).into_iter().map(path).collect();
        let [bare, sent] = [&[][..], &paths].map(|paths| visible(held.present(paths).unwrap().text()));
        let gained: BTreeSet<String> = sent.difference(&bare).cloned().collect();
        let foretold: BTreeSet<String> = held
            .revealed(&paths)
            .iter()
            .map(|leaf| (leaf, leaf.select(held.claims()).unwrap()[0]))
            .filter(|(_, value)| !value.is_object())
            .map(|(leaf, value)| format!(".{leaf}={value}"))
            .collect();
        prop_assert_eq!(gained, foretold);
    }
}
