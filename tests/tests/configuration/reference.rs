//! The page.

use std::fmt::Write as _;

use mahfada_web::config::ConfigError;
use schemars::{Schema, schema_for};
use serde::de::DeserializeOwned;

use super::keys::{Key, keys};

const HEAD: &str = "\
# Configuration

Every key of the three services. This page is made from the types that read the configuration; the tests fail when it says something else (`make generate` writes it).

A service reads a TOML file (`--config FILE`) and then variables of the environment, which win. A variable is named `MAHFADA_`, the service, and the keys from the outermost section in, joined by two
underscores; its text is read as a TOML value when it is a boolean, a number, a list, a table or a quoted string, and as plain text otherwise. A key below a list (`[]`) has no variable of its own; a variable may hold
the whole list. An unknown key stops the start with exit code 78 and is named; `serve SERVICE --check-config` loads everything that a configuration names and ends without listening.

Secrets are never values: a key that ends in `_file` holds a path. \"Required\" means: in its section, if the section is there. A key without default that is not required is off
when it is left out, or the first of its choices.
";

/// A service with its configuration.
pub(super) struct Service {
    /// What people call it.
    pub(super) title: &'static str,
    /// How the names of its variables begin.
    pub(super) prefix: &'static str,
    /// What its configuration looks like.
    pub(super) schema: fn() -> Schema,
    /// Reads the configuration out of one variable.
    pub(super) load: fn(String) -> Result<(), ConfigError>,
}

/// The services in the order of the page.
pub(super) const SERVICES: [Service; 3] = [
    Service {
        title: "Issuer",
        prefix: "MAHFADA_ISSUER__",
        schema: || schema_for!(mahfada_issuer::Config),
        load: |variable| load_one::<mahfada_issuer::Config>("issuer", variable),
    },
    Service {
        title: "Verifier",
        prefix: "MAHFADA_VERIFIER__",
        schema: || schema_for!(mahfada_verifier::Config),
        load: |variable| load_one::<mahfada_verifier::Config>("verifier", variable),
    },
    Service {
        title: "Trust registry",
        prefix: "MAHFADA_TRUST_REGISTRY__",
        schema: || schema_for!(mahfada_trust_registry::Config),
        load: |variable| load_one::<mahfada_trust_registry::Config>("trust-registry", variable),
    },
];

fn load_one<T: DeserializeOwned>(service: &str, variable: String) -> Result<(), ConfigError> {
    let variables = [(variable, "1".to_owned())].into_iter();
    mahfada_web::config::load::<T>(service, None, variables).map(drop)
}

/// Writes the page.
pub(super) fn render() -> String {
    let mut page = HEAD.to_owned();
    for service in SERVICES {
        let _ = writeln!(page, "\n## {}\n", service.title);
        page.push_str("| key | type | default | required | description | variable |\n|---|---|---|---|---|---|\n");
        for key in keys(&(service.schema)()) {
            page.push_str(&row(&key, service.prefix));
        }
    }
    page
}

fn row(key: &Key, prefix: &str) -> String {
    let code = |text: &str| format!("`{text}`");
    let default = key.default.as_deref().map(code).unwrap_or_default();
    let variable = if key.is_addressable() && key.kind != "section" {
        code(&format!("{prefix}{}", key.path.replace('.', "__").to_uppercase()))
    } else {
        String::new()
    };
    let required = if key.required { "yes" } else { "" };
    format!(
        "| `{}` | {} | {default} | {required} | {} | {variable} |\n",
        key.path,
        key.kind,
        key.description.replace('|', "\\|")
    )
}
