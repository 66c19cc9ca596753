//! The keys of a configuration, out of its JSON schema.

use schemars::Schema;
use serde_json::{Map, Value};

/// A key with what the schema says about it.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The names from the outermost section in; `[]` behind a list, `<name>` for a name that the operator chooses.
    pub(super) path: String,
    /// What a value looks like.
    pub(super) kind: String,
    /// The default as TOML, if there is one.
    pub(super) default: Option<String>,
    /// Whether the section is refused without it.
    pub(super) required: bool,
    /// What it is for.
    pub(super) description: String,
}

impl Key {
    /// Tells whether a variable of the environment can set the key by itself.
    pub(super) fn is_addressable(&self) -> bool {
        !self.path.contains(['[', '<'])
    }
}

/// Lists every key in the order of the configuration.
pub(super) fn keys(schema: &Schema) -> Vec<Key> {
    let root = schema.as_object().unwrap();
    let mut keys = Vec::new();
    Reader { root }.section(root, "", &Value::Null, &mut keys);
    keys
}

struct Reader<'s> {
    root: &'s Map<String, Value>,
}

impl<'s> Reader<'s> {
    /// Lists the keys of an object; `defaults` is what the section is when it is left out.
    fn section(&self, schema: &'s Map<String, Value>, path: &str, defaults: &Value, keys: &mut Vec<Key>) {
        let required: Vec<&str> = strings(schema.get("required"));
        for (name, member) in members(schema, "properties") {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let default = defaults.get(name).or_else(|| member.get("default"));
            self.key(member, &path, default, required.contains(&name.as_str()), keys);
        }
        for variant in array(schema.get("oneOf")).iter().filter_map(Value::as_object) {
            let inner = variant.contains_key("properties");
            if inner {
                // Which variant it is, is the operator's choice, so none is required.
                let mut variant = variant.clone();
                variant.remove("required");
                self.variant(&variant, path, keys);
            }
        }
    }

    fn variant(&self, variant: &Map<String, Value>, path: &str, keys: &mut Vec<Key>) {
        for (name, member) in members(variant, "properties") {
            let description = text(variant, "description").or_else(|| text(member, "description"));
            let path = format!("{path}.{name}");
            keys.push(Key {
                path: path.clone(),
                kind: "section".to_owned(),
                default: None,
                required: false,
                description: description.unwrap_or_default(),
            });
            let required = strings(member.get("required"));
            for (name, inner) in members(member, "properties") {
                let path = format!("{path}.{name}");
                let (kind, description) = (self.kind(inner), text(inner, "description").unwrap_or_default());
                let required = required.contains(&name.as_str());
                keys.push(Key {
                    path,
                    kind,
                    default: None,
                    required,
                    description,
                });
            }
        }
    }

    fn key(
        &self,
        member: &'s Map<String, Value>,
        path: &str,
        default: Option<&Value>,
        required: bool,
        keys: &mut Vec<Key>,
    ) {
        let target = self.resolve(member);
        let written = default.filter(|value| !value.is_null() && !value.is_object()).map(toml);
        keys.push(Key {
            path: path.to_owned(),
            kind: self.kind(member),
            default: written,
            required,
            description: text(member, "description").unwrap_or_default(),
        });
        let defaults = default.unwrap_or(&Value::Null);
        if let Some(items) = target.get("items").and_then(Value::as_object) {
            self.section(self.resolve(items), &format!("{path}[]"), &Value::Null, keys);
        } else if let Some(values) = target.get("additionalProperties").and_then(Value::as_object) {
            self.section(self.resolve(values), &format!("{path}.<name>"), &Value::Null, keys);
        } else {
            self.section(target, path, defaults, keys);
        }
    }

