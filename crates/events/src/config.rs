//! The section `webhooks` of the configuration.

use std::collections::BTreeMap;

use mahfada_storage::{TenantId, WebhookEndpointId};
use mahfada_web::config::{SecretFile, SecretFileError};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::signature::{SecretFormError, SigningSecret};

/// An endpoint of a tenant that is told of each of its events.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Whose events are sent there.
    pub tenant: String,
    /// The name of the endpoint, different from every other; open deliveries go by it, so it does not change.
    pub name: String,
    /// The https URL that events are posted to.
    pub url: String,
    /// A file with the shared secret: `whsec_` and the base64 of 24 to 64 bytes, or 32 to 64 raw bytes.
    #[schemars(with = "String")]
    pub secret_file: SecretFile,
}

/// Why the webhooks of a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventsConfigError {
    /// The endpoint belongs to nobody known.
    #[error("webhook {name}: the tenant is not known")]
    UnknownTenant {
        /// The endpoint.
        name: String,
    },
    /// The name is empty or stands for two endpoints.
    #[error("webhook {name:?}: the name is empty or taken")]
    Name {
        /// The endpoint.
        name: String,
    },
    /// The URL is no https URL, or carries user information or a fragment.
    #[error("webhook {name}: not an https URL without user information and fragment")]
    Url {
        /// The endpoint.
        name: String,
    },
    /// The secret file cannot be read.
    #[error("webhook {name}: secret_file")]
    SecretFile {
        /// The endpoint.
        name: String,
        /// What is wrong with the file.
        #[source]
        source: SecretFileError,
    },
    /// The secret file holds no webhook secret.
    #[error("webhook {name}: secret_file")]
    Secret {
        /// The endpoint.
        name: String,
        /// What a secret looks like.
        #[source]
        source: SecretFormError,
    },
}

/// An endpoint that is ready to be sent to.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) tenant: TenantId,
    pub(crate) url: String,
    pub(crate) secret: SigningSecret,
}

/// Checks every endpoint and reads its secret.
pub(crate) fn load(
    webhooks: &[WebhookConfig],
    known_tenant: impl Fn(&str) -> bool,
) -> Result<BTreeMap<WebhookEndpointId, Endpoint>, EventsConfigError> {
    let mut endpoints = BTreeMap::new();
    for webhook in webhooks {
        let name = webhook.name.clone();
        if !known_tenant(&webhook.tenant) {
            return Err(EventsConfigError::UnknownTenant { name });
        }
        let endpoint = endpoint(webhook)?;
        let taken = endpoints.insert(WebhookEndpointId::new(&webhook.name), endpoint);
        if webhook.name.is_empty() || taken.is_some() {
            return Err(EventsConfigError::Name { name });
        }
    }
    Ok(endpoints)
}

fn endpoint(webhook: &WebhookConfig) -> Result<Endpoint, EventsConfigError> {
    let name = || webhook.name.clone();
    let url = Url::parse(&webhook.url).ok().filter(is_plain);
    let url = url.ok_or_else(|| EventsConfigError::Url { name: name() })?;
    let content = webhook.secret_file.read();
    let content = content.map_err(|source| EventsConfigError::SecretFile { name: name(), source })?;
    let secret = SigningSecret::parse(content.expose());
    let secret = secret.map_err(|source| EventsConfigError::Secret { name: name(), source })?;
    Ok(Endpoint {
        tenant: TenantId::new(&webhook.tenant),
        url: url.into(),
        secret,
    })
}

fn is_plain(url: &Url) -> bool {
    url.scheme() == "https" && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{scratch_file, webhook};

    fn refusal(webhooks: &[WebhookConfig]) -> String {
        load(webhooks, |tenant| tenant == "rabat").unwrap_err().to_string()
    }

    #[test]
    fn loads_endpoints_by_name() {
        let webhooks = [
            webhook("rabat", "one", "https://a.example/"),
            webhook("rabat", "two", "https://a.example/"),
        ];
        let endpoints = load(&webhooks, |tenant| tenant == "rabat").unwrap();
        assert_eq!(endpoints.len(), 2);
    }

    #[test]
    fn refuses_endpoints_that_lead_nowhere() {
        let good = || webhook("rabat", "one", "https://a.example/hook");
        let unknown = webhook("fes", "one", "https://a.example/");
        assert_eq!(refusal(&[unknown]), "webhook one: the tenant is not known");
        assert_eq!(
            refusal(&[good(), good()]),
            "webhook \"one\": the name is empty or taken"
        );
        let nameless = webhook("rabat", "", "https://a.example/");
        assert_eq!(refusal(&[nameless]), "webhook \"\": the name is empty or taken");
        for url in [
            "http://a.example/",
            "a.example",
            "https://u@a.example/",
            "https://:p@a.example/",
            "https://a.example/#f",
        ] {
            let refused = refusal(&[webhook("rabat", "one", url)]);
            assert_eq!(
                refused, "webhook one: not an https URL without user information and fragment",
                "{url}"
            );
        }
    }

    #[test]
    fn refuses_a_secret_that_is_none() {
        let with = |path: std::path::PathBuf| WebhookConfig {
            secret_file: SecretFile::new(path),
            ..webhook("rabat", "one", "https://a.example/")
        };
        let missing = load(&[with("/nonexistent".into())], |_| true).unwrap_err();
        assert!(matches!(missing, EventsConfigError::SecretFile { .. }));
        let short = load(&[with(scratch_file("short", b"short"))], |_| true).unwrap_err();
        assert!(matches!(short, EventsConfigError::Secret { .. }));
    }

    #[test]
    fn reads_the_section_and_nothing_beside_it() {
        let json = r#"{"tenant":"rabat","name":"one","url":"https://a.example/","secret_file":"/run/one.secret"}"#;
        let webhook: WebhookConfig = serde_json::from_str(json).unwrap();
        assert_eq!(webhook.name, "one");
        let more = json.replace('}', r#","secret":"x"}"#);
        serde_json::from_str::<WebhookConfig>(&more).unwrap_err();
    }
}
