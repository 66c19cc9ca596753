//! The sections that services share.

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::SecretFile;
use crate::rate_limit::ProxyNetwork;

/// An https URL without query, fragment, user information and trailing slash: what a service is known by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl(String);

/// The text is no public URL (decision D1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an https URL without query, fragment, user information and trailing slash")]
pub struct PublicUrlError;

impl PublicUrl {
    /// Parses the text; it does not check that anything answers there.
    ///
    /// # Errors
    /// [`PublicUrlError`] when it has another form.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let url = Url::parse(text).map_err(|_| PublicUrlError)?;
        let plain = url.scheme() == "https"
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !plain || text.ends_with('/') || url.as_str().trim_end_matches('/') != text {
            return Err(PublicUrlError);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the URL of a path below; `path` starts with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = PublicUrlError;

    fn try_from(text: String) -> Result<Self, PublicUrlError> {
        Self::parse(&text)
    }
}

impl From<PublicUrl> for String {
    fn from(url: PublicUrl) -> Self {
        url.0
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a service is known and where it listens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// The base of every identifier and endpoint.
    pub public_url: PublicUrl,
    /// What citizens' wallets and other services reach.
    pub public: ListenConfig,
    /// What operators and the agency's own systems reach; never the same port.
    pub management: ListenConfig,
    /// The number of worker threads of each listener.
    #[serde(default = "default_workers")]
    pub workers: usize,
    /// The proxies in front of this service, each an address or a network; only from them does `X-Forwarded-For` say who
    /// the client is.
    #[serde(default)]
    pub forwarded_from: Vec<ProxyNetwork>,
}

const fn default_workers() -> usize {
    crate::server::DEFAULT_WORKERS
}

/// One listener.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenConfig {
    /// The address and port; without TLS it must be a loopback address (decision D1).
    pub address: SocketAddr,
    /// The certificate to serve with.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
}

/// A certificate chain and its private key, both PEM; read again when they change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The chain, leaf first.
    pub certificate_chain_file: PathBuf,
    /// The private key of the leaf (PKCS#8, SEC 1 or PKCS#1).
    pub private_key_file: SecretFile,
}

/// Where the service keeps its state.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageConfig {
    /// The database file.
    pub path: PathBuf,
}

/// What the service may reach.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboundConfig {
    /// Further TLS trust anchors (PEM), beside those of the system.
    #[serde(default)]
    pub trust_anchors_file: Option<PathBuf>,
    /// Lets requests reach this machine itself; for demonstrations and tests only.
    #[serde(default)]
    pub allow_loopback: bool,
}

/// An API key of the management port, known by its hash.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// Who calls with it.
    pub tenant: String,
    /// SHA-256 of the key text, 64 hexadecimal digits.
    #[serde(deserialize_with = "sha256_hex")]
    #[schemars(with = "String", regex(pattern = "^[0-9A-Fa-f]{64}$"))]
    pub sha256: [u8; 32],
}

fn sha256_hex<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_hex(&text).ok_or_else(|| serde::de::Error::custom("sha256 is not 64 hexadecimal digits"))
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *to = u8::from_str_radix(std::str::from_utf8(from).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// The key that seals values at rest.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SealingConfig {
    /// A key of 32 bytes, raw or base64url.
    pub key_file: SecretFile,
    /// The version that sealed values name.
    pub version: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_https_and_nothing_but_a_base() {
        for good in ["https://localhost:8103", "https://wallet.example/pid"] {
            assert_eq!(PublicUrl::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "http://localhost",
            "https://a.example/",
            "https://a.example/?x",
            "https://a.example?x=1",
            "https://a.example#f",
            "https://u@a.example",
            "https://A.example",
            "https://a.example:443",
            "a.example",
        ] {
            assert_eq!(PublicUrl::parse(bad), Err(PublicUrlError), "{bad}");
        }
    }

    #[test]
    fn the_schema_of_a_section_says_what_its_keys_are_for() {
        let of = |schema: schemars::Schema| serde_json::to_value(schema).unwrap();
        let server = of(schemars::schema_for!(ServerConfig));
        assert_eq!(server["additionalProperties"], false);
        assert_eq!(
            server["required"],
            serde_json::json!(["public_url", "public", "management"])
        );
        for key in ["public_url", "public", "management", "workers", "forwarded_from"] {
            let description = server["properties"][key]["description"].as_str();
            assert!(description.is_some_and(|text| !text.is_empty()), "{key}: {server}");
        }
        let key = of(schemars::schema_for!(ApiKey));
        assert_eq!(key["properties"]["sha256"]["pattern"], "^[0-9A-Fa-f]{64}$");
        let limits = of(schemars::schema_for!(crate::rate_limit::RateLimitsConfig));
        assert_eq!(limits["properties"]["public"]["default"]["requests"], 6_000);
        assert_eq!(of(schemars::schema_for!(SecretFile))["type"], "string");
    }

    #[test]
    fn a_key_hash_is_64_hexadecimal_digits() {
        assert_eq!(parse_hex(&"0a".repeat(32)), Some([10; 32]));
        for bad in ["0a".repeat(31), "0g".repeat(32), "+a".repeat(32), String::new()] {
            assert_eq!(parse_hex(&bad), None, "{bad}");
        }
    }
}
