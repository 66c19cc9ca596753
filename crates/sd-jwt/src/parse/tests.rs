use serde_json::json;

use super::*;
use crate::testing::{disclosure, token};

fn code(text: &str) -> &'static str {
    UnverifiedSdJwt::parse(text).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn refuses_what_has_not_the_form() {
    let text = token(json!({}), &[]);
    let jwt = text.strip_suffix('~').unwrap();
    assert_eq!(code(&text), "ok");
    for (text, expected) in [
        (jwt.to_owned(), "sd_malformed"),
        (String::new(), "sd_malformed"),
        ("~".to_owned(), "malformed"),
        (format!("~{text}"), "malformed"),
        (format!("{text}~"), "sd_malformed"),
        (format!(" {text}"), "malformed"),
    ] {
        assert_eq!(code(&text), expected, "{text}");
    }
}

#[test]
fn bounds_length_and_number_of_disclosures() {
    let text = token(json!({}), &[]);
    let disclosure = disclosure(json!(["s", "n", 1]));
    let with = |count: usize| format!("{text}{}", format!("{disclosure}~").repeat(count));
    assert_eq!(code(&with(MAX_DISCLOSURES)), "ok");
    assert_eq!(code(&with(MAX_DISCLOSURES + 1)), "sd_too_many_disclosures");
    let long = |length: usize| format!("{text}{}", "x".repeat(length - text.len()));
    assert_eq!(code(&long(MAX_LENGTH)), "ok");
    assert_eq!(code(&long(MAX_LENGTH + 1)), "sd_too_long");
}

#[test]
fn keeps_the_key_binding_apart() {
    let text = token(json!({}), &[]);
    assert_eq!(UnverifiedSdJwt::parse(&text).unwrap().key_binding(), None);
    let bound = UnverifiedSdJwt::parse(&format!("{text}a.b.c")).unwrap();
    assert_eq!(bound.key_binding(), Some("a.b.c"));
    assert_eq!(bound.text, text);
}
