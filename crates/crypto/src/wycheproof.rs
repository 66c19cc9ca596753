//! Reads the vectors in `tests/vectors/wycheproof`.

use serde_json::Value;

/// Reads the test groups of a file.
pub(crate) fn groups(file: &str) -> Vec<Value> {
    let path = format!(
        "{}/../../tests/vectors/wycheproof/{file}_test.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut document: Value = serde_json::from_slice(&std::fs::read(&path).expect(&path)).unwrap();
    let Value::Array(groups) = document["testGroups"].take() else {
        panic!("{file} has no groups")
    };
    groups
}

/// Returns the cases of a group.
pub(crate) fn cases(group: &Value) -> &[Value] {
    group["tests"].as_array().unwrap()
}

/// Decodes the member of that name from hexadecimal digits.
pub(crate) fn hex(value: &Value, name: &str) -> Vec<u8> {
    decode_hex(value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}")))
}

/// Decodes hexadecimal digits.
pub(crate) fn decode_hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2) && text.is_ascii(), "{text}");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// How many cases a run judged, by the verdict of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) valid: usize,
    pub(crate) invalid: usize,
}

impl Tally {
    /// Compares a verdict with that of the file; `acceptable` is judged by `expect_acceptable`.
    pub(crate) fn judge(&mut self, case: &Value, expect_acceptable: bool, accepted: bool) {
        let expected = match case["result"].as_str() {
            Some("valid") => true,
            Some("invalid") => false,
            Some("acceptable") => expect_acceptable,
            _ => panic!("no verdict: {case}"),
        };
        assert_eq!(accepted, expected, "case {}: {}", case["tcId"], case["comment"]);
        *if expected { &mut self.valid } else { &mut self.invalid } += 1;
    }
}