    /// Follows references, and an optional value to what it is when it is there.
    fn resolve(&self, schema: &'s Map<String, Value>) -> &'s Map<String, Value> {
        let reference = schema.get("$ref").and_then(Value::as_str);
        if let Some(name) = reference.and_then(|reference| reference.strip_prefix("#/$defs/")) {
            return self.resolve(self.root["$defs"][name].as_object().unwrap());
        }
        let alternatives = array(schema.get("anyOf")).iter().filter_map(Value::as_object);
        match alternatives
            .into_iter()
            .find(|one| one.get("type") != Some(&Value::from("null")))
        {
            Some(present) => self.resolve(present),
            None => schema,
        }
    }

    fn kind(&self, member: &'s Map<String, Value>) -> String {
        let schema = self.resolve(member);
        let words: Vec<String> = choices(schema).iter().map(|word| format!("`{word}`")).collect();
        if !words.is_empty() {
            return words.join(", ");
        }
        if schema.contains_key("oneOf") {
            return "one of its sections".to_owned();
        }
        let name = match schema.get("type") {
            Some(Value::Array(names)) => names
                .iter()
                .find_map(|name| name.as_str().filter(|name| *name != "null")),
            other => other.and_then(Value::as_str),
        };
        match name {
            Some("string") => "text".to_owned(),
            Some("boolean") => "boolean".to_owned(),
            Some("integer") => "integer".to_owned(),
            Some("number") => "number".to_owned(),
            Some("array") => match schema.get("items").and_then(Value::as_object) {
                Some(items) => format!("list of {}", plural(&self.kind(items))),
                None => "list".to_owned(),
            },
            Some("object") => match schema.get("additionalProperties").and_then(Value::as_object) {
                Some(values) => format!("{} by name", plural(&self.kind(values))),
                None => "section".to_owned(),
            },
            other => panic!("a schema of an unknown kind: {other:?} {schema:?}"),
        }
    }
}

fn plural(kind: &str) -> String {
    match kind {
        "text" => "texts".to_owned(),
        "section" => "sections".to_owned(),
        "integer" => "integers".to_owned(),
        other => other.to_owned(),
    }
}

/// The words of an enumeration, which a schema writes in one of three ways.
fn choices(schema: &Map<String, Value>) -> Vec<String> {
    let variants = array(schema.get("oneOf")).iter();
    let words = variants.flat_map(|variant| match variant.get("const") {
        Some(word) => vec![word.clone()],
        None => array(variant.get("enum")).to_vec(),
    });
    let words = words.chain(array(schema.get("enum")).iter().cloned());
    words.filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// Writes a plain value as TOML, which for these is what JSON is.
fn toml(value: &Value) -> String {
    value.to_string()
}

fn members<'s>(
    schema: &'s Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = (&'s String, &'s Map<String, Value>)> {
    let members = schema.get(name).and_then(Value::as_object).into_iter().flatten();
    members.filter_map(|(name, member)| Some((name, member.as_object()?)))
}

fn array(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn strings(value: Option<&Value>) -> Vec<&str> {
    array(value).iter().filter_map(Value::as_str).collect()
}

fn text(schema: &Map<String, Value>, name: &str) -> Option<String> {
    let text = schema.get(name)?.as_str()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What the reader has to find, each in one way in which a configuration says it.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is read")]
struct Sample {
    /// A
    /// text.
    text: String,
    #[serde(default = "ten")]
    silent: u8,
    /// A section.
    section: Option<Inner>,
    /// A list.
    list: Vec<Inner>,
    /// By name.
    named: std::collections::BTreeMap<String, Inner>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is read")]
struct Inner {
    /// One of two.
    choice: Choice,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Choice {
    /// The first.
    First,
    /// The second.
    Second,
}

const fn ten() -> u8 {
    10
}

#[test]
fn every_key_of_a_schema_is_found_with_what_is_said_about_it() {
    let found = keys(&schemars::schema_for!(Sample));
    let of = |path: &str| {
        found
            .iter()
            .find(|key| key.path == path)
            .unwrap_or_else(|| panic!("{path}: {found:?}"))
    };
    assert_eq!(found.len(), 8, "{found:?}");
    assert_eq!((&*of("text").description, of("text").required), ("A text.", true));
    assert_eq!(
        (&*of("silent").description, of("silent").default.as_deref()),
        ("", Some("10"))
    );
    assert!(!of("silent").required && !of("section").required);
    for path in ["section.choice", "list[].choice", "named.<name>.choice"] {
        assert_eq!(of(path).kind, "`first`, `second`");
    }
    assert!(of("section.choice").is_addressable());
    assert!(!of("list[].choice").is_addressable() && !of("named.<name>.choice").is_addressable());
}
