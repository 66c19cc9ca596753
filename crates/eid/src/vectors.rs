//! Reads the published values that unit tests compare with.

use serde_json::Value;

/// Decodes hexadecimal digits.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Decodes the member of that name from hexadecimal digits, with or without `0x`.
pub(crate) fn member(value: &Value, name: &str) -> Vec<u8> {
    let text = value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"));
    hex(text.strip_prefix("0x").unwrap_or(text))
}

/// Returns the session of the published virtual card.
pub(crate) fn chip_authentication_session() -> Value {
    serde_json::from_slice(include_bytes!(
        "../../../tests/vectors/eid/virtual_cnie/ca_session.json"
    ))
    .unwrap()
}

/// Returns the sessions with real passports of that kind.
pub(crate) fn transcripts(kind: &str) -> Vec<Value> {
    let mut file: Value =
        serde_json::from_slice(include_bytes!("../../../tests/vectors/eid/gmrtd/transcripts.json")).unwrap();
    serde_json::from_value(file[kind].take()).unwrap()
}
