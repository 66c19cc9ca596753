//! Literals: native JSON values in RDF (JSON-LD 1.1 API §8.6) and the canonical form of `@json` (RFC 8785).

use std::sync::Arc;

use serde_json::{Number, Value};

use super::active::ActiveContext;
use super::definition::{Direction, OwnLanguage, TermDefinition};
use crate::rdf::{Literal, LiteralKind};

const XSD_BOOLEAN: &str = "http://www.w3.org/2001/XMLSchema#boolean";
const XSD_DOUBLE: &str = "http://www.w3.org/2001/XMLSchema#double";
const XSD_INTEGER: &str = "http://www.w3.org/2001/XMLSchema#integer";
const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";
const RDF_JSON: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";
/// Base direction survives as a datatype, as Digital Bazaar's suites do it (JSON-LD 1.1 API §8.2, `i18n-datatype`).
const I18N: &str = "https://www.w3.org/ns/i18n#";

/// Makes a literal of a scalar, with a datatype if something gives it one; `None` for arrays, objects and null.
pub(super) fn scalar(value: &Value, datatype: Option<&Arc<str>>) -> Option<Literal> {
    let (text, native) = match value {
        Value::String(text) => (text.clone(), XSD_STRING),
        Value::Bool(truth) => (truth.to_string(), XSD_BOOLEAN),
        Value::Number(number) => number_text(number, datatype.is_some_and(|iri| iri.as_ref() == XSD_DOUBLE))?,
        _ => return None,
    };
    let datatype = datatype.cloned().unwrap_or_else(|| native.into());
    let kind = if datatype.as_ref() == XSD_STRING {
        LiteralKind::Plain
    } else {
        LiteralKind::Datatype(datatype)
    };
    Some(Literal { value: text, kind })
}

/// Makes a literal of a string in the language and direction that the term or the context gives it.
pub(super) fn text(value: &str, active: &ActiveContext, definition: Option<&TermDefinition>) -> Literal {
    let language = match definition.map(|definition| &definition.language) {
        Some(OwnLanguage::Tag(tag)) => Some(Arc::clone(tag)),
        Some(OwnLanguage::Nothing) => None,
        Some(OwnLanguage::Default) | None => active.language.clone(),
    };
    directed(value, language, active.direction)
}

/// Makes a literal of a string with its language tag and base direction.
pub(super) fn directed(value: &str, language: Option<Arc<str>>, direction: Option<Direction>) -> Literal {
    let kind = match (language, direction) {
        (None, None) => LiteralKind::Plain,
        (Some(tag), None) => LiteralKind::Language(tag),
        (tag, Some(direction)) => {
            let tag = tag.unwrap_or_default();
            LiteralKind::Datatype(format!("{I18N}{tag}_{}", direction.name()).into())
        }
    };
    Literal {
        value: value.to_owned(),
        kind,
    }
}

/// Makes an `rdf:JSON` literal; `None` when a number in it has no canonical form.
pub(super) fn json_literal(value: &Value) -> Option<Literal> {
    let mut text = String::new();
    write_canonical_json(value, &mut text)?;
    Some(Literal {
        value: text,
        kind: LiteralKind::Datatype(RDF_JSON.into()),
    })
}

/// Tells whether the text is a well-formed language tag, and returns it in lower case (BCP 47 §2.1.1).
pub(super) fn language_tag(text: &str) -> Option<Arc<str>> {
    let mut parts = text.split('-');
    let primary = parts
        .next()
        .is_some_and(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    let rest = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    (primary && rest).then(|| text.to_ascii_lowercase().into())
}

fn number_text(number: &Number, as_double: bool) -> Option<(String, &'static str)> {
    if !as_double && (number.is_i64() || number.is_u64()) {
        return Some((number.to_string(), XSD_INTEGER));
    }
    let value = number.as_f64()?;
    if !as_double && value.fract() == 0.0 && value.abs() < 1e21 {
        return Some((format!("{value:.0}"), XSD_INTEGER));
    }
    Some((canonical_double(value), XSD_DOUBLE))
}

/// Writes a double as `%1.15E` without needless zeros (JSON-LD 1.1 API §8.6).
fn canonical_double(value: f64) -> String {
    let text = format!("{value:.15E}");
    let Some((mantissa, exponent)) = text.split_once('E') else {
        return text;
    };
    let short = mantissa.trim_end_matches('0');
    let zero = if short.ends_with('.') { "0" } else { "" };
    format!("{short}{zero}E{exponent}")
}

/// RFC 8785: members in UTF-16 order, ECMAScript numbers and strings.
fn write_canonical_json(value: &Value, out: &mut String) -> Option<()> {
    match value {
        Value::Number(number) => out.push_str(&ecmascript_number(number.as_f64()?)),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_canonical_json(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                // serde_json escapes strings exactly as RFC 8785 §3.2.2.2 asks.
                out.push_str(&serde_json::to_string(name).ok()?);
                out.push(':');
                write_canonical_json(value, out)?;
            }
            out.push('}');
        }
        scalar => out.push_str(&serde_json::to_string(scalar).ok()?),
    }
    Some(())
}

/// ECMAScript's `Number::toString`, from the shortest digits that read back as the same number.
fn ecmascript_number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs();
    let text = if (1e-6..1e21).contains(&magnitude) {
        format!("{magnitude}")
    } else {
        let text = format!("{magnitude:e}");
        if magnitude >= 1.0 {
            text.replace('e', "e+")
        } else {
            text
        }
    };
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(json: &str, datatype: Option<&str>) -> (String, String) {
        let datatype = datatype.map(Arc::from);
        let literal = scalar(&serde_json::from_str(json).unwrap(), datatype.as_ref()).unwrap();
        match literal.kind {
            LiteralKind::Datatype(iri) => (literal.value, iri.rsplit('#').next().unwrap().to_owned()),
            _ => (literal.value, String::new()),
        }
    }

    #[test]
    fn spells_native_numbers_canonically() {
        for (json, text, kind) in [
            ("5", "5", "integer"),
            ("-7", "-7", "integer"),
            ("5.0", "5", "integer"),
            ("1e3", "1000", "integer"),
            ("1.5", "1.5E0", "double"),
            ("0.000123", "1.23E-4", "double"),
            ("1e21", "1.0E21", "double"),
            ("5.3", "5.3E0", "double"),
        ] {
            assert_eq!(spelled(json, None), (text.to_owned(), kind.to_owned()), "{json}");
        }
        assert_eq!(
            spelled("10", Some(XSD_DOUBLE)),
            ("1.0E1".to_owned(), "double".to_owned())
        );
        assert_eq!(spelled("true", None), ("true".to_owned(), "boolean".to_owned()));
    }

    #[test]
    fn writes_json_as_rfc_8785_does() {
        let value = serde_json::from_str(
            r#"{"numbers":[333333333.25,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"€$\u000f\nA'B\"\\\\\"/","literals":[null,true,false]}"#,
        )
        .unwrap();
        assert_eq!(
            json_literal(&value).unwrap().value,
            "{\"literals\":[null,true,false],\"numbers\":[333333333.25,1e+30,4.5,0.002,1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
    }

    #[test]
    fn keeps_the_direction_of_arabic_text() {
        let literal = directed("شهادة", language_tag("ar-MA"), Some(Direction::Rtl));
        assert_eq!(
            literal.kind,
            LiteralKind::Datatype("https://www.w3.org/ns/i18n#ar-ma_rtl".into())
        );
        assert_eq!(language_tag("ar_MA"), None);
        assert_eq!(language_tag(""), None);
    }
}
